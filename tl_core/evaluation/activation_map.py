"""Which places of an example speak for an answer: the head's slope times the backbone's last map.

For a head of one layer this is the class activation map, and an exact account: the contributions of
all places and the bias add up to the output. With hidden layers the slope is the exact derivative;
on an averaged map that is Grad-CAM up to a positive factor, on a flattened one HiResCAM, which keeps
each place's own slope. No gradient of the backbone is needed for any of them.

Reference:
    Zhou et al. 2016, Learning Deep Features for Discriminative Localization. arXiv:1512.04150.
    Selvaraju et al. 2017, Grad-CAM. arXiv:1610.02391.
    Draelos and Carin 2020, Use HiResCAM instead of Grad-CAM. arXiv:2011.08891.
"""

from dataclasses import dataclass

import numpy as np

from tl_core.models.plain_head import PlainHead

PART_SHARE = 1 / 3
"""Side of the part that is hidden as a check, of the map's side."""


def contributions(head: PlainHead, last_map: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Return what each place adds to a weighted sum of the outputs, float32 (n, h, w).

    Args:
        head: the model's.
        last_map: float32 (n, h, w, channels).
        direction: weight of each output, see `Task.speaks_for`, float (outputs,).
    """
    return (head.gradient(last_map, direction) * last_map).sum(axis=-1)


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of an example, as shares of its sides from the upper left: 0 to 1."""

    top: float
    left: float
    bottom: float
    right: float

    def covers(self, height: int, width: int) -> np.ndarray:
        """Return the places inside, bool (height, width)."""
        rows, columns = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
        inside_rows = (rows >= self.top) & (rows < self.bottom)
        inside_columns = (columns >= self.left) & (columns < self.right)
        return inside_rows[:, None] & inside_columns[None, :]


def parts(places: np.ndarray) -> tuple[Part, Part]:
    """Return the part that adds most to an answer, and one of the same size that adds least.

    The second is a control: hiding it should change little. It never overlaps the first where the
    map has room for both.

    Args:
        places: contributions, float (h, w).
    """
    height, width = (max(1, round(side * PART_SHARE)) for side in places.shape)
    windows = np.lib.stride_tricks.sliding_window_view(places, (height, width)).sum(axis=(2, 3))
    best = np.unravel_index(int(windows.argmax()), windows.shape)
    rows, columns = np.indices(windows.shape)
    apart = (abs(rows - best[0]) >= height) | (abs(columns - best[1]) >= width)
    least = np.where(apart, windows, np.inf) if apart.any() else windows
    other = np.unravel_index(int(least.argmin()), windows.shape)
    return _part(best, (height, width), places.shape), _part(other, (height, width), places.shape)


def _part(place: tuple[np.intp, ...], size: tuple[int, int], of: tuple[int, ...]) -> Part:
    top, left = (int(at) for at in place)
    return Part(top / of[0], left / of[1], (top + size[0]) / of[0], (left + size[1]) / of[1])
