"""What a kept model says about examples as people have them: the app's own answers.

Imports no TensorFlow where the model has a light form; see `light`.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base import accelerator, limits
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
        is_unknown: bool (n,), those so strange that they are none of these; None likewise.
    """

    answers: np.ndarray
    shares: np.ndarray | None = None
    is_unknown: np.ndarray | None = None


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


def reply(described: persist.Description, found: Judged, place: int = 0) -> dict[str, Any]:
    """Return one answer of the network as the fields of a `jobs.predictor.Prediction`."""
    task = tasks.get(described.task)
    answer = task.answer(described.classes, found.answers[place], described.rules)
    if found.shares is None or found.is_unknown is None:
        return {"task": task.kind, **answer}
    strangeness = float(found.shares[place]), bool(found.is_unknown[place])
    return {"task": task.kind, **answer, "unknown": strangeness[0], "is_unknown": strangeness[1]}


def small(described: persist.Description, shown: Any) -> bytes:
    """Return a small picture (JPEG) of what `seen` gave to show."""
    return registry.of(described).small(shown)


def input_shape(described: persist.Description) -> tuple[int, ...]:
    """Return the shape of one example as the network takes it."""
    return registry.of(described).input_shape(described.entry.size)


def kept_type(described: persist.Description) -> str:
    """Return the dtype of an opened example."""
    return registry.of(described).kept_type


def is_light(folder: Path) -> bool:
    """Say whether a model answers here without Keras: several may then be loaded side by side."""
    if not light.answers(folder):
        return False
    frozen = light.trunk_of(folder)
    return frozen is None or trunk.converted(frozen) is not None


def is_to_be_made_light(folder: Path) -> bool:
    """Say whether `make_light` would convert the frozen part of a model, which takes TensorFlow and time."""
    return light.answers(folder) and accelerator.converts() and not is_light(folder)


def make_light(folder: Path) -> None:
    """Convert the frozen part of a model again where the cache has dropped it, once for all children."""
    if is_to_be_made_light(folder):
        from tl_core.training import looking

        looking.prepare(folder)


def model_of(folder: Path, threads: int = 0) -> Callable[[np.ndarray], np.ndarray]:
    """Return what takes opened examples to answers, the lightest that this machine has.

    On `threads` threads; 0 takes the setting in force.
    """
    make_light(folder)
    if not is_light(folder):
        return _whole_model(folder)
    return _light(folder, threads).answer


def judge_of(folder: Path, threads: int = 0) -> Callable[[np.ndarray], Judged]:
    """Return what takes opened examples to answers and their strangeness; see `model_of`.

    Raises:
        UserError: "model-format" when the model or its detector is damaged.
    """
    described = persist.describe(folder)
    detector = detector_file.load(folder, described.tail_sha256)
    if detector is None:
        answer = model_of(folder, threads)
        return lambda opened: Judged(answer(opened))
    see = seeing(folder, threads)

    def judge(opened: np.ndarray) -> Judged:
        told, features = see(opened)
        if features is None:
            return Judged(told)
        doubts = unknowns.doubt(told) if tasks.get(described.task).one_class_each else None
        shares = detector.share(detector.score(features, doubts))
        return Judged(told, shares, detector.refuses(shares))

    return judge


def seeing(
    folder: Path, threads: int = 0
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]:
    """Return what takes opened examples to answers and features; None for a model that tells none."""
    make_light(folder)
    if is_light(folder):
        return _light(folder, threads).answer_with_features
    model = persist.with_features(persist.load_model(folder))

    def see(opened: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        told, features = model.predict_on_batch(opened)
        return np.asarray(told), np.asarray(features)

    return see


def _light(folder: Path, threads: int) -> light.LightModel:
    frozen = light.trunk_of(folder)
    return light.LightModel(folder, trunk.converted(frozen) if frozen else None, threads)


def _whole_model(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    model = persist.full_model(folder)
    return lambda opened: np.asarray(model.predict_on_batch(opened))
