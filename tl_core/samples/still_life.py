"""Pictures of fruit, computed: solid shapes on tables, in varied light, through a poor camera.

Shapes are solids whose surface lies at distance R(direction) from their centre, met by parallel
rays. Everything random comes from the generator handed in, so a seed makes the same pictures.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from tl_core.samples.fruits import BROWN, GREEN, LIME, Floats, Fruit, Spot, pick
from tl_core.samples.surfaces import Noise, plane, table

STEPS = 14
VIEW = np.array([0.0, 0.0, 1.0], np.float32)


@dataclass(frozen=True, slots=True)
class Light:
    """Where light comes from, its colour, and how much reaches the shade."""

    towards: Floats
    colour: Floats
    ambient: float

    @classmethod
    def drawn(cls, generator: np.random.Generator) -> "Light":
        angle, height = generator.uniform(0, 2 * np.pi), generator.uniform(0.5, 1.3)
        towards = np.array([np.cos(angle), np.sin(angle), height], np.float32)
        warmth = generator.normal(0, 0.11)
        colour = np.array([1 + warmth, 1.0 + generator.normal(0, 0.03), 1 - warmth], np.float32)
        return cls(towards / np.linalg.norm(towards), colour, float(generator.uniform(0.25, 0.55)))


def still_life(fruit: Fruit, size_px: int, generator: np.random.Generator, noise: Noise) -> Floats:
    """Return float32 (size_px, size_px, 3) in 0 to 1: one to three of `fruit` on a table."""
    light = Light.drawn(generator)
    picture = table(size_px, generator, noise) * light.colour
    number = int(generator.choice([1, 1, 1, 2, 3]))
    scale = generator.uniform(0.27, 0.42) * size_px / (1 + 0.25 * (number - 1))
    for _ in range(number):
        centre = generator.uniform(0.33, 0.67, 2) * size_px
        _place(
            picture, fruit, centre, scale * generator.uniform(0.85, 1.15), light, generator, noise
        )
    if generator.random() < 0.15:
        _cover(picture, light, generator, noise)
    return picture


def _place(
    picture: Floats,
    fruit: Fruit,
    centre: npt.NDArray[np.float64],
    scale: float,
    light: Light,
    generator: np.random.Generator,
    noise: Noise,
) -> None:
    """Draw one fruit with its shadow into `picture`."""
    size = len(picture)
    reach = int(scale * (fruit.reach + 0.08)) + 2
    top, left = max(0, int(centre[1]) - reach), max(0, int(centre[0]) - reach)
    bottom, right = min(size, int(centre[1]) + reach), min(size, int(centre[0]) + reach)
    if bottom - top < 8 or right - left < 8:
        return
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    flat = np.stack([(columns - centre[0]) / scale, (rows - centre[1]) / scale], -1)
    turn = _rotation(generator)
    form = float(generator.uniform(0, 1))
    height, alpha = _meet(fruit, flat, turn, form)
    hit = alpha > 0
    points = np.column_stack([flat[hit], height[hit]])
    colour = _shaded(fruit, points, turn, form, light, generator, noise)
    _shade_table(picture, alpha, (top, left), scale, light, generator)
    window = picture[top:bottom, left:right]
    painted = np.zeros_like(window)
    painted[hit] = colour
    window += alpha[..., None] * (painted - window)


def _rotation(generator: np.random.Generator) -> Floats:
    """Return a rotation from the fruit's frame; the stem rather points up and at the viewer."""
    stem = generator.normal(0, 0.55, 3) + np.array([0.0, -0.75, 0.65])
    stem /= np.linalg.norm(stem)
    side = np.cross(stem, generator.normal(size=3))
    side /= np.linalg.norm(side)
    return np.stack([side, -stem, np.cross(side, -stem)], axis=1).astype(np.float32)


def _frame(points: Floats, turn: Floats) -> tuple[Floats, Floats, Floats]:
    """Return points in the fruit's frame with their angles; the axis is y, the stem at -y."""
    local = points @ turn
    length = np.linalg.norm(local, axis=1) + 1e-6
    polar = np.arccos(np.clip(-local[:, 1] / length, -1, 1))
    return length.astype(np.float32), polar, np.arctan2(local[:, 2], local[:, 0])


def _gap(fruit: Fruit, points: Floats, turn: Floats, form: float) -> Floats:
    """Return how far points are outside the surface, along the ray from the centre."""
    length, polar, around = _frame(points, turn)
    return length - fruit.radius(polar, around, form)


def _meet(fruit: Fruit, flat: Floats, turn: Floats, form: float) -> tuple[Floats, Floats]:
    """Send a ray down on each point of the plane: every other one from far, all from near.

    Args:
        fruit: what the rays meet.
        flat: float32 (rows, columns, 2), places on the plane.
        turn: rotation of the fruit.
        form: how long or flat it is, 0 to 1.

    Returns:
        Height of the surface there, and how much of the pixel it covers, 0 to 1.
    """
    coarse = flat[::2, ::2]
    height, nearest = _march(fruit, coarse.reshape(-1, 2), turn, form)
    shape = flat.shape[0], flat.shape[1]
    height, nearest = (
        _doubled(part.reshape(coarse.shape[:2]), shape) for part in (height, nearest)
    )
    cover = np.clip(1.0 - (nearest - 0.02) / 0.04, 0, 1)
    near = cover > 0
    for _ in range(2):
        gap = _gap(fruit, np.column_stack([flat[near], height[near]]), turn, form)
        height[near] -= np.clip(gap, -0.15, 0.15) * 0.8
    return height, cover


