"""The store of pictures: each kept once, losslessly, under the hash of its bytes.

WebP lossless (method 0, quality 0) was chosen by measurement on 12-megapixel photos shrunk to
1024 px: 66 ms to write and 19 ms to read a picture of 0.71 MB, against PNG (level 1) with 80 ms,
29 ms and 1.02 MB. Thumbnails are JPEG, which takes a tenth of the time of WebP for as many bytes.
"""

import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tl_core.base import cores
from tl_core.base.errors import UserError
from tl_core.base.files import write_quickly
from tl_core.modalities import kept
from tl_core.modalities.picture.resize import Mode, Picture, resize

THUMBNAIL_PX = 192
TINY_PX = 96
THUMBNAIL_QUALITY = 80
SUFFIX = ".webp"
THUMBNAIL_SUFFIX = ".thumb.jpg"


def store(image: Image.Image, folder: Path, side_px: int) -> tuple[str, int, int]:
    """Keep `image` and its thumbnail in `folder`; equal pictures are kept once.

    Args:
        image: mode "RGB".
        folder: the store.
        side_px: longer side to which larger pictures are shrunk.

    Returns:
        The picture's hash, its width and its height as stored.
    """
    image = _bare(shrunk(image, side_px))
    data = _encoded(image, "WEBP", lossless=True, quality=0, method=0)
    digest = hashlib.sha256(data).hexdigest()
    path = kept.path(digest, SUFFIX, folder)
    thumbnail = kept.path(digest, THUMBNAIL_SUFFIX, folder)
    if not (_is_whole(path, data) and thumbnail.exists()):
        path.parent.mkdir(parents=True, exist_ok=True)
        small = _encoded(_thumbnail(image), "JPEG", quality=THUMBNAIL_QUALITY)
        write_quickly(thumbnail, small)
        write_quickly(path, data)
    return digest, image.width, image.height


def shrunk(image: Image.Image, side_px: int) -> Image.Image:
    """Return `image` with its longer side at most `side_px`: the mean of whole blocks.

    Blocks have the smallest side that will do, so the longer side ends between half of `side_px`
    and all of it; blocks at the right and lower edge are narrower where the sides do not divide.
    An exported model does the same to the last grey level (`preprocessing.shrink_layers`),
    which no filter with overlapping weights allows: it answers for the photo itself what the app
    answered for the stored one.

    Args:
        image: mode "RGB".
        side_px: longest side kept.
    """
    block = -(-max(image.size) // side_px)
    return image if block == 1 else image.reduce(block)


def picture_path(digest: str) -> Path:
    """Return where the picture called `digest` is kept."""
    return kept.path(digest, SUFFIX)


def thumbnail_path(digest: str) -> Path:
    """Return where the thumbnail (WebP, longer side at most 192 px) of a picture is kept."""
    return kept.path(digest, THUMBNAIL_SUFFIX)


def tiny(image: Image.Image) -> bytes:
    """Return an opened picture as a JPEG, its longer side at most 96 px."""
    small = image.copy()
    small.thumbnail((TINY_PX, TINY_PX))
    small.info.clear()
    return _encoded(small, "JPEG", quality=THUMBNAIL_QUALITY)


def read(digest: str) -> Picture:
    """Return a stored picture as uint8 (height, width, 3).

    Raises:
        UserError: "picture-missing" when the store lost it.
    """
    return _read(kept.folder(), digest)


def _read(folder: Path, digest: str) -> Picture:
    try:
        with Image.open(kept.path(digest, SUFFIX, folder), formats=["WEBP"]) as image:
            return np.asarray(image.convert("RGB"))
    except OSError as error:
        raise UserError(
            "picture-missing",
            "A picture of this data set is missing or damaged on disk ({digest}).",
            "Import the pictures again.",
            digest=digest[:12],
        ) from error


def pixels(
    hashes: Sequence[str] | np.ndarray,
    size_px: int,
    mode: Mode = "squash",
    *,
    threads: int = 0,
    out: np.ndarray | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Decode and resize pictures, in the order of `hashes`.

    Args:
        hashes: names of stored pictures.
        size_px: side of the square.
        mode: how a picture becomes a square; see `resize`.
        threads: decoders side by side; 0 takes the setting in force.
        out: uint8 (n, size_px, size_px, 3) to fill, for instance a memory map; made when None.
        on_progress: told how many of how many are done, now and then.

    Returns:
        uint8 (n, size_px, size_px, 3).

    Raises:
        UserError: "picture-missing".
    """
    total = len(hashes)
    filled = np.empty((total, size_px, size_px, 3), np.uint8) if out is None else out

    folder = kept.folder()  # once: reading the settings costs a fifth of reading a picture

    def fill(index: int) -> None:
        filled[index] = resize(_read(folder, str(hashes[index])), size_px, mode)

    def tell(filling: Iterable[None]) -> None:
        for done, _ in enumerate(filling, start=1):
            if on_progress is not None and (done % 32 == 0 or done == total):
                on_progress(done, total)

    threads = threads or cores.threads()
    if threads == 1:  # in the thread that calls, which keeps its memory for the next picture
        tell(map(fill, range(total)))
    else:
        with ThreadPoolExecutor(threads) as pool:
            tell(pool.map(fill, range(total)))
    return filled


def _fitted(size: tuple[int, int], side_px: int) -> tuple[int, int]:
    """Scale (width, height) so that the longer side is `side_px`; neither falls below 1."""
    scale = side_px / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _thumbnail(image: Image.Image) -> Image.Image:
    if max(image.size) <= THUMBNAIL_PX:
        return image
    size = _fitted(image.size, THUMBNAIL_PX)
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _bare(image: Image.Image) -> Image.Image:
    """Return the pixels alone: comments, profiles and what cameras note are nobody's business."""
    bare = image.copy()
    bare.info = {}
    return bare


def _encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def _is_whole(path: Path, data: bytes) -> bool:
    """Say whether `data` is kept at `path`; a power cut may have left less of it."""
    try:
        return path.stat().st_size == len(data)
    except FileNotFoundError:
        return False
