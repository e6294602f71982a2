"""What a kept model says about pictures as people have them: the app's own answers.

Imports no TensorFlow where the model has a light form; see `light`.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from PIL import Image

from tl_core.base import limits
from tl_core.encoding import trunk
from tl_core.modalities.picture import images, resize
from tl_core.modalities.picture import pictures as stored
from tl_core.models import persist
from tl_core.training import light

BATCH = 32
PICTURE_TIMEOUT_S = 10.0


def seen(
    described: persist.Description, picture: bytes | Path, *, is_timed: bool = True
) -> tuple[Image.Image, resize.Picture]:
    """Return a picture of unknown content, and as the network sees it, shrunk as those it learnt from.

    One that takes longer than `PICTURE_TIMEOUT_S` to open ends this process if `is_timed`; see
    `limits.clock`.

    Raises:
        UserError: "picture-…", why it cannot be opened.
    """
    with limits.clock(PICTURE_TIMEOUT_S) if is_timed else nullcontext():
        image = images.open_image(picture, greys=described.grey_scales)
    if described.stored_side_px:
        image = stored.shrunk(image, described.stored_side_px)
    return image, resize.resize(np.array(image), described.size_px, described.resize)


def answers(folder: Path, pictures: Sequence[bytes | Path], *, is_timed: bool = True) -> np.ndarray:
    """Return what the model in `folder` says about pictures, float (n, outputs).

    All are opened before the network is loaded: a bad one is refused at once.

    Args:
        folder: the model's.
        pictures: files or their bytes, of unknown content.
        is_timed: whether one that opens too slowly ends this process; see `seen`.

    Raises:
        UserError: why a picture cannot be opened, or the model.
    """
    described = persist.describe(folder)
    pixels = [seen(described, picture, is_timed=is_timed)[1] for picture in pictures]
    model = model_of(folder)
    batches = (pixels[start : start + BATCH] for start in range(0, len(pixels), BATCH))
    told = [model(np.stack(batch)) for batch in batches]
    return np.concatenate(told) if told else np.zeros((0, len(described.classes)), np.float32)


def model_of(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return pixels-to-answers, the lightest that this machine has."""
    if not (folder / light.TAIL).is_file():
        return _whole_model(folder)
    frozen = light.trunk_of(folder)
    if frozen is None:
        return light.LightModel(folder, None).answer
    path = trunk.converted(frozen)
    if path is None:
        from tl_core.training import network

        path = network.convert_again(frozen)
    return light.LightModel(folder, path).answer


def _whole_model(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    model = persist.full_model(folder)
    return lambda pixels: np.asarray(model.predict_on_batch(pixels))