def _march(fruit: Fruit, flat: Floats, turn: Floats, form: float) -> tuple[Floats, Floats]:
    """Return float32 (n,) twice: where each ray ends, and its least distance to the surface."""
    height = np.full(len(flat), fruit.reach, np.float32)
    nearest = np.full(len(flat), 1.0, np.float32)
    alive = np.flatnonzero((flat**2).sum(axis=1) < (fruit.reach + 0.08) ** 2)
    for _ in range(STEPS):
        gap = _gap(fruit, np.column_stack([flat[alive], height[alive]]), turn, form)
        nearest[alive] = np.minimum(nearest[alive], np.abs(gap))
        height[alive] -= np.clip(gap, -0.2, 0.4) * 0.8
        alive = alive[(np.abs(gap) > 0.004) & (height[alive] > -fruit.reach)]
    return height, nearest


def _doubled(values: Floats, shape: tuple[int, int]) -> Floats:
    size = shape[1], shape[0]
    return np.array(Image.fromarray(values).resize(size, Image.Resampling.BILINEAR))


def _shaded(
    fruit: Fruit,
    points: Floats,
    turn: Floats,
    form: float,
    light: Light,
    generator: np.random.Generator,
    noise: Noise,
) -> Floats:
    _, polar, around = _frame(points, turn)
    coat = fruit.skin(Spot(points @ turn, polar, around), generator, noise)
    normal = _normals(fruit, points, turn, form)
    if coat.bumps.any():
        rough = coat.bumps - coat.bumps.mean()
        normal += rough[:, None] * (noise.vectors(points * 17) - 0.5) * 14
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6
    lit = np.clip(normal @ light.towards, 0, 1)
    half = light.towards + VIEW
    half /= np.linalg.norm(half)
    shine = np.clip(normal @ half, 0, 1) ** (12 + 60 * coat.gloss) * coat.gloss
    rim = 0.55 + 0.45 * np.clip(normal[:, 2], 0, 1)
    body = coat.colour * (light.ambient * rim + (1.15 - light.ambient) * lit)[:, None]
    return (body * light.colour + shine[:, None] * 0.8).astype(np.float32)


def _normals(fruit: Fruit, points: Floats, turn: Floats, form: float) -> Floats:
    here = _gap(fruit, points, turn, form)
    step = np.float32(0.02)
    slopes = [
        _gap(fruit, points + step * np.eye(3, dtype=np.float32)[axis], turn, form) - here
        for axis in range(3)
    ]
    normal = np.stack(slopes, axis=1)
    return normal / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6)


def _shade_table(
    picture: Floats,
    alpha: Floats,
    corner: tuple[int, int],
    scale: float,
    light: Light,
    generator: np.random.Generator,
) -> None:
    """Darken the table where the fruit stands in the light."""
    shadow = np.zeros(picture.shape[:2], np.float32)
    shadow[corner[0] : corner[0] + alpha.shape[0], corner[1] : corner[1] + alpha.shape[1]] = alpha
    offset = -light.towards[:2] / light.towards[2] * scale * 0.45
    shadow = ndimage.shift(shadow, (offset[1], offset[0]), order=1)
    shadow = ndimage.uniform_filter(shadow, max(3, int(scale * generator.uniform(0.12, 0.5))))
    picture *= (1 - generator.uniform(0.45, 0.8) * shadow)[..., None]


def _cover(picture: Floats, light: Light, generator: np.random.Generator, noise: Noise) -> None:
    """Lay a leaf or a corner of cloth over part of the scene."""
    size = len(picture)
    rows, columns = np.mgrid[:size, :size].astype(np.float32) / size
    angle = generator.uniform(0, 2 * np.pi)
    centre = 0.5 + 0.33 * np.array([np.cos(angle), np.sin(angle)])
    turn = generator.uniform(0, np.pi)
    along = (columns - centre[0]) * np.cos(turn) + (rows - centre[1]) * np.sin(turn)
    across = (rows - centre[1]) * np.cos(turn) - (columns - centre[0]) * np.sin(turn)
    length, width = generator.uniform(0.18, 0.34), generator.uniform(0.07, 0.13)
    shape = width * np.clip(1 - (along / length) ** 2, 0, None) ** 0.8
    inside = np.clip((shape - np.abs(across)) * size / 2, 0, 1)
    vein = np.exp(-((across / 0.006) ** 2)) + 0.5 * (
        np.sin((along * 0.8 + np.abs(across)) * 140) > 0.93
    )
    colour = pick(generator, GREEN, (0.20, 0.36, 0.10), BROWN, LIME)
    shade = 0.75 + 0.5 * plane(size, 5, generator) + 0.25 * vein
    inside *= np.abs(across) < shape
    picture *= (1 - 0.4 * ndimage.uniform_filter(inside, 9))[..., None]
    picture += inside[..., None] * (colour * light.colour * shade[..., None] * 0.8 - picture)
