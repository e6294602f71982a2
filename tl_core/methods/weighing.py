"""How much each example from elsewhere counts beside one's own, from features alone.

Reference:
    Bickel, Brueckner and Scheffer 2009, Discriminative Learning Under Covariate Shift. JMLR 10.
    Dai, Yang, Xue and Yu 2007, Boosting for Transfer Learning. ICML (TrAdaBoost).
    Kish 1965, Survey Sampling (the effective number of examples).
"""

import numpy as np

from tl_core.base import figures
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.tasks import closed_form
from tl_core.tasks.closed_form import Linear

TINY = 1e-6
MOST_DIRECTIONS = 512
CREDIBLE_ROUNDS = 3
BOOSTS = 10
RATIO_L2, HEAD_L2, CREDIBLE_L2 = 0.1, 0.3, 0.3
BEYOND_DOUBT = 2.0
"""Standard errors."""


def clipped(weights: np.ndarray, most: float) -> np.ndarray:
    """Return weights with a mean of 1, none above `most` times it."""
    weights = weights / max(weights.mean(), TINY)
    weights = np.minimum(weights, most)
    return weights / max(weights.mean(), TINY)


def effective(weights: np.ndarray) -> float:
    """Return as how many equal ones weighted examples count: (Σw)² / Σw² (Kish 1965)."""
    square = float(np.sum(weights.astype(np.float64) ** 2))
    return float(np.sum(weights, dtype=np.float64)) ** 2 / square if square else 0.0


