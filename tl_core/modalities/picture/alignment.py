"""Lay one small grey picture exactly over another and say whether they are the same shot.

Two shots of the same scene look alike; two files made from the same shot *are* alike, once a
crop, a resize, a recompression and a change of brightness are undone. So each pair is aligned
(crop and proportions: scale and shift along each axis; light: gain, offset and burnt-out white)
from coarse to fine, and what is left over is measured, as finely as the smaller of the two
pictures allows. Everything works on many pairs at once; most pairs drop out at the coarsest
level, where they cost little.

Reference:
    Lucas & Kanade 1981, An iterative image registration technique.
    Evangelidis & Psarakis 2008, Parametric image alignment using enhanced correlation coefficient.
"""

from dataclasses import dataclass

import numpy as np

PAIRS_AT_ONCE = 256
LARGEST_MOVE = 0.16
"""Of scale, and of shift in half sides: 5 % off either side of either picture, and some room."""
GAINS = (0.7, 1.43)
"""Changes of light beyond these are a different picture, not a lighter one."""
LARGEST_OFFSET = 25.0
WHITE = 250.0
DETAIL_WINDOW_PX = 5
PLACES = 8
"""Places along each side, each looked at for a difference of its own."""
GRAIN = 1.5
"""Grey levels: detail weaker than this is noise, and says nothing against likeness."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike aligned pictures are; arrays (pairs,).

    Attributes:
        grey: correlation of grey values, -1 to 1.
        detail: correlation of what remains when soft light is taken away, -1 to 1.
        worst: difference in the place where it is largest, in standard deviations of the picture.
    """

    grey: np.ndarray
    detail: np.ndarray
    worst: np.ndarray


@dataclass(frozen=True, slots=True)
class Limit:
    """Least correlation of grey values, of detail and of both added; largest difference."""

    grey: float
    detail: float
    both: float = 0.0
    worst: float = np.inf

    def reached(self, likeness: Likeness) -> np.ndarray:
        """Return bool (pairs,)."""
        both = likeness.grey + likeness.detail
        alike = (likeness.grey >= self.grey) & (likeness.detail >= self.detail)
        return alike & (both >= self.both) & (likeness.worst <= self.worst)


@dataclass(frozen=True, slots=True)
class Level:
    """One step from coarse to fine.

    Attributes:
        side_px: side of the square compared.
        from_px: pictures whose shorter side is smaller never get this far.
        steps: Gauss-Newton steps.
        stays: what stays in the search.
        same: what is the same shot, where this is the finest level.
    """

    side_px: int
    from_px: int
    steps: int
    stays: Limit
    same: Limit


SEARCH = Limit(0.75, 0.5)
FINE = Limit(0.93, 0.82, both=1.78, worst=1.0)
LEVELS = (
    Level(16, 0, steps=5, stays=SEARCH, same=Limit(0.98, 0.95, worst=0.7)),
    Level(32, 24, steps=4, stays=SEARCH, same=Limit(0.93, 0.84, both=1.8, worst=0.7)),
    Level(64, 64, steps=3, stays=FINE, same=FINE),
)
"""Of copies of photographs of hands, litter, streets and cells at most one in thirty misses a limit,
of textures and things on white one in twenty. Look-alikes (the same hand on the same background) add up to 1.70 at 32 pixels and
1.60 at 64, copies to 1.9 and more; only forms filled in by machine, such as receipts of one shop,
pass for copies of one another."""


def _starts() -> np.ndarray:
    """Return float64 (starts, 4): no crop, or 5 % off one of the two at any side, or all round."""
    starts = [(0.0, 0.0, 0.0, 0.0)]
    for scale in (0.05, -0.05):
        starts += [(scale, scale, x, y) for x in (-0.05, 0, 0.05) for y in (-0.05, 0, 0.05)]
        starts.append((2 * scale, 2 * scale, 0.0, 0.0))
    return np.array(starts)


STARTS = _starts()


