"""Judge single pictures by their fingerprints: blurred, dark, washed out, empty, tiny, odd.

The limits were set on photographs of rubbish, rooms, hands and streets: of sharp pictures fewer
than one in a hundred falls below `SHARPNESS`, of those blurred by a hundredth of their longer
side nine in ten do.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from tl_core.modalities.checks import Check, Words

SHARPNESS = 0.95
DARK = 30.0
BRIGHT = 235.0
BRIGHT_CONTRAST = 25.0
"""A white page with something on it is bright and still full of contrast."""
PLAIN_CONTRAST = 4.0
TINY_PX = 32
ODD_RATIO = 3.0


def blurred(prints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what has no abrupt edge; plain and tiny pictures are judged as such instead."""
    judged = ~plain(prints)[0] & ~tiny(prints)[0]
    return judged & (prints["sharpness"] < SHARPNESS), 1 - prints["sharpness"]


def dark(prints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what is nearly black on the whole, but not one plain black."""
    return ~plain(prints)[0] & (prints["brightness"] < DARK), 1 - prints["brightness"] / 255


def bright(prints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what is washed out: nearly white, with little contrast."""
    washed = (prints["brightness"] > BRIGHT) & (prints["contrast"] < BRIGHT_CONTRAST)
    return washed & ~plain(prints)[0], prints["brightness"] / 255


def plain(prints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what shows nothing at all."""
    return prints["contrast"] < PLAIN_CONTRAST, 1 - prints["contrast"] / 255


def tiny(prints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what has a side of fewer than 32 pixels."""
    side = np.minimum(prints["width"], prints["height"])
    return side < TINY_PX, 1 / side.astype(np.float32)


def odd_shape(prints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what is over three times as long as wide, which a square distorts or cuts."""
    sides = np.stack([prints["width"], prints["height"]]).astype(np.float32)
    ratio = sides.max(axis=0) / sides.min(axis=0)
    return ratio > ODD_RATIO, ratio


USUAL = Words(
    "fact",
    "Sizes and colours",
    "Half of the pictures are at most {width} × {height} pixels.",
)

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "blurred": Check(
            blurred,
            Words(
                "doubt",
                "Blurred pictures: {count}",
                "No edge in them is sharp. Leave them out, unless your camera will always be like that.",
                "Leave these pictures out",
            ),
        ),
        "dark": Check(
            dark,
            Words(
                "doubt",
                "Very dark pictures: {count}",
                "There is little to see in them.",
                "Leave these pictures out",
            ),
        ),
        "bright": Check(
            bright,
            Words(
                "doubt",
                "Washed-out pictures: {count}",
                "They are nearly white, with little contrast.",
                "Leave these pictures out",
            ),
        ),
        "plain": Check(
            plain,
            Words(
                "doubt",
                "Empty pictures: {count}",
                "They show one plain colour and nothing else.",
                "Leave these pictures out",
            ),
        ),
        "tiny": Check(
            tiny,
            Words(
                "doubt",
                "Tiny pictures: {count}",
                "One of their sides has fewer than {limit} pixels, much less than a network looks at.",
                "Leave these pictures out",
            ),
            limit=TINY_PX,
        ),
        "odd_shape": Check(
            odd_shape,
            Words(
                "doubt",
                "Long, narrow pictures: {count}",
                "They are more than {limit} times as long as wide. A network looks at squares, so they "
                "will be squashed or cut.",
                "Leave these pictures out",
            ),
            limit=round(ODD_RATIO),
        ),
    }
)
