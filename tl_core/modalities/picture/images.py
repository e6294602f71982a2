"""Open one picture of unknown origin: upright, RGB, first frame, within limits.

Call it in child processes only (`opener`): decoders are large programs fed by strangers.
"""

import contextlib
import io
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image

from tl_core.base.errors import UserError
from tl_core.modalities.picture import opening
from tl_core.modalities.picture.resize import Picture

# Our own limit, in force before a pixel is decoded, replaces Pillow's warning.
Image.MAX_IMAGE_PIXELS = None

OWN_DEPTH: opening.Scales = {"whole": (0, 65535), "real": (0, 1)}
"""What is black and what is white in deep greys, where no data set says otherwise."""
NO_VALUE = 1e30
"""Real numbers from here on are none: ±3.4e38 and infinity mark what was not measured."""

FAULTS = (*opening.FAULTS, AssertionError, zlib.error, Image.DecompressionBombError)
"""What Pillow's decoders raise on malformed files, as its own test images show."""

# fmt: off
SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".bmp", ".dib",
    ".gif", ".tif", ".tiff", ".heic", ".heif", ".hif", ".avif", ".avifs",
))
FOREIGN_SUFFIXES = frozenset((
    ".svg", ".svgz", ".ico", ".jp2", ".j2k", ".jxl", ".psd", ".ai", ".eps", ".wmf",
    ".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".tga", ".emf", ".xcf",
    ".ppm", ".pgm", ".pbm", ".pcx", ".exr", ".hdr",
))
# fmt: on
"""Pictures to a person, but of formats that are not opened: set aside by name, not skipped."""

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}


HEAD_BYTES = 64
"""What tells a format: mostly the first few bytes, but the kinds of HEIF list what they are."""


