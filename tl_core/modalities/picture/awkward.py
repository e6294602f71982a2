"""Small files of every kind that programs open differently, made by our own code.

Transparent, deep, turned, printed, moving, very long: what goes wrong between two programs that
"just open a picture" goes wrong on these. Every export has to answer for them as the app does.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, features

from tl_core.modalities.picture import images

PHOTO_PX = (4032, 3024)
ORIENTATION = 0x0112
_ADOBE_TRANSFORM = 11
"""Where a JPEG's Adobe marker says how its colours are coded, counted from the word itself."""
_YCCK = 2


def write(folder: Path) -> list[Path]:
    """Write all of them into `folder`, which exists; return the files, in a fixed order.

    Formats that this machine's Pillow does not write are left out.
    """
    files = []
    for name, data in _all():
        if images.sniff(data[:16]):
            files.append(folder / name)
            files[-1].write_bytes(data)
    return files


def _all() -> Iterator[tuple[str, bytes]]:
    yield from _clear()
    yield from _deep()
    yield from _printed()
    yield from _turned()
    yield from _moving()
    yield from _shaped()
    yield from _phones()


def scene(width: int = 80, height: int = 60) -> np.ndarray:
    """Return a scene with a slope, a disc and stripes, alike in no direction: uint8 (h, w, 3)."""
    rows, columns = np.mgrid[:height, :width]
    red = 255 * columns / max(1, width - 1)
    green = 255 * (np.hypot(rows - height * 0.35, columns - width * 0.3) < height * 0.28)
    blue = 255 * ((rows + 2 * columns) // 9 % 2)
    return np.stack([red, green, blue], -1).astype(np.uint8)


def _clear() -> Iterator[tuple[str, bytes]]:
    alpha = np.zeros((60, 80, 1), np.uint8)
    alpha[10:50, 15:70] = np.linspace(0, 255, 55, dtype=np.uint8)[:, None]
    picture = Image.fromarray(np.concatenate([scene(), alpha], -1))
    yield "clear.png", _saved(picture, "PNG")
    yield "clear.webp", _saved(picture, "WEBP", lossless=True)
    yield "clear.tiff", _saved(picture, "TIFF")
    yield "clear-grey.png", _saved(picture.convert("LA"), "PNG")
    palette = Image.fromarray(scene()).quantize(32)
    yield "clear-palette.png", _saved(palette, "PNG", transparency=0)
    half = bytes(range(0, 256, 8))
    yield "half-clear-palette.png", _saved(palette, "PNG", transparency=half)
    yield "clear.gif", _saved(palette, "GIF", transparency=3)
    yield "clear-colour.png", _saved(Image.fromarray(scene()), "PNG", transparency=(0, 0, 0))
    two = Image.fromarray(scene()).convert("1")
    yield "two-levels.png", _saved(two, "PNG")
    yield "two-levels-clear.png", _saved(two, "PNG", transparency=0)
    yield "two-levels.tiff", _saved(two, "TIFF", compression="group4")


def _deep() -> Iterator[tuple[str, bytes]]:
    steps = np.linspace(0, 65535, 60 * 80).reshape(60, 80)
    for ceiling in (300, 4095, 65535):
        grey = Image.fromarray((steps * (ceiling / 65535)).astype(np.uint16))
        yield f"deep-{ceiling}.png", _saved(grey, "PNG")
    clear = Image.fromarray(np.full((60, 80), 4095, np.uint16))
    yield "deep-clear.png", _saved(clear, "PNG", transparency=4095)
    other_end = Image.frombytes("I;16B", (80, 60), steps.astype(">u2").tobytes())
    yield "deep-big-endian.tiff", _saved(other_end, "TIFF")
    yield "deep.tiff", _saved(Image.fromarray(steps.astype(np.uint16)), "TIFF", compression="lzma")
    signed = (steps - 20000).astype(np.int32)
    yield "deep-signed.tiff", _saved(Image.fromarray(signed), "TIFF")
    real = (steps / 65535).astype(np.float32)
    yield "real.tiff", _saved(Image.fromarray(real), "TIFF")
    holes = np.where(real > 0.9, np.float32(np.nan), real * 300 - 20)
    yield "real-with-holes.tiff", _saved(Image.fromarray(holes), "TIFF")


def _printed() -> Iterator[tuple[str, bytes]]:
    ink = Image.fromarray(scene()).convert("CMYK")
    jpeg = _saved(ink, "JPEG", quality=95)
    yield "printed.jpg", jpeg
    yield "printed.tiff", _saved(ink, "TIFF")
    if (marker := jpeg.find(b"Adobe")) > 0:
        place = marker + _ADOBE_TRANSFORM
        yield "printed-other.jpg", jpeg[:place] + bytes([_YCCK]) + jpeg[place + 1 :]
    if features.check("littlecms2"):
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        yield "profile.jpg", _saved(Image.fromarray(scene()), "JPEG", icc_profile=profile)
    yield "grey.jpg", _saved(Image.fromarray(scene()).convert("L"), "JPEG")


def _turned() -> Iterator[tuple[str, bytes]]:
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        picture = Image.fromarray(scene())
        yield f"turned-{orientation}.jpg", _saved(picture, "JPEG", quality=95, exif=exif)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    for form in ("PNG", "WEBP", "TIFF"):
        yield f"turned.{form.lower()}", _saved(Image.fromarray(scene()), form, exif=exif)
    yield "turned-deep.png", _saved(Image.fromarray(_slope16()), "PNG", exif=exif)
    yield "odd-orientation.jpg", _saved(Image.fromarray(scene()), "JPEG", exif=b"Exif\0\0no such")


def _moving() -> Iterator[tuple[str, bytes]]:
    frames = [Image.fromarray(scene()), Image.fromarray(255 - scene())]
    for form, name in (("GIF", "moving.gif"), ("WEBP", "moving.webp"), ("PNG", "moving.png")):
        yield name, _saved(frames[0], form, save_all=True, append_images=frames[1:], duration=90)
    later = {"save_all": True, "append_images": frames, "default_image": True}
    yield "moving-with-still.png", _saved(Image.fromarray(scene()[::-1]), "PNG", **later)
    yield "pages.tiff", _saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])


def _shaped() -> Iterator[tuple[str, bytes]]:
    yield "one-pixel.png", _saved(Image.new("RGB", (1, 1), (200, 100, 50)), "PNG")
    yield "long.png", _saved(Image.fromarray(scene(20, 3000)), "PNG")
    yield "wide.jpg", _saved(Image.fromarray(scene(3000, 20)), "JPEG", quality=90)
    yield "photo.jpg", _saved(Image.fromarray(scene(*PHOTO_PX)), "JPEG", quality=85)


def _phones() -> Iterator[tuple[str, bytes]]:
    picture = Image.fromarray(scene(128, 96))
    if features.check("avif"):
        yield "phone.avif", _saved(picture, "AVIF", quality=90)
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()
    yield "phone.heic", _saved(picture, "HEIF", quality=90)


def _slope16() -> np.ndarray:
    return np.linspace(0, 65535, 60 * 80).reshape(60, 80).astype(np.uint16)


def _saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()
