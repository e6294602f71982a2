"""Pictures of glasses of juice, computed: seen from the side, filled to a known height.

Each row of a glass is a strip between its left and right edge; what is inside is the background,
the juice in front of it, or the ellipse of its surface. Everything random comes from the generator
handed in, so a seed makes the same pictures.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from tl_core.samples.surfaces import Noise, plane, table

Floats = npt.NDArray[np.floating[Any]]

JUICES = (
    (0.95, 0.58, 0.10),
    (0.93, 0.78, 0.22),
    (0.80, 0.14, 0.14),
    (0.45, 0.08, 0.22),
    (0.86, 0.62, 0.30),
    (0.55, 0.68, 0.20),
    (0.95, 0.45, 0.40),
)
WALLS = ((0.85, 0.83, 0.78), (0.55, 0.62, 0.68), (0.70, 0.55, 0.45), (0.40, 0.45, 0.40))


@dataclass(frozen=True, slots=True)
class Glass:
    """A glass in the picture; lengths in sides of the picture, downwards and to the right.

    Attributes:
        middle: where its axis stands.
        rim: height of the upper edge in the picture.
        foot: height of the inner bottom in the picture.
        wide: half the width at the rim.
        narrow: half the width at the bottom.
        bow: how far the sides bend outwards in the middle.
        tilt: height of an ellipse over its width, from how far above the camera stands.
        base: how thick the bottom is.
    """

    middle: float
    rim: float
    foot: float
    wide: float
    narrow: float
    bow: float
    tilt: float
    base: float

    @classmethod
    def drawn(cls, generator: np.random.Generator) -> "Glass":
        tall = generator.uniform(0.36, 0.66)
        foot = generator.uniform(0.72, 0.86)
        wide = tall * generator.uniform(0.24, 0.42)
        return cls(
            middle=float(generator.uniform(0.38, 0.62)),
            rim=float(foot - tall),
            foot=float(foot),
            wide=float(wide),
            narrow=float(wide * generator.uniform(0.6, 1.0)),
            bow=float(wide * generator.uniform(-0.06, 0.12)),
            tilt=float(generator.uniform(0.06, 0.26)),
            base=float(generator.uniform(0.015, 0.04)),
        )

    def half_width(self, rows: Floats) -> Floats:
        """Return half the width at heights `rows`."""
        down = np.clip((rows - self.rim) / (self.foot - self.rim), 0, 1.1)
        return self.wide + (self.narrow - self.wide) * down + self.bow * np.sin(np.pi * down)

    def height_of(self, share: float) -> float:
        """Return where in the picture the juice ends when a `share` of the height is full."""
        return self.foot + (self.rim - self.foot) * share

    def inside(self, x: Floats, y: Floats, top: float, bottom: float) -> Floats:
        """Say where the body between two of its ellipses is: 1 inside, 0 outside, soft between."""
        half = self.half_width(y)
        curve = self.tilt * np.sqrt(np.clip(half**2 - x**2, 0, None))
        # The near halves of both ellipses hang down: they bound the body from above and below.
        return _soft(half - np.abs(x)) * _soft(y - top + curve) * _soft(bottom + curve - y)

    def ellipse(self, x: Floats, y: Floats, at: float) -> Floats:
        """Return how far points are outside the ellipse at height `at`: below 0 inside."""
        half = float(self.half_width(np.array(at)))
        return np.hypot(x / half, (y - at) / (half * self.tilt)) - 1


def _soft(distance: Floats) -> Floats:
    return np.clip(distance * 160 + 0.5, 0, 1)


@dataclass
class Scene:
    """A picture in the making, with its glass.

    Attributes:
        picture: float32 (size, size, 3), painted upon.
        x: float32 (size, size), to the right of the glass's axis.
        y: float32 (size, size), downwards.
        glass: what stands there.
        light_from: where light comes from, -1 left to 1 right.
    """

    picture: Floats
    x: Floats
    y: Floats
    glass: Glass
    light_from: float

    @cached_property
    def across(self) -> Floats:
        """Places as shares of half the glass's width there: -1 and 1 are its sides."""
        return self.x / np.maximum(self.glass.half_width(self.y), 1e-3)

    @cached_property
    def body(self) -> Floats:
        """Where glass is, with its thick bottom; 1 inside, 0 outside."""
        glass = self.glass
        return glass.inside(self.x, self.y, glass.rim, glass.foot + glass.base)

    def paint(self, cover: Floats, colour: npt.ArrayLike) -> None:
        """Lay a colour, (3,) or (size, size, 3), over the picture as far as `cover`, 0 to 1, says."""
        self.picture += cover[..., None] * (np.asarray(colour) - self.picture)