def sniff(head: bytes) -> str:
    """Return Pillow's name of the format that the first HEAD_BYTES tell, "" if none is opened."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"BM"):
        return "BMP"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if head[4:8] == b"ftyp":
        return _sniff_boxes(head)
    return ""


def _sniff_boxes(head: bytes) -> str:
    """Tell AVIF from HEIC: a box of brands, the main one first; "mif1" alone may be either."""
    length = min(int.from_bytes(head[:4]), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))}
    if head[8:12] in _AVIF_BRANDS or (head[8:12] in (b"mif1", b"miaf") and brands & _AVIF_BRANDS):
        return "AVIF"
    return "HEIF" if head[8:12] in _HEIF_BRANDS else ""


def open_picture(
    source: Path | bytes,
    limit_pixels: int | None = None,
    greys: opening.Scales | None = OWN_DEPTH,
) -> Picture:
    """Return the picture as `opening.rgb` does, within limits.

    Args:
        source: a file, or its bytes.
        limit_pixels: largest width times height; the setting in force when None.
        greys: the scale of greys of more than 8 bits, see `opening.rgb`.

    Returns:
        uint8 (height, width, 3).

    Raises:
        UserError: "picture-empty", "picture-format", "picture-heic", "picture-avif",
            "picture-too-large" or "picture-damaged".
    """
    return np.array(open_image(source, limit_pixels, greys), dtype=np.uint8)


def open_image(
    source: Path | bytes,
    limit_pixels: int | None = None,
    greys: opening.Scales | None = OWN_DEPTH,
) -> Image.Image:
    """`open_picture`, as a Pillow picture in mode "RGB"."""
    with opened(source, limit_pixels) as image:
        return opening.rgb(image, greys)


@contextlib.contextmanager
def opened(source: Path | bytes, limit_pixels: int | None = None) -> Iterator[Image.Image]:
    """Open a picture as Pillow does, within limits; whatever its decoder raises is told as its fault.

    JPEGs are decoded in full. Decoding them at a half would save a third of the time of a phone
    photo, but where fine lines meet the limits of brightness the result differs by up to 14 grey
    levels at 224 px from what an exported model sees.
    """
    data = source if isinstance(source, bytes) else _bytes_of(source)
    if limit_pixels is None:
        from tl_core.base.settings import current  # loads pydantic, which the opener does without

        limit_pixels = current().picture_limit_pixels
    picture_format = _known_format(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=[picture_format]) as image:
                _check_size(image, limit_pixels)
                image.load()
                yield image
        except UserError:
            raise
        except MemoryError as error:
            raise UserError(
                "picture-too-large",
                "The picture needs too much memory to open.",
                "Save it smaller, for instance at half its width and height.",
            ) from error
        except FAULTS as error:
            _raise_damaged(error)


def extent(image: Image.Image) -> tuple[str, float, float] | None:
    """Return what a loaded picture reaches: the kind of its numbers, the lowest and the highest.

    None where 8 bits hold its greys. 0 counts as one of its values; what marks pixels without a
    value in maps of the earth does not.
    """
    if (kind := opening.deep_kind(image)) == "":
        return None
    values = np.asarray(image)
    finite = values[np.abs(values) < NO_VALUE] if kind == "real" else values
    return kind, float(finite.min(initial=0)), float(finite.max(initial=0))


def form(image: Image.Image) -> str:
    """Return the kind of file that a loaded picture came in: what may be treated differently."""
    words = [image.format or "", image.mode]
    if "transparency" in image.info:
        words.append("clear")
    if getattr(image, "n_frames", 1) > 1:
        words.append("frames")
    if (turn := opening.turn_of(image)) is not None:
        words.append(turn.name)
    return " ".join(words)


def is_deep(form: str) -> bool:
    """Say whether a picture of this `form` has greys of more than 8 bits."""
    mode = form.split(" ")[1]
    return mode == "F" or mode.startswith("I")


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            "picture-unreadable",
            "The file cannot be read: {fault}.",
            "Check that the file is there and that you may read it.",
            fault=error.strerror or error,
        ) from error


def _known_format(data: bytes) -> str:
    if not data:
        raise UserError("picture-empty", "The file is empty.", "Copy it again from where it came.")
    found = sniff(data[:HEAD_BYTES])
    if not found:
        raise UserError(
            "picture-format",
            "The file is not a picture that Graft opens, whatever its name says.",
            "Save it as JPEG or PNG.",
        )
    if found == "HEIF":
        _register_heif()
    elif found == "AVIF":
        _prepare_avif()
    return found


def _register_heif() -> None:
    try:
        import pillow_heif
    except ImportError as error:
        raise UserError(
            "picture-heic",
            "The picture is in Apple's HEIC format, which needs one more package.",
            "Run “pip install pillow-heif”, or save the picture as JPEG.",
        ) from error
    pillow_heif.register_heif_opener()


def _prepare_avif() -> None:
    from PIL import AvifImagePlugin, features

    if not features.check("avif"):
        raise UserError(
            "picture-avif",
            "The picture is in the AVIF format, which this build of Pillow does not open.",
            "Run “pip install --force-reinstall pillow”, or save the picture as JPEG.",
        )
    # Several children decode side by side; more threads each only take memory from their limit.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def _check_size(image: Image.Image, limit_pixels: int) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise UserError(
            "picture-damaged",
            "The picture is {width} × {height} pixels.",
            "Leave it out.",
            width=width,
            height=height,
        )
    if width * height > limit_pixels:
        raise UserError(
            "picture-too-large",
            "The picture is {width} × {height} pixels; the limit is {limit:,} in all.",
            "Save it smaller, or raise GRAFT_PICTURE_LIMIT_PIXELS.",
            width=width,
            height=height,
            limit=limit_pixels,
        )


def _raise_damaged(error: BaseException) -> NoReturn:
    cut_short = "truncated" in str(error).lower()
    raise UserError(
        "picture-damaged",
        "The picture is cut short: part of the file is missing."
        if cut_short
        else "The picture is damaged and cannot be decoded ({fault}).",
        "Copy it again from where it came, or leave it out.",
        fault=type(error).__name__,
    ) from error
