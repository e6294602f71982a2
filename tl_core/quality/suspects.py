"""Find pictures that probably carry the wrong label, and tell how probable that is.

Every picture is shown to a classifier that has not seen it (`loo`), so that no picture votes for
its own label. A classifier alone cannot tell a hard picture from a wrong label. But wrong labels
also strike easy pictures, of which it is sure; hard pictures do not. So two numbers are fitted to
all labels at once: how sure the classifier may be, and which share of the labels was exchanged for
any other. From these follows for each picture the probability that its label is right.

Measured on hand signs, litter, photographs and made fruit with no, 2, 5 and 15 % of the labels
exchanged: the share is found within a point or so; of suggestions that are 80 % sure or more as many
are right as that says, on fruit one in ten fewer; and where no label was exchanged at most one
picture in two hundred is doubted.
"""

from dataclasses import dataclass

import numpy as np

from tl_core.tasks.closed_form import softmax

DOUBTED = 0.5
"""Probability of being wrong from which a label is worth a second look."""
SURE = 0.8
"""Probability of the suggestion from which it may be taken unseen: it puts right at least four times
as many labels as it spoils."""
FEWEST = 3
"""Pictures a class needs before it claims others or doubts its own."""
LABELLED_RIGHT = 10
"""Labels known to be right before any was looked at: a few pictures say little about wrong labels."""
MOST_WRONG = 0.4
SHARPNESSES = np.geomspace(0.3, 4, 27)
LEAST_CHANCE = 1e-12
CELLS = 4_000_000
"""Chances looked at to fit the two numbers; more say nothing new."""
HALVINGS = 20


@dataclass(frozen=True, slots=True)
class Suspects:
    """Pictures whose label is doubted, the surest suggestion first; arrays (m,).

    Attributes:
        rows: int, of the data set.
        suggested: int, class that each looks like.
        sure: float, probability that the suggestion is right, 0 to 1.
        wrong: float, probability that the label is wrong; the suggestion may be wrong as well.
        share: of all labels that are wrong, 0 to 1, as far as the classifier can tell.
    """

    rows: np.ndarray
    suggested: np.ndarray
    sure: np.ndarray
    wrong: np.ndarray
    share: float

    @property
    def surest(self) -> int:
        """Return how many of the first suggestions may be taken without a look at each."""
        return int((self.sure >= SURE).sum())


def find(chances: np.ndarray, labels: np.ndarray) -> Suspects:
    """Return the labels that are more probably wrong than right.

    Args:
        chances: float (n, classes), from classifiers that did not see the picture.
        labels: int (n,).

    Reference:
        Patrini et al. 2017, Making deep neural networks robust to label noise: a loss correction
        approach. arXiv:1609.03683 (labels seen through a matrix of exchanges).
        Northcutt, Jiang & Chuang 2021, Confident learning. arXiv:1911.00068.
    """
    count, classes = chances.shape
    everyone = np.arange(count)
    sharpness, share = _fitted(chances, labels)
    believed = _sharpened(chances, sharpness)
    right = (1 - share) * believed[everyone, labels]
    exchanged = believed * (share / max(1, classes - 1))
    exchanged[everyone, labels] = 0
    seen = right + exchanged.sum(axis=1)
    wrong = 1 - right / seen
    pictures = np.bincount(labels, minlength=classes)
    exchanged[:, pictures < FEWEST] = 0
    suggested = exchanged.argmax(axis=1)
    sure = exchanged[everyone, suggested] / seen
    is_doubted = (wrong >= DOUBTED) & (pictures[labels] >= FEWEST) & (sure > 0)
    rows = np.flatnonzero(is_doubted)
    rows = rows[np.argsort(-sure[rows], kind="stable")]
    return Suspects(rows, suggested[rows], sure[rows], wrong[rows], share)


def _fitted(chances: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return by how much to sharpen the chances, and the share of labels that were exchanged."""
    count, classes = chances.shape
    most = max(1, CELLS // classes)
    if count > most:
        some = np.random.default_rng(0).permutation(count)[:most]
        chances, labels = chances[some], labels[some]
    found = []
    for sharpness in SHARPNESSES:
        own = _sharpened(chances, sharpness)[np.arange(len(labels)), labels]
        other = (1 - own) / max(1, classes - 1)
        share = _likeliest_share(own, other)
        likelihood = np.log(np.maximum(own + share * (other - own), LEAST_CHANCE)).sum()
        found.append((likelihood + LABELLED_RIGHT * np.log(1 - share), sharpness, share))
    _, sharpness, share = max(found)
    return float(sharpness), float(share)


def _likeliest_share(own: np.ndarray, other: np.ndarray) -> float:
    """Return the share of exchanged labels under which the labels are likeliest.

    The likelihood has one maximum, which is found by halving.

    Args:
        own: float (n,), chance of the label if none were exchanged.
        other: float (n,), chance of it if every one were.
    """
    gain = other - own
    low, high = 0.0, MOST_WRONG
    for _ in range(HALVINGS):
        share = (low + high) / 2
        slope = (gain / np.maximum(own + share * gain, LEAST_CHANCE)).sum()
        if slope > LABELLED_RIGHT / (1 - share):
            low = share
        else:
            high = share
    return low


def _sharpened(chances: np.ndarray, sharpness: float) -> np.ndarray:
    return softmax(np.log(np.maximum(chances, 1e-300)) * sharpness)
