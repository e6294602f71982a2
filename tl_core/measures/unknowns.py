"""How strange an example is to a model: what tells "none of these" from the classes that it was taught.

Three things speak, each as far from its middle as known examples scatter, and are added: how far
the nearest training example is, how far the nearest class is measured by the spread within classes,
and how undecided the answer is. Each fails somewhere alone. What `tests/benchmarks/test_unknowns.py`
prints (area under the ROC curve, features of a frozen backbone, mean of starter, MobileNetV2 and
EfficientNet-Lite0; litter of 4 classes against the other 2, all choices; the same with 6 pictures a
class; 7 hand signs against the other 3; hand signs with 6 pictures a class against litter; the
lowest of all divisions of these on one backbone):

    score                            4 of 6   few   7 of 10   few, other   lowest
    largest probability                0.66  0.58      0.69         0.27     0.04
    energy of the logits               0.68  0.58      0.62         0.11     0.00
    undecided answer                   0.67  0.58      0.70         0.23     0.03
    nearest training example           0.80  0.67      0.75         1.00     0.51
    nearest class                      0.76  0.68      0.71         1.00     0.51
    this detector                      0.81  0.67      0.80         1.00     0.58

What the classifier says alone fails on what it was never near: its answer to something wholly
different is often very sure. Distances alone fail on what lies between classes. With few pictures
nothing tells well what resembles them, nor is every backbone alike: litter of 4 of 6 classes gives
0.78 with the starter, 0.81 with MobileNetV2 and 0.84 with EfficientNet-Lite0.

The features are kept in few directions, which keeps a detector below half a megabyte. Each figure is
of one detector for each division, fitted on 56 % of the taught pictures (5 a class where there are
few) and calibrated on 14 % (1 a class).

Imports nothing but NumPy.

Reference:
    Sun et al. 2022, Out-of-distribution detection with deep nearest neighbors. arXiv:2204.06507.
    Lee et al. 2018, A simple unified framework for detecting out-of-distribution samples. arXiv:1807.03888.
    Liu et al. 2020, Energy-based out-of-distribution detection. arXiv:2010.03759.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.said import counted

DIRECTIONS = 96
"""Of normalised features; what lies outside of them counts as one more number."""
MOST_KEPT = 1000
"""Training examples that a detector keeps, each class in its share."""
FEWEST_CALIBRATING = 8
"""With fewer validation examples, training examples are judged too, by detectors that do not know them."""
FOLDS = 5
CAREFUL = 0.05
CHOICES = (0.01, 0.05, 0.1, 0.2)
"""Shares of known examples that a person may choose to have refused."""
_ARRAYS = ("directions", "middle", "kept", "kept_rest", "centres", "whitening", "scales", "known")


@dataclass(frozen=True, slots=True)
class Space:
    """Normalised features in few directions, with what was learnt there.

    Attributes:
        directions: float32 (d, r), orthonormal.
        middle: float32 (d,), the mean of normalised features.
        kept: float32 (m, r), training examples.
        kept_rest: float32 (m,), the square of what lies outside of the directions.
        centres: float32 (classes, r), the mean of every class that has examples.
        whitening: float32 (r + 1, r); its first r rows whiten the spread within classes, the last
            begins with the variance outside.
    """

    directions: np.ndarray
    middle: np.ndarray
    kept: np.ndarray
    kept_rest: np.ndarray
    centres: np.ndarray
    whitening: np.ndarray

    def distances(self, features: np.ndarray) -> np.ndarray:
        """Return how far the nearest training example and the nearest class are, float64 (n, 2)."""
        inside, rest = _split(features, self.middle, self.directions)
        nearest = _squares(inside, self.kept, self.kept_rest).min(axis=1) + rest
        white = self.whitening[:-1]
        to_class = _squares(inside @ white, self.centres @ white).min(axis=1)
        return np.stack([nearest, to_class + rest / self.whitening[-1, 0]], axis=1)


@dataclass(frozen=True, slots=True)
class Detector:
    """Says how strange examples are, and which share of known ones is as strange.

    Attributes:
        space: where distances are measured.
        scales: float32 (2, 3), middle and spread of nearest example, nearest class and doubt among
            known examples; the last has no spread where the answers' doubt does not count.
        known: float32 (m,), scores of known examples, ascending.
        careful: share of known examples that is refused.
    """

    space: Space
    scales: np.ndarray
    known: np.ndarray
    careful: float = CAREFUL

    def score(self, features: np.ndarray, doubts: np.ndarray | None = None) -> np.ndarray:
        """Return how strange examples are, float64 (n,), the more the stranger; NaN where features are.

        Args:
            features: float (n, d).
            doubts: float (n,), see `doubt`; None where answers say nothing of it.
        """
        return _score(self.space.distances(features), doubts, self.scales)

    def share(self, scores: np.ndarray) -> np.ndarray:
        """Return which share of known examples is at least as strange, float64 (n,), 0 to 1.

        Features that are no numbers are as strange as can be.
        """
        below = np.searchsorted(self.known, np.nan_to_num(scores, nan=np.inf), side="left")
        return (len(self.known) - below) / len(self.known)

    def refuses(self, shares: np.ndarray, careful: float | None = None) -> np.ndarray:
        """Return which examples are "none of these", bool (n,), by what `share` gave."""
        return shares <= (self.careful if careful is None else careful) - 0.5 / len(self.known)

    def taking(self, careful: float) -> "Detector":
        """Return the same with another share of known examples that is refused."""
        return replace(self, careful=careful)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all of it as arrays, to be kept: float16 where that is exact enough."""
        space = self.space
        return {
            "directions": space.directions.astype(np.float16),
            "middle": space.middle,
            "kept": space.kept.astype(np.float16),
            "kept_rest": space.kept_rest,
            "centres": space.centres.astype(np.float16),
            "whitening": space.whitening,
            "scales": self.scales,
            "known": self.known,
            "careful": np.array([self.careful], np.float32),
        }

    def packed(self) -> bytes:
        """Return `arrays` as the content of an `.npz` file."""
        raw = io.BytesIO()
        np.savez_compressed(raw, **self.arrays())  # pyright: ignore[reportArgumentType]
        return raw.getvalue()

    @staticmethod
    def of(arrays: Mapping[str, np.ndarray]) -> "Detector":
        """Return a detector from what `arrays` gave, of unknown origin.

        Raises:
            ValueError: they do not fit together, or hold values that are no numbers.
        """
        if flaw := _flaw(arrays):
            raise ValueError(flaw)
        taken: dict[str, Any] = {name: arrays[name].astype(np.float32) for name in _ARRAYS}
        scales, known = taken.pop("scales"), np.sort(taken.pop("known"))
        return Detector(Space(**taken), scales, known, round(float(arrays["careful"][0]), 4))


