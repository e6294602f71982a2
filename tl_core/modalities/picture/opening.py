"""How a picture is opened, wherever one is: upright, in red, green and blue, clear parts white.

The import, Try it and all checks call `rgb`, and `export.formats.script` writes what stands below the
imports, word for word, into the script that travels with a model: Pillow and NumPy are all it needs.

Of an animation the first frame counts. Colour profiles are ignored: a network learns from the
numbers in the file, and not every program that will use it can translate them. Greys of more than
8 bits are read by one scale for all pictures of a data set; see `greys`.
"""

import struct

import numpy as np
from PIL import Image

Scales = dict[str, tuple[float, float]]
"""What is black and what is white in greys of more than 8 bits, of "whole" and of "real" numbers."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture upright, by the orientation that its camera noted."""
FAULTS = (OSError, ValueError, TypeError, SyntaxError, LookupError, AttributeError)
FAULTS += (ArithmeticError, EOFError, RuntimeError, struct.error)
"""What Pillow raises on malformed files, as its own test images show."""


def rgb(image: Image.Image, greys: Scales | None) -> Image.Image:
    """Return a picture upright, in mode "RGB", clear parts white.

    Args:
        image: just opened, of any mode.
        greys: one scale for all pictures; None takes it from each, as Graft once did.
    """
    image.load()
    turn = turn_of(image)
    if deep_kind(image):
        picture = from_deep_grey(image, greys)
    elif "transparency" in image.info or {"A", "a"} & set(image.getbands()):
        clear = image.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    else:
        picture = image
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    return picture if turn is None else picture.transpose(turn)


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """Return what turns a loaded picture upright, if anything has to."""
    try:
        return TURNS.get(image.getexif().get(0x0112, 1))
    except FAULTS:  # what the camera noted cannot be read: the pixels are still good
        return None


def deep_kind(image: Image.Image) -> str:
    """Return "whole" or "real" for greys of more than 8 bits, "" for all other pictures."""
    return "real" if image.mode == "F" else "whole" if image.mode.startswith("I") else ""


def from_deep_grey(image: Image.Image, greys: Scales | None) -> Image.Image:
    """Return a grey of more than 8 bits in 8: black at the one end of its scale, white at the other."""
    values = np.array(image, np.float64)
    kind = deep_kind(image)
    black, white = greys[kind] if greys else scale_of_one(values, kind)
    values[np.isnan(values)] = black
    if isinstance(clear := image.info.get("transparency"), int):
        values[values == clear] = white
    levels = (np.clip(values, black, white) - black) * (255 / (white - black))
    return Image.fromarray(np.floor(levels + 0.5).astype(np.uint8))


def scale_of_one(values: np.ndarray, kind: str) -> tuple[float, float]:
    """Return what is black and what is white, judged by one picture: by the depth that it uses."""
    finite = values[np.isfinite(values)]
    black = min(finite.min(initial=0), 0)
    ceilings = (1 if kind == "real" else 255, 255, 4095, 65535, 2**32 - 1)
    reach = finite.max(initial=0) - black
    return black, black + next((ceiling for ceiling in ceilings if reach <= ceiling), reach)
