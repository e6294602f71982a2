"""Find pictures that probably carry the wrong label.

Every picture is shown to a classifier that has not seen it (`loo`), so that no picture votes for
its own label. It is suspected when the classifier is surer of another class than it usually is of
pictures that really carry that class.

cleanlab does the same and more, and brings scikit-learn and pandas with it; the rule itself is
these few lines.

Reference:
    Northcutt, Jiang & Chuang 2021, Confident learning. arXiv:1911.00068.
"""

from dataclasses import dataclass

import numpy as np

CLAIM = 0.95
"""Share of the usual probability that suffices for a claim. The published 1 finds a few wrong
labels in a hundred fewer; 0.9 raises more false alarms than the starter can bear."""
FEWEST = 3
"""Pictures a class needs before it claims others or doubts its own."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Pictures whose label is doubted, the most doubtful first; arrays (m,).

    Attributes:
        rows: int, of the data set.
        suggested: int, class that each looks like.
        doubts: float, probability of the suggested class minus that of the given one, 0 to 1.
    """

    rows: np.ndarray
    suggested: np.ndarray
    doubts: np.ndarray


def find(chances: np.ndarray, labels: np.ndarray) -> Suspects:
    """Return suspects by confident learning.

    A class *claims* a picture when its probability comes near the mean that its own pictures get.
    A picture is suspected when the most probable class that claims it is not the one it carries.

    Args:
        chances: float (n, classes), from classifiers that did not see the picture.
        labels: int (n,).
    """
    classes = chances.shape[1]
    count = np.bincount(labels, minlength=classes)
    everyone = np.arange(len(labels))
    own = chances[everyone, labels]
    usual = np.bincount(labels, own, minlength=classes) / np.maximum(count, 1)
    usual[count < FEWEST] = np.inf
    claims = np.where(chances >= CLAIM * usual, chances, -1.0)
    suggested = claims.argmax(axis=1)
    doubts = chances[everyone, suggested] - own
    suspected = (claims.max(axis=1) > 0) & (suggested != labels) & (doubts > 0)
    rows = np.flatnonzero(suspected & (count[labels] >= FEWEST))
    rows = rows[np.argsort(-doubts[rows], kind="stable")]
    return Suspects(rows, suggested[rows], doubts[rows])