def closeness(target: np.ndarray, source: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return how much denser the target is than the source where each source example lies, float (m,).

    Args:
        target: float (n, d), standardised.
        source: float (m, d), likewise.
        fold: int (m,); nobody is judged by a classifier that learnt from its fold.
    """
    ratio = np.ones(len(source))
    for one in np.unique(fold):
        taught = source[fold != one]
        rows = np.concatenate([target, taught])
        sides = np.repeat([1, 0], [len(target), len(taught)])
        # Every direction counts alike here, however little the examples vary along it.
        teller = closed_form.fit_softmax(
            *(rows.astype(np.float32), sides, 2, (RATIO_L2,)),
            sample_weights=closed_form.balance(sides, 2),
            overwrite=True,
        )
        share = closed_form.softmax(teller(source[fold == one]))[:, 1]
        ratio[fold == one] = share / np.maximum(1 - share, 1e-6)
    return ratio


def credible(
    target: np.ndarray,
    truth: np.ndarray,
    source: np.ndarray,
    labels: np.ndarray,
    told: np.ndarray,
    share: float,
    fold: np.ndarray,
) -> np.ndarray:
    """Return how likely the class of each source example is to those who have not seen it, float (m,).

    At first the target alone judges, see `told_by_target`; then target and the source as it was judged before.
    """
    each = np.eye(told.shape[1])
    found = told[np.arange(len(source)), labels]
    for _ in range(CREDIBLE_ROUNDS):
        judged = np.zeros(len(source))
        for one in np.unique(fold):
            taught, those = fold != one, np.flatnonzero(fold == one)
            counts = counts_of(len(target), found[taught], share)
            rows = np.concatenate([target, source[taught]])
            goals = each[np.concatenate([truth, labels[taught]])]
            told = closed_form.softmax(_head(rows, goals, CREDIBLE_L2, counts)(source[those]))
            judged[those] = told[np.arange(len(those)), labels[those]]
        found = judged
    return found


def told_by_target(
    target: np.ndarray, truth: np.ndarray, source: np.ndarray, classes: int
) -> np.ndarray:
    """Return the chance of each class that a head gives the source which learnt from the target alone, float (m, classes)."""
    return closed_form.softmax(_head(target, np.eye(classes)[truth], CREDIBLE_L2)(source))


def believed(told: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return which classes of the source mean what they mean in the target, bool (classes,).

    None is believed when the source as a whole is not called rightly, beyond doubt, more often than by chance; nor
    is a class whose examples look, beyond doubt, less like it than all of the source do. Whoever learns from such
    a source believes it a little more in every round.

    Args:
        told: float (m, classes), as `told_by_target`.
        labels: int (m,), what the source calls them.
    """
    above = told[np.arange(len(labels)), labels] - told.mean(axis=0)[labels]
    apart = np.array([_errors(above[labels == one]) for one in range(told.shape[1])])
    return (apart > -BEYOND_DOUBT) & (_errors(above) > BEYOND_DOUBT)


def _errors(values: np.ndarray) -> float:
    """Return how many standard errors the mean of some values lies above 0; 0 for fewer than two."""
    if len(values) < 2:
        return 0.0
    return float(values.mean() / max(values.std(ddof=1) / len(values) ** 0.5, TINY))


def boosted(
    target: np.ndarray,
    truth: np.ndarray,
    source: np.ndarray,
    labels: np.ndarray,
    classes: int,
    share: float,
) -> np.ndarray:
    """Return the weights of the source after TrAdaBoost, float (m,).

    What a head gets wrong of the source counts less from round to round, by a factor that is fixed; what
    it gets wrong of the target counts more, by its error there. The last heads would vote in the paper; here
    the weights go into one exact head.
    """
    each, rows = np.eye(classes), np.concatenate([target, source])
    goals = each[np.concatenate([truth, labels])]
    less = 1 / (1 + np.sqrt(2 * np.log(max(len(source), 2)) / BOOSTS))
    ours, theirs = np.ones(len(target)), np.ones(len(source))
    for _ in range(BOOSTS):
        counts = counts_of(len(target), theirs, share)
        counts[: len(target)] *= ours / ours.mean()
        told = _head(rows, goals, HEAD_L2, counts)(rows).argmax(axis=1)
        missed, wrong = told[: len(target)] != truth, told[len(target) :] != labels
        error = np.clip(np.average(missed, weights=ours), 0.01, 0.49)
        theirs = theirs * less**wrong
        ours = ours * ((1 - error) / error) ** missed
    return theirs


def together(target: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both in their common main directions, standardised, float (n, d) and (m, d).

    Raises:
        UserError: "features-constant".
    """
    both = np.concatenate([target, source])  # float32: there may be many
    deviation = both.std(axis=0)
    if not np.any(deviation > TINY):
        raise UserError(
            "features-constant",
            "All pictures look the same to the backbone, so none is more alike than another.",
            "Choose other pictures, or another backbone.",
        )
    both -= both.mean(axis=0)
    both /= np.where(deviation > TINY, deviation, 1.0)
    # Inner products stay what they are, and so do heads, in as many directions as there are examples.
    _, vectors = np.linalg.eigh(both.T @ both)
    turned = both @ vectors[:, ::-1][:, : min(len(both), both.shape[1], MOST_DIRECTIONS)]
    return turned[: len(target)], turned[len(target) :]


def counts_of(own: int, weights: np.ndarray, share: float) -> np.ndarray:
    """Return how much each example counts, float (own + m,): the own ones `share` of all, together."""
    total = float(weights.sum())
    if not total:
        return np.concatenate([np.ones(own), weights])
    return np.concatenate([np.full(own, share / own), weights * ((1 - share) / total)])


def _head(
    rows: np.ndarray, goals: np.ndarray, l2: float, counts: np.ndarray | None = None
) -> Linear:
    """Return the head of rows that are standardised and turned: scaled once more, directions would be lost in noise."""
    rows = rows.astype(np.float32)
    heads = closed_form.softmax_heads(
        rows, goals, goals.shape[1], (l2,), sample_weights=counts, as_they_are=True
    )
    return next(heads)


def in_words(weights: np.ndarray) -> list[Said]:
    """Return how many pictures from elsewhere join, as how many they count, and how many are passed over.

    Args:
        weights: float (m,), how much each counts.
    """
    every, used = len(weights), int(np.count_nonzero(weights))
    if not used:
        return [
            counted(
                "The {count} picture from elsewhere does not count: under the name of your class it looks no more like it than by chance. What is learnt comes from your own pictures alone.",
                "None of the {count} pictures from elsewhere counts: under the names of your classes they look no more like these than by chance. What is learnt comes from your own pictures alone.",
                every,
            )
        ]
    told = [
        counted(
            "{number} of {every} pictures from elsewhere joins yours.",
            "{number} of {every} pictures from elsewhere join yours.",
            used,
            number=figures.count(used),
            every=figures.count(every),
        )
    ]
    equal = round(effective(weights))
    if equal < used:
        told.append(
            counted(
                "Weighed, they count as {number} equal one.",
                "Weighed, they count as {number} equal ones.",
                equal,
                number=figures.count(equal),
            )
        )
    if used < every:
        told.append(
            counted(
                "{number} is passed over: its class is none of yours, or looks unlike it.",
                "{number} are passed over: their classes are none of yours, or look unlike them.",
                every - used,
                number=figures.count(every - used),
            )
        )
    return told