def doubt(probabilities: np.ndarray) -> np.ndarray:
    """Return how undecided answers are, float64 (n,): their entropy, 1 where all classes are alike.

    Args:
        probabilities: float (n, classes).
    """
    shares = np.clip(probabilities.astype(np.float64), 1e-12, 1)
    return -(shares * np.log(shares)).sum(axis=1) / np.log(max(2, shares.shape[1]))


def fit(
    features: np.ndarray,
    labels: np.ndarray,
    doubts: np.ndarray | None,
    judged: np.ndarray,
    judged_doubts: np.ndarray | None,
) -> Detector:
    """Return a detector of what training examples are not like.

    Args:
        features: float (n, d), of training examples.
        labels: int (n,), their classes; all 0 where there are none.
        doubts: float (n,), how undecided the model is about them; None where that says nothing.
        judged: float (m, d), of validation examples, which say how strange known ones are.
        judged_doubts: float (m,), likewise.

    Raises:
        UserError: "detector-few" with fewer than three examples, "features-not-finite".
    """
    if len(features) < 3:
        raise UserError(
            "detector-few",
            counted(
                "{count} training picture is too little to tell what is none of these.",
                "{count} training pictures are too few to tell what is none of these.",
                len(features),
            ),
            "Add more pictures and train again.",
        )
    if not (np.isfinite(features).all() and np.isfinite(judged).all()):
        raise UserError(
            "features-not-finite",
            "The backbone answered with numbers that are not finite.",
            "Its weights file may be damaged; choose another backbone or fetch the weights again.",
        )
    space = _space(features, labels)
    distances, known_doubts = space.distances(judged), judged_doubts
    if len(judged) < FEWEST_CALIBRATING:
        distances = np.concatenate([distances, _crossed(features, labels)])
        if doubts is not None and judged_doubts is not None:
            known_doubts = np.concatenate([judged_doubts, doubts])
    scales = _scales(distances, known_doubts)
    known = np.sort(_score(distances, known_doubts, scales)).astype(np.float32)
    return Detector(space, scales, known)


