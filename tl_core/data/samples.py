"""The bundled sample pictures: six kinds of fruit, made by our own code at first use.

Colours, shapes, light and camera overlap between the classes on purpose: a model has something
to learn, and some pictures stay hard. `python -m tl_core.data.samples FOLDER SEED FIRST LAST`
makes a share of them.
"""

import io
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from tl_core.data.pictures import available_cores
from tl_core.data.still_life import FRUITS, Floats, Fruit, still_life
from tl_core.data.surfaces import Noise

SIZE_PX = 160
EACH = 100
CLASSES = tuple(fruit.name for fruit in FRUITS)
_PACKAGE_PARENT = Path(__file__).resolve().parents[2]


def make(folder: Path, seed: int = 0, *, each: int = EACH) -> None:
    """Write `each` JPEG files per class to `folder`/CLASS, with all cores.

    The same seed makes the same files, on however many cores.
    """
    for name in CLASSES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    total = each * len(CLASSES)
    shares = min(available_cores(), 8)
    bounds = [total * share // shares for share in range(shares + 1)]
    program = [sys.executable, "-m", "tl_core.data.samples", str(folder.resolve()), str(seed)]
    children = [
        subprocess.Popen([*program, str(first), str(last)], cwd=_PACKAGE_PARENT)
        for first, last in pairwise(bounds)
    ]
    codes = [child.wait() for child in children]
    if any(codes):
        raise RuntimeError(f"making sample pictures ended with {codes}")


def make_share(folder: Path, seed: int, first: int, last: int) -> None:
    """Write the pictures numbered `first` to `last` - 1; the class is the number modulo six."""
    noise = Noise(np.random.default_rng(seed))
    for number in range(first, last):
        fruit = FRUITS[number % len(FRUITS)]
        path = folder / fruit.name / f"{fruit.name}_{number // len(FRUITS):03}.jpg"
        path.write_bytes(photograph(fruit, np.random.default_rng([seed, number]), noise))


def photograph(fruit: Fruit, generator: np.random.Generator, noise: Noise) -> bytes:
    """Return one JPEG file of `fruit`, taken by a camera that is not very good."""
    scene = still_life(fruit, SIZE_PX, generator, noise)
    seen = _through_the_lens(scene, generator)
    buffer = io.BytesIO()
    Image.fromarray(seen).save(buffer, "JPEG", quality=int(generator.integers(45, 92)))
    return buffer.getvalue()


def _through_the_lens(scene: Floats, generator: np.random.Generator) -> np.ndarray:
    """Blur, expose, add noise; float32 in 0 to 1 becomes uint8."""
    blur = generator.gamma(1.4, 0.3)
    seen = ndimage.gaussian_filter(scene, (blur, blur, 0), truncate=3.0)
    if generator.random() < 0.12:
        seen = ndimage.uniform_filter1d(seen, int(generator.integers(3, 8)), axis=1)
    grey = seen.mean(axis=2, keepdims=True)
    seen = grey + (seen - grey) * np.float32(generator.uniform(0.7, 1.15))
    seen *= np.float32(np.exp(generator.normal(0.05, 0.18)))
    across = np.linspace(-1, 1, SIZE_PX, dtype=np.float32) ** 2 / 2
    seen *= 1 - np.float32(generator.uniform(0, 0.35)) * (across + across[:, None])[..., None]
    seen = np.clip(seen, 0, None) ** np.float32(generator.uniform(0.7, 1.1))
    seen = seen / (1 + np.clip(seen - 0.8, 0, None))  # highlights fade rather than break off
    grain = generator.standard_normal(seen.shape, dtype=np.float32)
    seen += grain * np.float32(generator.uniform(0.005, 0.035))
    return (np.clip(seen, 0, 1) * 255 + 0.5).astype(np.uint8)


if __name__ == "__main__":
    make_share(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
