"""Open one picture of unknown origin: upright, RGB, first frame, within limits.

Call it in child processes only (`opener`): decoders are large programs fed by strangers.
"""

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image, ImageOps

from tl_core.data.resize import Picture
from tl_core.errors import UserError

# Our own limit, in force before a pixel is decoded, replaces Pillow's warning.
Image.MAX_IMAGE_PIXELS = None

WHITE = (255, 255, 255, 255)

FAULTS = (
    OSError,
    ValueError,
    TypeError,
    SyntaxError,
    LookupError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
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


def open_picture(source: Path | bytes, limit_pixels: int | None = None) -> Picture:
    """Return the picture upright, in RGB, the first frame of an animation.

    Transparent parts become white; 16-bit greys are scaled to 8 bits, not clipped.

    Args:
        source: a file, or its bytes.
        limit_pixels: largest width times height; the setting in force when None.

    Returns:
        uint8 (height, width, 3).

    Raises:
        UserError: "picture-empty", "picture-format", "picture-heic", "picture-avif",
            "picture-too-large" or "picture-damaged".
    """
    return np.array(open_image(source, limit_pixels), dtype=np.uint8)


def open_image(source: Path | bytes, limit_pixels: int | None = None) -> Image.Image:
    """`open_picture`, as a Pillow picture in mode "RGB".

    JPEGs are decoded in full. Decoding them at a half would save a third of the time of a phone
    photo, but where fine lines meet the limits of brightness the result differs by up to 14 grey
    levels at 224 px from what an exported model sees.
    """
    data = source if isinstance(source, bytes) else _bytes_of(source)
    if limit_pixels is None:
        from tl_core.settings import current  # loads pydantic, which the opener does without

        limit_pixels = current().picture_limit_pixels
    picture_format = _known_format(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=[picture_format]) as image:
                _check_size(image, limit_pixels)
                image.load()
                return _to_rgb(_upright(image))
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


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except FAULTS:  # unreadable camera data: the pixels are still good
        return image


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep_grey(image)
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, WHITE), clear).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """Scale greys of more than 8 bits by the depth they use: 8, 12, 16 or 32 bits, or 0 to 1."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
    values = values - min(values.min(), 0.0)
    largest = values.max()
    ceilings = (1.0, 255.0, 4095.0, 65535.0, 2.0**32 - 1)
    ceiling = next((limit for limit in ceilings if largest <= limit), largest)
    if ceiling == 1.0 and image.mode != "F":
        ceiling = 255.0
    grey = np.floor(values * (255.0 / ceiling) + 0.5).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


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
