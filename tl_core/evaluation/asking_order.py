"""Which pictures without a class to ask a person about first, so that each answer teaches most.

A picture teaches where the answer is undecided, and it teaches nothing that a similar picture has
taught just before. BADGE puts both into one number: the gradient that an answer would send through
the last layer, were the likeliest class true. It is long where the head is undecided and points
the same way for pictures that are alike. The next picture to ask is the one whose gradient lies
farthest from those of all that were asked.

What `tests/benchmarks/test_label_proposals.py` measures stands in `label_proposals`.

Reference:
    Ash et al. 2020, Deep batch active learning by diverse, uncertain gradient lower bounds. arXiv:1906.03671.
    Sener & Savarese 2018, Active learning for convolutional neural networks: a core-set approach. arXiv:1708.00489.
"""

import numpy as np

MOST_COMPARED = 10_000
"""Pictures that are compared, the most undecided ones of all."""
SHARPENED = 2
"""By what power of the distance pictures are drawn; 2 is that of k-means++."""


def margins(probabilities: np.ndarray) -> np.ndarray:
    """Return how far the two likeliest classes lie apart, float64 (n,): 0 undecided, 1 decided.

    Args:
        probabilities: float (n, classes), rows that sum to 1.
    """
    if probabilities.shape[1] < 2:
        return np.ones(len(probabilities))
    best = np.partition(probabilities.astype(np.float64), -2, axis=1)[:, -2:]
    return best[:, 1] - best[:, 0]


def asked_first(
    features: np.ndarray, probabilities: np.ndarray, count: int, seed: int = 0
) -> np.ndarray:
    """Return the rows to ask about, int (min(count, n),), the one that teaches most first.

    Args:
        features: float (n, d).
        probabilities: float (n, classes), rows that sum to 1.
        count: how many.
        seed: of the draw.
    """
    left = np.argsort(margins(probabilities), kind="stable")[:MOST_COMPARED]
    rows, pulls = _unit(features[left]), _pulls(probabilities[left])
    size = (pulls**2).sum(axis=1)
    apart = size.copy()  # squared distance to the nearest gradient that was asked; at first to none
    random = np.random.default_rng(seed)
    order: list[int] = []
    for _ in range(min(count, len(left))):
        weights = apart ** (SHARPENED / 2)
        if order and weights.sum() > 0:
            place = int(random.choice(len(left), p=weights / weights.sum()))
        else:
            place = int(np.argmax(np.where(_rest(order, len(left)), size, -1)))
        order.append(place)
        inner = (pulls @ pulls[place]) * (rows @ rows[place])
        apart = np.minimum(apart, np.maximum(size + size[place] - 2 * inner, 0))
        apart[order] = 0
    return left[order]


def _rest(order: list[int], count: int) -> np.ndarray:
    left = np.ones(count, bool)
    left[order] = False
    return left


def _pulls(probabilities: np.ndarray) -> np.ndarray:
    """Return the gradients by the logits, were the likeliest class true, float64 (n, classes)."""
    pulls = probabilities.astype(np.float64).copy()
    pulls[np.arange(len(pulls)), pulls.argmax(axis=1)] -= 1
    return pulls


def _unit(features: np.ndarray) -> np.ndarray:
    rows = features.astype(np.float64)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
