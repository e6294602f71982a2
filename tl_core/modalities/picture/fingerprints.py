"""A few cheap numbers and two tiny thumbnails of every picture, kept for ever.

Everything the quality report knows about pixels comes from here, so a picture is decoded once,
whatever is asked of it and however many versions of a data set it belongs to: the import measures
pictures while they are open anyway (`packed` carries what was measured from the child that did).
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import numpy as np
from PIL import Image

from tl_core.base import cores, files
from tl_core.modalities.picture import pictures

VERSION = 1
"""Raise it when a number below changes its meaning: old fingerprints are then made anew."""
GREY_PX = 64
COLOUR_PX = 16
SHARPNESS_PX = 256
"""Blur is judged at the size a network sees, not at that of the camera."""

EDGES_SHARE = 0.995

Fingerprint = np.dtype(
    [
        ("hash", "S64"),
        ("width", "u2"),
        ("height", "u2"),
        ("sharpness", "f4"),
        ("brightness", "f4"),
        ("contrast", "f4"),
        ("colourfulness", "f4"),
        ("grey", "u1", (GREY_PX, GREY_PX)),
        ("colour", "u1", (COLOUR_PX, COLOUR_PX, 3)),
    ]
)
"""One picture, 4.9 kB.

`sharpness` is how abruptly the strongest edges begin: their second difference over their first,
about 2 for a sharp picture and below 1 for a blurred one, whatever its contrast. The usual
variance of the Laplacian was measured beside it: it calls every sharp picture of a plain thing
blurred. `brightness` is the mean of grey values and `contrast` their standard deviation (0 to
255), `colourfulness` that of Hasler and Süsstrunk. `grey` and `colour` are the whole picture
squashed to a square.

Reference:
    Hasler & Süsstrunk 2003, Measuring colourfulness in natural images.
"""

OnProgress = Callable[[int, int], None]


def of(hashes: Sequence[str], on_progress: OnProgress | None = None) -> np.ndarray:
    """Return the fingerprints of the pictures called `hashes`, in their order.

    What is not kept yet is measured by threads (decoding lets other threads run) and kept.

    Args:
        hashes: names of stored pictures; repeats are welcome.
        on_progress: called with pictures done and pictures in all.

    Returns:
        Array of `Fingerprint`, (len(hashes),).
    """
    wanted = sorted(set(map(str, hashes)))
    found: dict[str, np.void] = {}
    folder, threads = _folder(), cores.threads()
    with ThreadPoolExecutor(threads) as pool:
        for rows in _shards(wanted, folder, pool):
            found.update((row["hash"].decode(), row) for row in rows)
            if on_progress:
                on_progress(len(found), len(wanted))
    return np.array([found[str(name)] for name in hashes], dtype=Fingerprint)


def keep(rows: np.ndarray) -> None:
    """Keep what was measured elsewhere, so that `of` need not open the pictures.

    Args:
        rows: array of `Fingerprint`, (n,).
    """
    folder = _folder()
    rows = rows[np.unique(rows["hash"], return_index=True)[1]]
    prefixes = rows["hash"].astype("S2")
    for prefix in np.unique(prefixes):
        path = _shard_path(folder, prefix.decode())
        kept, new = _read(path), rows[prefixes == prefix]
        new = new[~np.isin(new["hash"], kept["hash"])]
        if len(new):
            _write(path, np.concatenate([kept, new]))


def packed(row: np.ndarray) -> str:
    """Return a fingerprint as text, for the way between two processes."""
    return base64.b64encode(row.tobytes()).decode()


def unpacked(texts: Iterable[str]) -> np.ndarray:
    """Return array of `Fingerprint`, (n,), of what `packed` wrote."""
    return np.frombuffer(b"".join(map(base64.b64decode, texts)), Fingerprint)


def measure(picture: Image.Image, name: str = "") -> np.ndarray:
    """Return the `Fingerprint` of an RGB picture, as an array of no dimensions."""
    row = np.zeros((), Fingerprint)
    small = _fitted(picture, SHARPNESS_PX)
    grey = small.convert("L")
    # Not what a network is shown (that is data.resize): only the report looks at this square.
    square = small.resize((GREY_PX, GREY_PX), Image.Resampling.BILINEAR, reducing_gap=2.0)
    row["hash"] = name.encode()
    row["width"], row["height"] = picture.size
    row["sharpness"] = _sharpness(np.asarray(grey, dtype=np.int16))
    row["brightness"], row["contrast"] = _mean_and_deviation(grey)
    row["colourfulness"] = _colourfulness(np.asarray(square, dtype=np.float32))
    row["grey"] = np.asarray(square.convert("L"))
    row["colour"] = np.asarray(square.reduce(GREY_PX // COLOUR_PX))
    return row


def _fitted(picture: Image.Image, side: int) -> Image.Image:
    scale = side / max(picture.size)
    if scale >= 1:
        return picture
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _mean_and_deviation(grey: Image.Image) -> tuple[float, float]:
    counts = np.array(grey.histogram(), dtype=np.float64) / (grey.width * grey.height)
    levels = np.arange(len(counts))
    mean = counts @ levels
    return float(mean), float(np.sqrt(counts @ (levels - mean) ** 2))


def _sharpness(grey: np.ndarray) -> float:
    if min(grey.shape) < 3:
        return 0.0
    inner = grey[1:-1, 1:-1]
    bend = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return _strongest(bend) / (_strongest(np.diff(grey, axis=1)) + 1)


def _strongest(differences: np.ndarray) -> int:
    """Return the size that all but the strongest few stay below; counting beats sorting."""
    counts = np.bincount(np.abs(differences).ravel())
    return int(np.searchsorted(counts.cumsum(), EDGES_SHARE * differences.size))


def _colourfulness(picture: np.ndarray) -> float:
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    across, along = red - green, (red + green) / 2 - blue
    return float(np.hypot(across.std(), along.std()) + 0.3 * np.hypot(across.mean(), along.mean()))


def _shards(wanted: Sequence[str], folder: Path, pool: ThreadPoolExecutor) -> Iterator[np.ndarray]:
    """Yield fingerprints, a file's worth at a time: as many files as first bytes of a hash."""
    for prefix, group in groupby(wanted, key=lambda name: name[:2]):
        names = list(group)
        path = _shard_path(folder, prefix)
        kept = _read(path)
        missing = sorted(set(names) - {name.decode() for name in kept["hash"]})
        if missing:
            made = np.array(list(pool.map(_measure_stored, missing)), dtype=Fingerprint)
            kept = np.concatenate([kept, made])
            _write(path, kept)
        yield kept[np.isin(kept["hash"], _encoded(names))]


def _measure_stored(name: str) -> np.ndarray:
    return measure(Image.fromarray(pictures.read(name)), name)


def _encoded(names: Iterable[str]) -> list[bytes]:
    return [name.encode() for name in names]


def _shard_path(folder: Path, prefix: str) -> Path:
    return folder / f"{prefix}.npy"


def _folder() -> Path:
    from tl_core.base.settings import current  # loads pydantic, which the opener does without

    return current().cache_dir / "fingerprints" / f"v{VERSION}"


def _read(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False).astype(Fingerprint, copy=False)
    except (FileNotFoundError, EOFError, ValueError):  # never made, or cut short by a full disk
        return np.zeros(0, Fingerprint)


def _write(path: Path, rows: np.ndarray) -> None:
    """Replace a shard whole: of two writers the later one wins, and nothing is ever half there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.whole(path) as partial, partial.open("wb") as file:
        np.save(file, rows, allow_pickle=False)
