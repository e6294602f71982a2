"""Lay one small grey picture exactly over another and say whether they are the same shot.

Two shots of the same scene look alike; two files made from the same shot *are* alike, once a
crop, a resize, a recompression and a change of brightness are undone. So each pair is aligned
(crop and proportions: scale and shift along each axis; light: gain and offset) by least squares
from coarse to fine, and what is left over is measured. Everything works on many pairs at once;
most pairs drop out at the coarsest level, where they cost little.

Reference:
    Lucas & Kanade 1981, An iterative image registration technique.
    Evangelidis & Psarakis 2008, Parametric image alignment using enhanced correlation coefficient.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter

PAIRS_AT_ONCE = 256
START_SCALES = (0.0, 0.08, -0.08)
"""Where the search begins: uncropped, the first cropped, the second cropped."""
LARGEST_MOVE = 0.16
"""Of scale, and of shift in half sides: 5 % off either side of either picture, and some room."""


@dataclass(frozen=True, slots=True)
class Level:
    """One step from coarse to fine.

    Attributes:
        side_px: side of the square compared.
        steps: Gauss-Newton steps.
        correlation: least correlation of grey values that stays in the search.
    """

    side_px: int
    steps: int
    correlation: float


LEVELS = (Level(16, 5, 0.93), Level(32, 4, 0.95), Level(64, 3, 0.97))
DETAIL = 0.8
"""Least correlation of fine detail, at the finest level. Natural look-alikes (the same hand on
the same background) stayed below 0.77, copies above it."""
DETAIL_WINDOW_PX = 5


def same_shot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return bool (pairs,): whether one picture of each pair was made from the other.

    Args:
        first: uint8 (pairs, 64, 64) grey pictures.
        second: the same shape.
    """
    same = np.zeros(len(first), bool)
    for start in range(0, len(first), PAIRS_AT_ONCE):
        some = slice(start, start + PAIRS_AT_ONCE)
        same[some] = _same_shot(first[some], second[some])
    return same


def _same_shot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    left = np.arange(len(first))
    moves = np.zeros((len(first), 4))
    for level in LEVELS:
        if not len(left):
            return np.zeros(len(first), bool)
        target, moving = shrunk(first[left], level.side_px), shrunk(second[left], level.side_px)
        moves, score = _aligned(target, moving, moves, level)
        stays = score >= level.correlation
        left, moves = left[stays], moves[stays]
    same = np.zeros(len(first), bool)
    target, moving = first[left].astype(np.float32), second[left].astype(np.float32)
    same[left] = detail(target, moving, moves) >= DETAIL
    return same


def _aligned(
    target: np.ndarray, moving: np.ndarray, moves: np.ndarray, level: Level
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best moves of each pair at this level and the correlation they reach."""
    best, best_score = moves, np.full(len(moves), -2.0)
    for scale in START_SCALES if level is LEVELS[0] else (0.0,):
        tried = moves + np.array([scale, scale, 0, 0])
        for _ in range(level.steps):
            tried = np.clip(tried + _step(target, moving, tried), -LARGEST_MOVE, LARGEST_MOVE)
        score = correlation(target, *warped(moving, tried))
        better = score > best_score
        best = np.where(better[:, None], tried, best)
        best_score = np.where(better, score, best_score)
    return best, best_score


def detail(target: np.ndarray, moving: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Return the correlation (pairs,) of what remains when soft light is taken away."""
    moved, known = warped(moving, moves)
    return correlation(_fine(target), _fine(moved), known)


def correlation(first: np.ndarray, second: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the correlation (pairs,) of grey values where `known` is 1."""
    area = np.maximum(known.sum((1, 2), keepdims=True), 1)
    first = (first - (first * known).sum((1, 2), keepdims=True) / area) * known
    second = (second - (second * known).sum((1, 2), keepdims=True) / area) * known
    lengths = (first**2).sum((1, 2)) * (second**2).sum((1, 2))
    return (first * second).sum((1, 2)) / np.sqrt(lengths + 1e-3)


def _fine(pictures: np.ndarray) -> np.ndarray:
    return pictures - uniform_filter(pictures, (0, DETAIL_WINDOW_PX, DETAIL_WINDOW_PX))


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