def spread(labels: np.ndarray, most: int) -> np.ndarray:
    """Return the places of at most `most` examples, int, in order: all, or each class in its share."""
    if len(labels) <= most:
        return np.arange(len(labels))
    order = np.lexsort((np.random.default_rng(0).random(len(labels)), labels))
    return np.sort(order[np.arange(most) * len(labels) // most])


def _space(features: np.ndarray, labels: np.ndarray) -> Space:
    unit = _unit(features)
    middle = unit.mean(axis=0)
    directions = _directions(unit - middle)
    inside, rest = _split(features, middle, directions)
    numbers = np.unique(labels, return_inverse=True)[1]
    counts = np.bincount(numbers)
    centres = np.zeros((len(counts), inside.shape[1]))
    np.add.at(centres, numbers, inside)
    centres /= counts[:, None]
    kept = spread(labels, MOST_KEPT)
    whitening = _whitening(inside - centres[numbers], len(counts), rest, features.shape[1])
    return Space(
        *(
            each.astype(np.float32)
            for each in (directions, middle, inside[kept], rest[kept], centres, whitening)
        )
    )


def _directions(centred: np.ndarray) -> np.ndarray:
    """Return the principal directions of rows, (d, r), by the smaller of the two products."""
    if len(centred) < centred.shape[1]:
        values, vectors = np.linalg.eigh(centred @ centred.T)
        order = np.argsort(values)[::-1][:DIRECTIONS]
        order = order[values[order] > 1e-10 * max(values.max(), 1e-30)]
        return centred.T @ vectors[:, order] / np.sqrt(values[order])
    return np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :DIRECTIONS]


def _whitening(within: np.ndarray, classes: int, rest: np.ndarray, channels: int) -> np.ndarray:
    """Return what makes the spread within classes even, shrunk as few examples demand.

    The shrinkage is that of Ledoit & Wolf, towards an even spread.
    """
    count, inside = within.shape
    free = max(1, count - classes)
    covariance = within.T @ within / free
    level = (np.trace(covariance) + rest.sum() / free) / channels
    level = max(level, 1e-8)
    # Four moments tell how far the covariance can be believed.
    noise = ((within**2).sum(axis=1) ** 2).sum() / free - (covariance**2).sum()
    apart = (covariance**2).sum() - 2 * level * np.trace(covariance) + inside * level**2
    share = float(np.clip(noise / max(free * apart, 1e-30), 0.02, 1))
    values, vectors = np.linalg.eigh((1 - share) * covariance + share * level * np.eye(inside))
    whitening = vectors / np.sqrt(np.maximum(values, 1e-12))
    outside = max(1, channels - inside)
    last = np.zeros((1, inside))
    last[0, 0] = max(share * level + (1 - share) * rest.sum() / free / outside, 1e-10)
    return np.concatenate([whitening, last])


def _crossed(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return distances of training examples, each measured where it is not known, in their order."""
    folds = np.random.default_rng(0).permutation(len(labels)) % min(FOLDS, len(labels))
    found = np.zeros((len(labels), 2))
    for fold in np.unique(folds):
        others = folds != fold
        found[~others] = _space(features[others], labels[others]).distances(features[~others])
    return found


def _scales(distances: np.ndarray, doubts: np.ndarray | None) -> np.ndarray:
    parts = distances if doubts is None else np.column_stack([distances, doubts])
    middle = np.median(parts, axis=0)
    spread = np.maximum(parts.std(axis=0), 1e-6 * np.maximum(1, np.abs(middle)))
    scales = np.zeros((2, 3), np.float32)
    scales[0, : parts.shape[1]], scales[1, : parts.shape[1]] = middle, spread
    return scales


def _score(distances: np.ndarray, doubts: np.ndarray | None, scales: np.ndarray) -> np.ndarray:
    middle, spread = scales.astype(np.float64)
    score = ((distances - middle[:2]) / spread[:2]).sum(axis=1)
    return score if doubts is None or not spread[2] else score + (doubts - middle[2]) / spread[2]


def _unit(features: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(features.astype(np.float64), axis=1, keepdims=True)
    return features / np.maximum(lengths, 1e-12)


def _split(
    features: np.ndarray, middle: np.ndarray, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return normalised features in the directions, (n, r), and the square of the rest, (n,)."""
    centred = _unit(features) - middle
    inside = centred @ directions
    return inside, np.maximum((centred**2).sum(axis=1) - (inside**2).sum(axis=1), 0)


def _squares(rows: np.ndarray, others: np.ndarray, beside: np.ndarray | float = 0.0) -> np.ndarray:
    """Return squared distances (n, m), with what each of the others has `beside`."""
    lengths = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)
    return np.maximum(lengths - 2 * rows @ others.T, 0) + beside


def _flaw(arrays: Mapping[str, np.ndarray]) -> str:
    """Return why arrays of unknown origin are no detector, "" where they are one."""
    if set(arrays) != {*_ARRAYS, "careful"}:
        return "it holds other numbers than a detector has"
    if any(each.dtype not in (np.float16, np.float32) for each in arrays.values()):
        return "its numbers are of another type"
    if not all(np.isfinite(each).all() for each in arrays.values()):
        return "it holds values that are no numbers"
    if arrays["directions"].ndim != 2 or arrays["kept"].ndim != 2 or arrays["centres"].ndim != 2:
        return "its shapes do not fit together"
    channels, inside = arrays["directions"].shape
    shapes = {
        "middle": (channels,),
        "kept": (len(arrays["kept"]), inside),
        "kept_rest": (len(arrays["kept"]),),
        "centres": (len(arrays["centres"]), inside),
        "whitening": (inside + 1, inside),
        "scales": (2, 3),
        "known": (arrays["known"].size,),
        "careful": (1,),
    }
    fits = all(arrays[name].shape == shape for name, shape in shapes.items())
    is_empty = not all(arrays[name].size for name in ("kept", "centres", "known", "directions"))
    if not fits or is_empty:
        return "its shapes do not fit together"
    careful, spread = float(arrays["careful"][0]), arrays["scales"][1]
    if not 0 < careful < 1 or (spread[:2] <= 0).any() or arrays["whitening"][-1, 0] <= 0:
        return "its scales are not those of a detector"
    return ""
