"""What pages and commands ask of the learning curve of a data set; see `kinds.learning_curve`."""

from dataclasses import dataclass

from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.encoding.job import resolve
from tl_core.evaluation import collecting
from tl_core.evaluation.collecting import Collected
from tl_core.jobs import answer_kept
from tl_core.jobs.answer_kept import AnswerKept
from tl_core.jobs.kinds.learning_curve import LEARNING_CURVE, CurveArguments
from tl_core.pricing import calibration, costs, job_price

MOST_S = 120.0
"""What solving may take; what does not fit in is left out, and that is said."""
BEGIN_S = 2.0
"""Until it is at work."""
FORM = "3"
"""Raise it when what is told changes: an answer of an earlier form is not found again, but asked for anew."""

_CURVES = AnswerKept(LEARNING_CURVE)
folder, is_working, stop, view = (
    _CURVES.folder,
    _CURVES.is_working,
    _CURVES.stop,
    _CURVES.view,
)


@dataclass(frozen=True, slots=True)
class CurveAsked:
    """A curve as it is asked for.

    Attributes:
        key: names it by the data set and the settings that matter, so that its answer is found again.
        dataset_id: of the pictures.
        config: how they enter which network, of which nothing is trained.
        most_work: see `collecting.planned`.
        seconds: what it takes.
    """

    key: str
    dataset_id: str
    config: TrainConfig
    most_work: float
    seconds: float


def settings_of(config: TrainConfig) -> TrainConfig:
    """Return what of a run's settings matters: the network, frozen, and what is learnt in which scale."""
    return TrainConfig(network=config.network).but(
        trainable_stages=0,
        batch_norm="frozen",
        class_weights=config.objective.class_weights,
        target_scale=config.objective.target_scale,
    )


def key(dataset_id: str, config: TrainConfig) -> str:
    """Return by what the curve of a run is found."""
    return answer_kept.key_of(FORM, dataset_id, settings_of(config).model_dump_json())


def priced(dataset: Dataset, config: TrainConfig) -> CurveAsked:
    """Return a curve with its price.

    Args:
        dataset: whole.
        config: of a run.

    Raises:
        UserError: why there can be none: see `collecting.planned`; "backbone" or "picture-size".
    """
    asked, known = settings_of(config), calibration.current()
    job = resolve(dataset, asked)
    price = job_price.price(job, known)
    factor = known.factor(costs.quantity("closed_form", job), asked.network.backbone)
    whole_s = max(costs.WORK["closed_form"](job, known) * factor, 1e-3)
    plan = collecting.planned(dataset, MOST_S / whole_s)
    seconds = BEGIN_S + price.convert_s + price.encode_s + plan.work * whole_s
    return CurveAsked(key(dataset.id, config), dataset.id, asked, MOST_S / whole_s, seconds)


def start(asked: CurveAsked) -> None:
    """Begin to draw unless that is under way or was done.

    Raises:
        UserError: "unknown" data set, "dataset-not-ready".
    """
    arguments = CurveArguments(
        dataset=asked.dataset_id,
        config=asked.config.model_dump(mode="json"),
        most_work=asked.most_work,
    )
    _CURVES.start(asked.key, asked.dataset_id, arguments)


def found(key: str) -> Collected | None:
    """Return what was found, None when nothing was asked for, it goes on or was stopped.

    Raises:
        UserError: why it did not succeed.
    """
    told = _CURVES.answer(key)
    return None if told is None else Collected.model_validate(told)
