"""What a kept model says about examples as people have them: the app's own answers.

Imports no TensorFlow where the model has a light form; see `light`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base import limits
from tl_core.encoding import trunk
from tl_core.measures import unknowns
from tl_core.modalities import registry
from tl_core.models import detector_file, persist
from tl_core.tasks import registry as tasks
from tl_core.training import light

BATCH = 32
OPEN_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model says about examples, and how strange these are to it.

    Attributes:
        answers: float (n, outputs).
        shares: float (n,), the share of known examples that are at least as strange; None where
            the model cannot tell.
        is_unknown: bool (n,), those that are as strange as fewer known ones than are refused.
    """

    answers: np.ndarray
    shares: np.ndarray | None = None
    is_unknown: np.ndarray | None = None

    def of(self, row: int) -> tuple[float | None, bool | None]:
        """Return share and verdict of one example, None twice where the model cannot tell."""
        if self.shares is None or self.is_unknown is None:
            return None, None
        return float(self.shares[row]), bool(self.is_unknown[row])


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


def judged(folder: Path, examples: Sequence[bytes | Path], *, is_timed: bool = True) -> Judged:
    """Return what the model in `folder` says about examples and how strange they are; see `answers`."""
    opened = _opened(persist.describe(folder), examples, is_timed=is_timed)
    judge = judge_of(folder)
    found = [judge(np.stack(batch)) for batch in _batches(opened)]
    if not found:
        return Judged(np.zeros((0, len(persist.describe(folder).classes)), np.float32))
    shares = [each.shares for each in found if each.shares is not None]
    verdicts = [each.is_unknown for each in found if each.is_unknown is not None]
    can_tell = len(shares) == len(verdicts) == len(found)
    return Judged(
        np.concatenate([each.answers for each in found]),
        np.concatenate(shares) if can_tell else None,
        np.concatenate(verdicts) if can_tell else None,
    )


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
    opened = _opened(described, examples, is_timed=is_timed)
    model = model_of(folder)
    told = [model(np.stack(batch)) for batch in _batches(opened)]
    return np.concatenate(told) if told else np.zeros((0, len(described.classes)), np.float32)


def _opened(
    described: persist.Description, examples: Sequence[bytes | Path], *, is_timed: bool
) -> list[np.ndarray]:
    return [seen(described, example, is_timed=is_timed)[1] for example in examples]


def _batches(opened: list[np.ndarray]) -> Iterator[list[np.ndarray]]:
    return (opened[start : start + BATCH] for start in range(0, len(opened), BATCH))


def model_of(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return what takes opened examples to answers, the lightest that this machine has."""
    if not (folder / light.TAIL).is_file():
        return _whole_model(folder)
    return light_model(folder).answer


def light_model(folder: Path) -> light.LightModel:
    """Return the light form of a model that has one; a trunk that the cache dropped is converted again."""
    frozen = light.trunk_of(folder)
    if frozen is None:
        return light.LightModel(folder, None)
    path = trunk.converted(frozen)
    if path is None:
        from tl_core.training import network

        path = network.convert_again(frozen)
    return light.LightModel(folder, path)


def judge_of(folder: Path) -> Callable[[np.ndarray], Judged]:
    """Return what takes opened examples to answers and their strangeness.

    Raises:
        UserError: "model-format" when the model or its detector is damaged.
    """
    described = persist.describe(folder)
    detector = detector_file.load(folder, described.tail_sha256)
    seeing = None if detector is None else _seeing(folder, described)
    if detector is None or seeing is None:
        answer = model_of(folder)
        return lambda opened: Judged(answer(opened))

    def judge(opened: np.ndarray) -> Judged:
        told, features = seeing(opened)
        if features is None:
            return Judged(told)
        one_class = tasks.get(described.task).one_class_each
        doubts = unknowns.doubt(told) if one_class else None
        shares = detector.share(detector.score(features, doubts))
        return Judged(told, shares, detector.refuses(shares))

    return judge


def _seeing(
    folder: Path, described: persist.Description
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]:
    """Return what takes opened examples to answers and features."""
    is_light = (folder / light.TAIL).is_file()
    if is_light and (not described.trainable_stages or (folder / light.BODY).is_file()):
        return light_model(folder).answer_with_features
    model = persist.with_features(persist.load_model(folder))

    def see(opened: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        told, features = model.predict_on_batch(opened)
        return np.asarray(told), np.asarray(features)

    return see


def _whole_model(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    model = persist.full_model(folder)
    return lambda opened: np.asarray(model.predict_on_batch(opened))
