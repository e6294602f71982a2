"""How well features that another task has shaped suit this one, told without training: LogME, H-score, TransRate, LEEP.

Each is one number without a unit; only its order among backbones means anything, on the same
examples. They are quick and know nothing of what a head makes of the features, so they stand
beside a cross-validated probe and never in its place.

All but LEEP work on the products of examples with one another, (n, n): they are meant for samples
of some thousand at most, whatever the width of the features.
"""

import numpy as np

CODING_ERROR = 1e-4
"""TransRate's squared distortion, as published."""
MOST_ROUNDS = 200
CLOSE = 1e-7
SMALLEST = 1e-12


def log_me(features: np.ndarray, targets: np.ndarray) -> float:
    """Return the logarithm of the maximum evidence that linear features give for targets, for each example.

    A Bayesian linear map from features to a target has two unknown precisions, of its weights and
    of the noise. The evidence is how probable the targets are under all such maps; it is greatest
    at one pair of precisions, found by fixed-point iteration. It is averaged over targets.

    Args:
        features: float (n, d), as they come.
        targets: float (n, k): ones and zeros for classes, numbers for numbers. Columns that do not
            vary tell nothing and are left out.

    Raises:
        ValueError: if no column varies.

    Reference:
        You et al. 2021, LogME: Practical Assessment of Pre-trained Models for Transfer Learning.
        arXiv:2102.11005.
    """
    targets = targets.astype(np.float64)
    varying = targets[:, np.ptp(targets, axis=0) > 0]
    if not varying.size:
        raise ValueError("the evidence needs a target that varies; received none")
    strengths, directions = _decomposed(_products(features))
    coordinates = directions.T @ varying
    return float(np.mean([_evidence(strengths, squared) for squared in coordinates.T**2]))


def _evidence(strengths: np.ndarray, squared: np.ndarray) -> float:
    """Return the greatest log evidence of one target for each example.

    Args:
        strengths: float (n,), squared singular values of the features, with zeros where there are
            fewer features than examples.
        squared: float (n,), squares of the target's coordinates along their directions.
    """
    count = len(strengths)
    weight_precision = noise_precision = 1.0
    for _ in range(MOST_ROUNDS):
        told = weight_precision / noise_precision + strengths
        used = float(np.sum(strengths / told))
        length = max(float(np.sum(strengths * squared / told**2)), SMALLEST)
        missed = float(np.sum(squared * (weight_precision / noise_precision / told) ** 2))
        missed = max(missed, SMALLEST * count)
        before = weight_precision / noise_precision
        weight_precision = max(used, SMALLEST) / length
        noise_precision = max(count - used, SMALLEST) / missed
        if abs(weight_precision / noise_precision - before) <= CLOSE * before:
            break
    ratio = weight_precision / noise_precision
    told = ratio + strengths
    missed = float(np.sum(squared * (ratio / told) ** 2))
    length = float(np.sum(strengths * squared / told**2))
    # Of the directions that no feature has, the weights' own precision cancels.
    spread = float(np.sum(np.log(told / ratio)))
    evidence = count * np.log(noise_precision / (2 * np.pi)) - spread
    evidence -= noise_precision * missed + weight_precision * length
    return float(evidence / 2 / count)


def h_score(features: np.ndarray, labels: np.ndarray) -> float:
    """Return how much of the features' spread lies between classes, the spread shrunk towards a ball.

    With fewer examples than features the plain spread cannot be inverted; shrinkage by Ledoit and
    Wolf, whose strength follows from the data, makes it possible and stable.

    Args:
        features: float (n, d).
        labels: int (n,).

    Returns:
        0 for none, at most the number of classes less one.

    Reference:
        Bao et al. 2019, An information-theoretic approach to transferability in task transfer learning.
        Ibrahim et al. 2021, Newer is not always better: rethinking transferability metrics.
        arXiv:2110.06893.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage  # a second that nobody else need pay

    centred = _centred(features)
    count, width = centred.shape
    shrinkage = float(ledoit_wolf_shrinkage(centred, assume_centered=True))
    strengths, directions = _decomposed(centred @ centred.T)
    usual = strengths.sum() / count / width
    along = (1 - shrinkage) * strengths / count + shrinkage * usual
    is_told = along > SMALLEST * max(1.0, float(along.max(initial=0)))
    if not is_told.any():
        return 0.0
    scaled = (directions * np.sqrt(strengths))[:, is_told]
    between = np.zeros(scaled.shape[1])
    for label in np.unique(labels):
        members = scaled[labels == label]
        between += len(members) / count * members.mean(axis=0) ** 2
    return float((1 - shrinkage) * np.sum(between / along[is_told]))


def trans_rate(
    features: np.ndarray, labels: np.ndarray, coding_error: float = CODING_ERROR
) -> float:
    """Return how many nats knowing the class saves when features are told to a small error.

    Features are centred and brought to a mean square length of 1, so that the unit in which a
    network answers plays no part; classes count by their share.

    Args:
        features: float (n, d).
        labels: int (n,).
        coding_error: squared distance that may be lost, positive.

    Reference:
        Huang et al. 2022, Frustratingly Easy Transferability Estimation. arXiv:2106.09362.
    """
    centred = _centred(features)
    mean_square = float(np.mean(np.sum(centred**2, axis=1)))
    if mean_square <= 0:
        return 0.0
    products = centred @ centred.T / mean_square
    within = 0.0
    for label in np.unique(labels):
        members = labels == label
        share = float(np.mean(members))
        within += share * _coding_rate(products[np.ix_(members, members)], coding_error)
    return _coding_rate(products, coding_error) - within


def leep(source_probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean log probability of the classes, told from what the source's own head answers.

    Each source class votes for the classes that it was seen with, as sure as the head is of it.

    Args:
        source_probabilities: float (n, source classes), rows that sum to 1.
        labels: int (n,), 0 to classes - 1.

    Returns:
        At most 0, in nats.

    Reference:
        Nguyen et al. 2020, LEEP: A New Measure to Evaluate Transferability of Learned
        Representations. arXiv:2002.12462.
    """
    told = source_probabilities.astype(np.float64)
    classes = np.eye(int(labels.max()) + 1)[labels]
    joint = classes.T @ told / len(told)
    conditional = joint / np.maximum(joint.sum(axis=0), SMALLEST)
    expected = np.sum((told @ conditional.T) * classes, axis=1)
    return float(np.mean(np.log(np.maximum(expected, SMALLEST))))


def _coding_rate(products: np.ndarray, coding_error: float) -> float:
    """Return the nats that telling examples takes, from their products (n, n)."""
    count = len(products)
    _, log_volume = np.linalg.slogdet(np.eye(count) + products / (count * coding_error))
    return 0.5 * float(log_volume)


def _centred(features: np.ndarray) -> np.ndarray:
    table = features.astype(np.float64)
    return table - table.mean(axis=0)


def _products(features: np.ndarray) -> np.ndarray:
    table = features.astype(np.float64)
    return table @ table.T


def _decomposed(products: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the eigenvalues of products of examples, none below 0, and their directions in columns."""
    values, directions = np.linalg.eigh(products)
    return np.maximum(values, 0.0), directions
