"""Noise and table tops for computed pictures."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

Floats = npt.NDArray[np.floating[Any]]
SIDE = 64


class Noise:
    """Smooth random values anywhere in space, read from one periodic cube."""

    def __init__(self, generator: np.random.Generator) -> None:
        cube = generator.random((SIDE, SIDE, SIDE), dtype=np.float32)
        smooth = ndimage.gaussian_filter(cube, 0.6, mode="wrap")
        low, high = np.percentile(smooth, (1, 99))
        self._cube = np.clip((smooth - low) / (high - low), 0, 1).astype(np.float32)

    def at(self, points: npt.NDArray[np.floating]) -> Floats:
        """Return float32 (n,) in 0 to 1 for points (n, 3); features are about one unit wide."""
        return np.asarray(
            ndimage.map_coordinates(self._cube, points.T, order=1, mode="grid-wrap"), np.float32
        )

    def vectors(self, points: npt.NDArray[np.floating]) -> Floats:
        """Return float32 (n, 3) in 0 to 1."""
        return np.stack([self.at(points + shift) for shift in (0.0, 17.3, 39.1)], axis=1)


def plane(size_px: int, waves: float, generator: np.random.Generator) -> Floats:
    """Return float32 (size, size) in about 0 to 1 of layered noise, `waves` of the widest across."""
    total = np.zeros((size_px, size_px), np.float32)
    for octave in range(3):
        knots = int(waves * 2**octave) + 4
        grid = Image.fromarray(generator.random((knots, knots), dtype=np.float32))
        shift = generator.uniform(0, 1, 2)
        box = (shift[0], shift[1], shift[0] + waves * 2**octave, shift[1] + waves * 2**octave)
        layer = grid.resize((size_px, size_px), Image.Resampling.BICUBIC, box=box)
        total += np.asarray(layer) * 0.5**octave
    return 0.5 + (total / 1.75 - 0.5) * 1.5


def table(size_px: int, generator: np.random.Generator, noise: Noise) -> Floats:
    """Return float32 (size, size, 3): wood, cloth, stone, tiles or grass."""
    make = _TABLES[int(generator.integers(len(_TABLES)))]
    surface = make(size_px, generator, noise)
    far = np.linspace(generator.uniform(0.7, 1.1), generator.uniform(0.9, 1.2), size_px)
    return (surface * far[:, None, None]).astype(np.float32)


def _grid(size_px: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return turned and foreshortened coordinates in units of the picture's side."""
    rows, columns = np.mgrid[:size_px, :size_px] / size_px - 0.5
    tilt = generator.uniform(0, 0.5)
    depth = 1 / (1 + tilt * (rows + 0.5))
    columns, rows = columns * depth * 1.3, rows * depth * 1.3
    turn = generator.uniform(0, np.pi)
    return (
        columns * np.cos(turn) + rows * np.sin(turn),
        rows * np.cos(turn) - columns * np.sin(turn),
    )


def _colour(generator: np.random.Generator, *palette: tuple[float, float, float]) -> np.ndarray:
    chosen = np.array(palette[int(generator.integers(len(palette)))])
    return np.clip(chosen * generator.uniform(0.75, 1.2) + generator.normal(0, 0.03, 3), 0.02, 1)


def _wood(size_px: int, generator: np.random.Generator, noise: Noise) -> np.ndarray:
    x, y = _grid(size_px, generator)
    points = np.stack([x.ravel() * 1.5, y.ravel() * 9, np.zeros(x.size)], 1)
    bend = noise.at(points + generator.uniform(0, SIDE, 3)).reshape(x.shape)
    rings = 0.5 + 0.5 * np.sin((y * 14 + bend * 3) * generator.uniform(2, 5))
    fine = noise.at(np.stack([x.ravel() * 8, y.ravel() * 90, np.ones(x.size)], 1)).reshape(x.shape)
    grain = 0.72 + 0.18 * rings + 0.22 * (fine - 0.5)
    planks = np.abs((y * generator.uniform(2, 4)) % 1 - 0.5) > 0.485
    colour = _colour(generator, (0.62, 0.42, 0.24), (0.42, 0.26, 0.14), (0.78, 0.64, 0.45))
    return (grain * (1 - 0.5 * planks))[..., None] * colour


def _cloth(size_px: int, generator: np.random.Generator, noise: Noise) -> np.ndarray:
    x, y = _grid(size_px, generator)
    threads = generator.uniform(40, 70)
    weave = 0.5 + 0.25 * (np.sin(x * threads * 6.28) + np.sin(y * threads * 6.28))
    folds = plane(size_px, generator.uniform(1.5, 3.5), generator)
    colour = _colour(
        generator, (0.9, 0.88, 0.82), (0.25, 0.35, 0.55), (0.7, 0.25, 0.2), (0.35, 0.45, 0.3)
    )
    cloth = np.broadcast_to(colour, (*x.shape, 3)).copy()
    if generator.random() < 0.6:
        wide = generator.uniform(3, 8)
        checks = 0.5 * ((x * wide) % 1 < 0.5) + 0.5 * ((y * wide) % 1 < 0.5)
        other = _colour(generator, (0.95, 0.93, 0.9), (0.75, 0.15, 0.15), (0.9, 0.75, 0.3))
        cloth += checks[..., None] * (other - cloth)
    return cloth * (0.55 + 0.7 * folds + 0.12 * (weave - 0.5))[..., None]


def _stone(size_px: int, generator: np.random.Generator, noise: Noise) -> np.ndarray:
    coarse = plane(size_px, generator.uniform(3, 7), generator)
    veins = np.abs(plane(size_px, generator.uniform(2, 4), generator) - 0.5) < 0.025
    speckle = plane(size_px, 60, generator)
    colour = _colour(generator, (0.62, 0.62, 0.62), (0.85, 0.83, 0.80), (0.3, 0.31, 0.33))
    grey = 0.7 + 0.35 * (coarse - 0.3) + 0.3 * (speckle - 0.5) - 0.18 * veins
    return grey[..., None] * colour


def _tiles(size_px: int, generator: np.random.Generator, noise: Noise) -> np.ndarray:
    x, y = _grid(size_px, generator)
    number = generator.uniform(2.5, 6)
    joint = (np.abs((x * number) % 1 - 0.5) > 0.47) | (np.abs((y * number) % 1 - 0.5) > 0.47)
    which = (np.floor(x * number) * 7 + np.floor(y * number) * 13) % 5 / 5
    colour = _colour(generator, (0.75, 0.45, 0.32), (0.85, 0.87, 0.88), (0.35, 0.5, 0.55))
    shade = 0.75 + 0.2 * which + 0.25 * (plane(size_px, 8, generator) - 0.5)
    tiles = shade[..., None] * colour
    return np.where(joint[..., None], 0.55 + 0.1 * shade[..., None], tiles)


def _grass(size_px: int, generator: np.random.Generator, noise: Noise) -> np.ndarray:
    blades = plane(size_px, generator.uniform(14, 30), generator)
    clumps = plane(size_px, 3, generator)
    colour = _colour(generator, (0.32, 0.45, 0.14), (0.45, 0.42, 0.18), (0.42, 0.31, 0.2))
    streak = ndimage.uniform_filter1d(blades, int(generator.integers(3, 9)), axis=0)
    return (0.35 + 0.9 * np.abs(streak - 0.5) * 2 + 0.4 * clumps)[..., None] * colour


_TABLES = (_wood, _cloth, _stone, _tiles, _grass)
