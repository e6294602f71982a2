"""Kinds of fruit, each a shape and a skin, both drawn from the generator handed in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tl_core.samples.surfaces import Noise

Floats = npt.NDArray[np.floating[Any]]
Skin = Callable[["Spot", np.random.Generator, Noise], "Coat"]


@dataclass(frozen=True, slots=True)
class Spot:
    """Points on a fruit in its own frame; the stem is at the pole.

    Attributes:
        position: float32 (n, 3).
        polar: float32 (n,), angle from the stem, 0 to pi.
        around: float32 (n,), angle around the axis.
    """

    position: Floats
    polar: Floats
    around: Floats


@dataclass(frozen=True, slots=True)
class Coat:
    """Colour float32 (n, 3) in 0 to 1, bumps float32 (n,) added to the radius, and gloss."""

    colour: Floats
    bumps: Floats
    gloss: float


@dataclass(frozen=True, slots=True)
class Fruit:
    """A kind of fruit.

    Attributes:
        name: the class.
        radius: how far its surface is from its centre: (polar, around, form) to float32 (n,).
        reach: the largest radius of all.
        skin: what its surface looks like.
    """

    name: str
    radius: Callable[[Floats, Floats, float], Floats]
    reach: float
    skin: Skin


def _bell(angle: Floats, centre: float, width: float) -> Floats:
    return np.exp(-(((angle - centre) / width) ** 2))


def _mix(first: npt.ArrayLike, second: npt.ArrayLike, share: Floats) -> Floats:
    share = np.clip(share, 0, 1)[:, None]
    return np.asarray(first, np.float32) * (1 - share) + np.asarray(second, np.float32) * share


def pick(generator: np.random.Generator, *palette: tuple[float, float, float]) -> Floats:
    """Draw a colour between two neighbours of the palette, a little off."""
    place = generator.uniform(0, len(palette) - 1)
    index = min(int(place), len(palette) - 2)
    share = place - index
    colour = np.array(palette[index]) * (1 - share) + np.array(palette[index + 1]) * share
    return np.clip(colour + generator.normal(0, 0.03, 3), 0.02, 0.98).astype(np.float32)


RED, DARK_RED, ORANGE = (0.72, 0.10, 0.10), (0.42, 0.04, 0.09), (0.93, 0.50, 0.08)
YELLOW, LIME, GREEN = (0.93, 0.80, 0.20), (0.68, 0.76, 0.22), (0.36, 0.52, 0.15)
BROWN, PURPLE, BLUE = (0.42, 0.27, 0.13), (0.30, 0.10, 0.26), (0.22, 0.18, 0.36)


def _apple(spot: Spot, generator: np.random.Generator, noise: Noise) -> Coat:
    ground = pick(generator, LIME, YELLOW, LIME)
    blush = pick(generator, RED, DARK_RED, RED)
    streaks = noise.at(np.stack([spot.around * 6, spot.polar * 0.8, spot.polar * 0], 1))
    side = np.cos(spot.around - generator.uniform(0, 6.28)) * 0.35
    amount = generator.uniform(-0.1, 0.95)
    share = amount + side + 0.55 * (streaks - 0.5) - 0.5 * _bell(spot.polar, 0, 0.5)
    colour = _mix(ground, blush, share * 1.5)
    dots = noise.at(spot.position * 26) > 0.78
    colour = _mix(colour, (0.85, 0.78, 0.55), dots * 0.35)
    return Coat(colour, np.zeros(len(spot.polar), np.float32), generator.uniform(0.3, 0.7))


def _orange(spot: Spot, generator: np.random.Generator, noise: Noise) -> Coat:
    colour = pick(generator, (0.90, 0.62, 0.12), ORANGE, (0.90, 0.40, 0.07))
    patch = noise.at(spot.position * 2.5)
    unripe = generator.uniform(0, 0.8) ** 3
    colour = _mix(colour, LIME, (patch - 0.35) * unripe * 2)
    colour = _mix(colour, GREEN, 1.2 * _bell(spot.polar, 0, 0.12))
    pores = noise.at(spot.position * 18)
    return Coat(
        colour * (0.92 + 0.16 * pores[:, None]), 0.030 * pores, generator.uniform(0.15, 0.4)
    )


def _lemon(spot: Spot, generator: np.random.Generator, noise: Noise) -> Coat:
    colour = pick(generator, (0.95, 0.76, 0.15), YELLOW, YELLOW, LIME)
    tips = _bell(spot.polar, 0, 0.35) + _bell(spot.polar, np.pi, 0.35)
    colour = _mix(colour, GREEN, tips * generator.uniform(0, 0.6))
    pores = noise.at(spot.position * 15)
    return Coat(colour * (0.93 + 0.14 * pores[:, None]), 0.022 * pores, generator.uniform(0.2, 0.5))


def _pear(spot: Spot, generator: np.random.Generator, noise: Noise) -> Coat:
    ground = pick(generator, GREEN, LIME, YELLOW, (0.62, 0.45, 0.20))
    side = np.cos(spot.around - generator.uniform(0, 6.28))
    blush = pick(generator, RED, ORANGE, BROWN)
    colour = _mix(ground, blush, side * generator.uniform(0, 0.7))
    freckles = noise.at(spot.position * 24) > 0.70
    colour = _mix(colour, BROWN, freckles * generator.uniform(0.1, 0.5))
    colour = _mix(colour, BROWN, 0.8 * _bell(spot.polar, 0, 0.2) * noise.at(spot.position * 6))
    return Coat(colour, 0.008 * noise.at(spot.position * 8), generator.uniform(0.1, 0.4))


def _tomato(spot: Spot, generator: np.random.Generator, noise: Noise) -> Coat:
    ripe = pick(generator, RED, (0.80, 0.16, 0.08), (0.86, 0.30, 0.08))
    patch = noise.at(spot.position * 1.8)
    colour = _mix(ripe, GREEN, generator.uniform(0, 0.7) * _bell(spot.polar, 0, 0.8) * patch * 1.6)
    reach = 0.62 * np.abs(np.cos(2.5 * spot.around + generator.uniform(0, 3))) ** 1.5 + 0.08
    leaf = (spot.polar < reach * generator.uniform(0.5, 1.2)) * float(generator.random() < 0.9)
    colour = _mix(colour, (0.22, 0.38, 0.12), leaf)
    return Coat(colour, 0.05 * leaf.astype(np.float32), generator.uniform(0.5, 0.9))


def _plum(spot: Spot, generator: np.random.Generator, noise: Noise) -> Coat:
    colour = pick(generator, BLUE, PURPLE, DARK_RED)
    bloom = noise.at(spot.position * 3) + 0.4 * (noise.at(spot.position * 9) - 0.5)
    colour = _mix(colour, (0.62, 0.62, 0.74), (bloom - 0.35) * generator.uniform(0.2, 0.9))
    return Coat(colour, np.zeros(len(spot.polar), np.float32), generator.uniform(0.1, 0.5))


def _groove(around: Floats) -> Floats:
    return np.exp(-((np.abs(np.sin(around / 2)) / 0.16) ** 2))


FRUITS = (
    Fruit(
        "apple",
        lambda polar, around, form: (
            1.0
            + 0.06 * np.cos(polar)
            - (0.34 + 0.1 * form) * _bell(polar, 0, 0.42)
            - 0.2 * _bell(polar, np.pi, 0.4)
            + 0.02 * np.cos(5 * around) * _bell(polar, np.pi, 0.9)
        ),
        reach=1.1,
        skin=_apple,
    ),
    Fruit(
        "lemon",
        lambda polar, around, form: (
            0.80
            + (0.22 + 0.12 * form) * np.cos(polar) ** 2
            + 0.17 * (_bell(polar, 0, 0.24) + _bell(polar, np.pi, 0.3))
        ),
        reach=1.33,
        skin=_lemon,
    ),
    Fruit(
        "orange",
        lambda polar, around, form: (
            0.98 - (0.02 + 0.05 * form) * np.cos(polar) ** 2 - 0.07 * _bell(polar, 0, 0.2)
        ),
        reach=1.0,
        skin=_orange,
    ),
    Fruit(
        "pear",
        lambda polar, around, form: (
            0.86
            - 0.16 * np.cos(polar)
            + (0.52 + 0.22 * form) * _bell(polar, 0, 0.55)
            - 0.10 * _bell(polar, np.pi, 0.3)
        ),
        reach=1.46,
        skin=_pear,
    ),
    Fruit(
        "plum",
        lambda polar, around, form: (
            0.84
            + (0.08 + 0.16 * form) * np.cos(polar) ** 2
            - 0.09 * _groove(around) * np.sin(polar)
            - 0.09 * _bell(polar, 0, 0.25)
        ),
        reach=1.1,
        skin=_plum,
    ),
    Fruit(
        "tomato",
        lambda polar, around, form: (
            1.0
            - (0.12 + 0.16 * form) * np.cos(polar) ** 2
            - 0.16 * _bell(polar, 0, 0.4)
            + (0.05 * form) * np.cos(5 * around) * np.sin(polar) * _bell(polar, 0.6, 0.9)
        ),
        reach=1.07,
        skin=_tomato,
    ),
)