def glass_of_juice(
    level: float, size_px: int, generator: np.random.Generator, noise: Noise
) -> Floats:
    """Return float32 (size_px, size_px, 3) in 0 to 1: a glass, full to `level` percent of its height."""
    glass = Glass.drawn(generator)
    rows, columns = np.mgrid[:size_px, :size_px].astype(np.float32) / size_px
    lean = generator.normal(0, 0.03)
    x, y = columns - glass.middle + lean * (rows - glass.foot), rows
    picture = _room(size_px, rows, glass, generator, noise)
    scene = Scene(picture, x, y, glass, float(generator.uniform(-0.8, 0.8)))
    _cast_shadow(scene, generator)
    scene.picture *= (1 - scene.body * (0.05 + 0.30 * np.abs(scene.across) ** 6))[..., None]
    _pour(scene, level / 100, generator)
    _shine(scene, generator)
    if generator.random() < 0.35:
        _straw(scene, level / 100, generator)
    return np.clip(scene.picture, 0, 1).astype(np.float32)


def _room(
    size_px: int, rows: Floats, glass: Glass, generator: np.random.Generator, noise: Noise
) -> Floats:
    """Draw a wall and a table; their edge is somewhere behind the glass."""
    edge = glass.foot - generator.uniform(0.05, 0.45) * (glass.foot - glass.rim)
    wall = np.array(WALLS[int(generator.integers(len(WALLS)))]) * generator.uniform(0.5, 1.15)
    blotches = 0.8 + 0.4 * plane(size_px, generator.uniform(1.5, 5), generator)
    behind = np.clip(wall + generator.normal(0, 0.04, 3), 0.03, 1) * blotches[..., None]
    on_table = _soft(rows - edge)[..., None]
    return behind + on_table * (table(size_px, generator, noise) - behind)


def _cast_shadow(scene: Scene, generator: np.random.Generator) -> None:
    """Darken the table beside the foot, away from the light."""
    glass = scene.glass
    reach = glass.narrow * 1.6
    aside = (scene.x + scene.light_from * reach) / (reach * 1.3)
    down = (scene.y - glass.foot - glass.base) / (glass.narrow * (glass.tilt + 0.15))
    shadow = np.clip(1.2 - np.hypot(aside, down), 0, 1)
    soft = ndimage.gaussian_filter(shadow, len(scene.picture) * generator.uniform(0.01, 0.03))
    scene.picture *= (1 - generator.uniform(0.3, 0.6) * soft)[..., None]


def _pour(scene: Scene, share: float, generator: np.random.Generator) -> None:
    """Fill the glass to a share of its height."""
    glass, x, y = scene.glass, scene.x, scene.y
    colour = np.array(JUICES[int(generator.integers(len(JUICES)))]) + generator.normal(0, 0.04, 3)
    colour = np.clip(colour * generator.uniform(0.7, 1.1), 0.03, 1)
    top = glass.height_of(share)
    round_ = np.sqrt(np.clip(1 - (scene.across + 0.4 * scene.light_from) ** 2, 0.05, 1))
    deep = 0.75 + 0.25 * np.clip((glass.foot - y) / (glass.foot - glass.rim), 0, 1)
    thick = generator.uniform(0.75, 0.98)
    shade = (0.45 + 0.6 * round_ * deep)[..., None]
    scene.paint(glass.inside(x, y, top, glass.foot) * thick, colour * shade)
    out = glass.ellipse(x, y, top)
    surface = _soft(-out * glass.wide * glass.tilt) * thick
    scene.paint(surface, np.clip(colour * 1.15 + 0.06, 0, 1))
    ring = np.exp(-((out / 0.06) ** 2)) * generator.uniform(0.1, 0.6)
    scene.paint(ring, np.clip(colour * 1.3 + 0.2, 0, 1))


def _shine(scene: Scene, generator: np.random.Generator) -> None:
    """Draw rim, thick bottom and the stripes of light on the glass."""
    glass, x, y, across = scene.glass, scene.x, scene.y, scene.across
    rim = np.exp(-((glass.ellipse(x, y, glass.rim) / 0.05) ** 2))
    edges = np.exp(-(((np.abs(across) - 0.97) / 0.04) ** 2)) * scene.body
    wide = generator.uniform(0.04, 0.12)
    stripe = np.exp(-(((across - 0.7 * scene.light_from) / wide) ** 2)) * scene.body
    bottom = glass.inside(x, y, glass.foot, glass.foot + glass.base)
    strong = generator.uniform(0.25, 0.8)
    light = strong * (0.5 * rim + 0.25 * edges + 0.5 * stripe + 0.2 * bottom)
    scene.paint(np.clip(light, 0, 1), 1.0)


def _straw(scene: Scene, share: float, generator: np.random.Generator) -> None:
    """Put a straw in: seen above the juice, hardly below it."""
    glass, y = scene.glass, scene.y
    lean = generator.uniform(-0.35, 0.35)
    start = -lean * 0.5 * (glass.foot - glass.rim)
    place = scene.x - start - lean * (glass.foot - y)
    top = glass.rim - generator.uniform(0.04, 0.14)
    colour = np.clip(generator.uniform(0.1, 1, 3), 0, 1)
    along = _soft(0.011 - np.abs(place)) * _soft(y - top)
    dry = along * _soft(glass.height_of(share) - y)
    wet = along * _soft(y - glass.height_of(share)) * _soft(glass.foot - y) * 0.15
    scene.paint(dry + wet, colour * (0.9 - 8 * np.abs(place))[..., None])
