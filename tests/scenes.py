"""Pictures with structure of several sizes, as photos have it: of these, copies can be told from others."""

import numpy as np
from PIL import Image

from tl_core.base import settings
from tl_core.modalities.picture import pictures


def scene(seed: int) -> Image.Image:
    """Return a picture of 192 by 160 pixels, another one for each seed."""
    random = np.random.default_rng(seed)
    coarse, fine = (
        np.asarray(
            Image.fromarray(random.integers(0, 255, (cells, cells, 3)).astype(np.uint8)).resize(
                (192, 160), Image.Resampling.BICUBIC
            ),
            float,
        )
        for cells in (5, 17)
    )
    return Image.fromarray((0.6 * coarse + 0.4 * fine).astype(np.uint8))


def stored(picture: Image.Image) -> str:
    """Keep a picture as the app does; return its name in the store."""
    return pictures.store(picture, settings.current().pictures_dir, 1024)[0]
