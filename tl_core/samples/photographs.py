"""Photographs that were never taken: the scenes of the sample pictures, seen by a poor camera.

`python -m tl_core.samples.photographs FOLDER SET SEED FIRST LAST` makes a share of a set.
"""

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from tl_core.samples import bundled
from tl_core.samples.fruits import FRUITS, Floats
from tl_core.samples.glasses import glass_of_juice
from tl_core.samples.still_life import still_life
from tl_core.samples.surfaces import Noise

SIZE_PX = 160


def make_share(folder: Path, which: bundled.Bundled, seed: int, first: int, last: int) -> None:
    """Write the pictures numbered `first` to `last` - 1."""
    noise = Noise(np.random.default_rng(seed))
    for number in range(first, last):
        path = folder / bundled.file_of(which, number)
        path.write_bytes(photograph(which, number, np.random.default_rng([seed, number]), noise))


def photograph(
    which: bundled.Bundled, number: int, generator: np.random.Generator, noise: Noise
) -> bytes:
    """Return picture `number` of a set as a JPEG file, taken by a camera that is not very good."""
    if which == "samples":
        fruit = FRUITS[number % len(FRUITS)]
        scene = still_life(fruit, SIZE_PX, generator, noise)
    else:
        scene = glass_of_juice(bundled.level(number), SIZE_PX, generator, noise)
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
    chosen = bundled.named(sys.argv[2])
    assert chosen is not None
    make_share(Path(sys.argv[1]), chosen, *map(int, sys.argv[3:6]))