def same_shot(first: np.ndarray, second: np.ndarray, shorter_px: np.ndarray) -> np.ndarray:
    """Return bool (pairs,): whether one picture of each pair was made from the other.

    Args:
        first: uint8 (pairs, 64, 64) grey pictures.
        second: the same shape.
        shorter_px: int (pairs,), the shortest side that either picture had before.
    """
    same = np.zeros(len(first), bool)
    for start in range(0, len(first), PAIRS_AT_ONCE):
        some = slice(start, start + PAIRS_AT_ONCE)
        same[some] = _same_shot(first[some], second[some], shorter_px[some])
    return same


def _same_shot(first: np.ndarray, second: np.ndarray, shorter_px: np.ndarray) -> np.ndarray:
    same = np.zeros(len(first), bool)
    left = np.arange(len(first))
    moves = np.zeros((len(first), 4))
    for level, finer in zip(LEVELS, (*LEVELS[1:], None), strict=True):
        if not len(left):
            break
        moves, likeness = _aligned(first[left], second[left], moves, level)
        ends = shorter_px[left] < finer.from_px if finer else np.ones(len(left), bool)
        same[left[ends]] = level.same.reached(likeness)[ends]
        stays = ~ends & level.stays.reached(likeness)
        left, moves = left[stays], moves[stays]
    return same


def _aligned(
    first: np.ndarray, second: np.ndarray, moves: np.ndarray, level: Level
) -> tuple[np.ndarray, Likeness]:
    """Return better moves, and the likeness they reach at this level."""
    target, moving = shrunk(first, level.side_px), shrunk(second, level.side_px)
    if level is LEVELS[0]:
        moves = _best_start(target, moving)
    began = moves
    for _ in range(level.steps):
        moves = np.clip(moves + _step(target, moving, moves), -LARGEST_MOVE, LARGEST_MOVE)
    strayed = correlation(target, *warped(moving, moves)) < correlation(
        target, *warped(moving, began)
    )
    moves = np.where(strayed[:, None], began, moves)
    moved, known = warped(second.astype(np.float32), moves)
    moved, known = shrunk(moved, level.side_px), shrunk(known, level.side_px)
    return moves, compare(target, moved, known)


def compare(target: np.ndarray, moved: np.ndarray, known: np.ndarray) -> Likeness:
    """Return how alike `target` and `moved` are where `known` is above 0.

    A gain that makes white burn out is undone as well: what it burnt is burnt in the other too.

    Args:
        target: float32 (pairs, side, side).
        moved: the same shape, as `warped` gives it.
        known: where `moved` holds, 0 to 1.
    """
    gain = _gain(target, moved, known)
    target = np.where(gain > 1, np.minimum(target * gain, 255), target)
    moved = np.where(gain < 1, np.minimum(moved / gain, 255), moved)
    offset = _mean(target - moved, known)
    plausible = (gain >= GAINS[0]) & (gain <= GAINS[1]) & (np.abs(offset) <= LARGEST_OFFSET)
    grey = correlation(target, moved, known)
    detail = correlation(_fine(target), _fine(moved), known, GRAIN)
    worst = _worst(target - moved - offset, target, known)
    return Likeness(np.where(plausible[:, 0, 0], grey, -1), detail, worst)


def detail(grey: np.ndarray) -> np.ndarray:
    """Return float32 (n,): how strong what remains is when soft light is taken away, in grey levels.

    Args:
        grey: uint8 (n, side, side).
    """
    return np.concatenate(
        [
            _fine(grey[start : start + PAIRS_AT_ONCE].astype(np.float32)).std(axis=(1, 2))
            for start in range(0, len(grey), PAIRS_AT_ONCE)
        ]
        or [np.zeros(0, np.float32)]
    )


def _worst(difference: np.ndarray, target: np.ndarray, known: np.ndarray) -> np.ndarray:
    spread = _mean((target - _mean(target, known)) ** 2, known)[:, 0, 0]
    here = shrunk(difference**2 * known, PLACES) / np.maximum(shrunk(known, PLACES), 0.25)
    return np.sqrt((here.max((1, 2)) + GRAIN**2) / (spread + GRAIN**2))


