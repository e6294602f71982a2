"""What a kept model says about examples as people have them: the app's own answers.

Imports no TensorFlow where the model has a light form; see `light`.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base import accelerator, limits
from tl_core.encoding import trunk
from tl_core.encoding.trunk import Trunk
from tl_core.modalities import registry
from tl_core.models import persist
from tl_core.training import light

BATCH = 32
OPEN_TIMEOUT_S = 10.0


def seen(
    described: persist.Description, example: bytes | Path, *, is_timed: bool = True
) -> tuple[Any, np.ndarray]:
    """Return an example of unknown content to show, and as the network sees it; see `Modality.see`.

    One that takes longer than `OPEN_TIMEOUT_S` to open ends this process if `is_timed`; see
    `limits.clock`.

    Raises:
        UserError: why it cannot be opened.
    """
    with limits.clock(OPEN_TIMEOUT_S) if is_timed else nullcontext():
        return registry.of(described).see(example, described.entry)


def answers(folder: Path, examples: Sequence[bytes | Path], *, is_timed: bool = True) -> np.ndarray:
    """Return what the model in `folder` says about examples, float (n, outputs).

    All are opened before the network is loaded: a bad one is refused at once.

    Args:
        folder: the model's.
        examples: files or their bytes, of unknown content.
        is_timed: whether one that opens too slowly ends this process; see `seen`.

    Raises:
        UserError: why an example cannot be opened, or the model.
    """
    described = persist.describe(folder)
    opened = [seen(described, example, is_timed=is_timed)[1] for example in examples]
    model = model_of(folder)
    batches = (opened[start : start + BATCH] for start in range(0, len(opened), BATCH))
    told = [model(np.stack(batch)) for batch in batches]
    return np.concatenate(told) if told else np.zeros((0, len(described.classes)), np.float32)


def model_of(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return what takes opened examples to answers, the lightest that this machine has."""
    if not light.answers(folder):
        return _whole_model(folder)
    frozen = light.trunk_of(folder)
    path = trunk.converted(frozen) if frozen else None
    if frozen and path is None:
        if not accelerator.converts():
            return _whole_model(folder)
        path = _converted_again(folder, frozen)
    return light.LightModel(folder, path).answer


def _converted_again(folder: Path, frozen: Trunk) -> Path | None:
    from tl_core.training import looking

    looking.prepare(folder)
    return trunk.converted(frozen)


def _whole_model(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    model = persist.full_model(folder)
    return lambda opened: np.asarray(model.predict_on_batch(opened))