def _gain(target: np.ndarray, moved: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return float32 (pairs, 1, 1): how much lighter `moved` is, told by what is not white."""
    told = known * (target < WHITE) * (moved < WHITE)
    told = np.where(told.sum((1, 2), keepdims=True) >= 8, told, known)
    both = (target * moved * told).sum((1, 2), keepdims=True)
    return np.maximum(both / ((target**2 * told).sum((1, 2), keepdims=True) + 1), 1e-3)


def _mean(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    area = np.maximum(known.sum((1, 2), keepdims=True), 1)
    return (values * known).sum((1, 2), keepdims=True) / area


def correlation(
    first: np.ndarray, second: np.ndarray, known: np.ndarray, grain: float = 0.1
) -> np.ndarray:
    """Return the correlation (pairs,) where `known` is 1.

    Args:
        first: float32 (pairs, side, side).
        second: the same shape.
        known: 1 or 0, the same shape.
        grain: standard deviation of noise; below it any two pictures are alike.
    """
    floor = grain**2 * known.sum((1, 2))
    first = (first - _mean(first, known)) * known
    second = (second - _mean(second, known)) * known
    lengths = ((first**2).sum((1, 2)) + floor) * ((second**2).sum((1, 2)) + floor)
    return ((first * second).sum((1, 2)) + floor) / np.sqrt(lengths + 1e-6)


def _fine(pictures: np.ndarray) -> np.ndarray:
    from scipy.ndimage import uniform_filter  # other users of this module need not pay

    return pictures - uniform_filter(pictures, DETAIL_WINDOW_PX, axes=(1, 2))


def shrunk(pictures: np.ndarray, side: int) -> np.ndarray:
    """Return float32 (n, side, side), each pixel the mean of a square block."""
    count, full = pictures.shape[:2]
    block = full // side
    return pictures.reshape(count, side, block, side, block).mean((2, 4), dtype=np.float32)


def warped(pictures: np.ndarray, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the moved pictures and where they are known, both float32 (n, side, side).

    Args:
        pictures: float32 (n, side, side).
        moves: (n, 4) scale - 1 along x and y, shift along x and y in half sides.
    """
    side = pictures.shape[1]
    across, across_known = _interpolation(moves[:, 0], moves[:, 2], side)
    down, down_known = _interpolation(moves[:, 1], moves[:, 3], side)
    moved = down @ pictures @ across.transpose(0, 2, 1)
    return moved, down_known[:, :, None] * across_known[:, None, :]


def _interpolation(
    scale: np.ndarray, shift: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray]:
    wanted = (1 + scale)[:, None] * _centres(side) + shift[:, None]
    position = (wanted + 1) * side / 2 - 0.5
    known = (position > -0.5) & (position < side - 0.5)
    position = np.clip(position, 0, side - 1).astype(np.float32)
    distance = np.abs(position[:, :, None] - np.arange(side, dtype=np.float32))
    return np.maximum(0, 1 - distance), known.astype(np.float32)


def _centres(side: int) -> np.ndarray:
    return ((2 * np.arange(side) + 1) / side - 1).astype(np.float32)


def _best_start(target: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """Return for each pair the start that correlates best, float64 (pairs, 4)."""
    scores = [
        correlation(target, *warped(moving, np.broadcast_to(start, (len(target), 4))))
        for start in STARTS
    ]
    return STARTS[np.argmax(scores, axis=0)]


def _step(target: np.ndarray, moving: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Return the Gauss-Newton correction of `moves`; gain and offset are solved along with it."""
    count, side = target.shape[:2]
    moved, known = warped(moving, moves)
    down, across = np.gradient(moved, 2 / side, axis=(1, 2))
    centres = _centres(side)
    columns = np.stack(
        [across * centres, down * centres[:, None], across, down, -target, -np.ones_like(target)],
        axis=1,
    ).reshape(count, 6, -1)
    weighted = columns * known.reshape(count, 1, -1)
    normal = (weighted @ columns.transpose(0, 2, 1)).astype(np.float64)
    right = -(weighted @ moved.reshape(count, -1, 1)).astype(np.float64)
    # A plain picture has no slope to hold on to: a little damping keeps its moves at rest.
    diagonal = np.einsum("nii->ni", normal)
    damping = 1e-3 * diagonal[:, :4].mean(axis=1, keepdims=True) + 1e-6
    diagonal += damping * np.array([1, 1, 1, 1, 1e-3, 1e-3])
    return np.linalg.solve(normal, right)[:, :4, 0]
