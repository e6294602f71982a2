"""What pages and commands ask of how far pictures from elsewhere look otherwise; see `kinds.shift_measuring`."""

from dataclasses import dataclass
from pathlib import Path

from tl_core.backbones import catalogue, stages, weights
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.encoding.job import Job, resolve
from tl_core.evaluation import domain_shift, shift_sample
from tl_core.evaluation.domain_shift import Shift
from tl_core.jobs import answer_kept
from tl_core.jobs.answer_kept import AnswerKept
from tl_core.jobs.kinds.shift_measuring import MEASURE_SHIFT, ShiftArguments
from tl_core.methods import target_domain
from tl_core.pricing import calibration, costs, job_price
from tl_core.pricing.calibration import Calibration
from tl_core.pricing.stock import Stock

BEGIN_S = 2.0
PASSES = 40
"""Of a classifier over what it learns from, until it is solved for."""
FORM = "1"
"""Raise it when what is told changes: an answer of an earlier form is not found again, but asked for anew."""

_SHIFTS = AnswerKept(MEASURE_SHIFT)
is_working, stop, view = _SHIFTS.is_working, _SHIFTS.stop, _SHIFTS.view


@dataclass(frozen=True, slots=True)
class Asked:
    """A measurement as it is asked for.

    Attributes:
        key: names it by the data sets and the network, so that its answer is found again.
        arguments: what the job is given.
        seconds: what it takes.
        own: pictures of the data set that are looked at.
        others: pictures from elsewhere that are.
    """

    key: str
    arguments: ShiftArguments
    seconds: float
    own: int
    others: int


def settings_of(config: TrainConfig) -> TrainConfig:
    """Return what of a run's settings matters: the network, frozen, and how pictures enter it."""
    return TrainConfig(network=config.network).but(trainable_stages=0, batch_norm="frozen")


def key(dataset_id: str, config: TrainConfig, other: str) -> str:
    """Return by what a measurement is found; arguments as for `priced`."""
    return answer_kept.key_of(FORM, dataset_id, other, settings_of(config).model_dump_json())


def can_look(config: TrainConfig) -> bool:
    """Say whether the network that would look at the pictures is on this computer."""
    return weights.present(config.network.backbone)


def priced(dataset: Dataset, config: TrainConfig, other: str) -> Asked:
    """Return a measurement with its price, once everything that could forbid it was looked at.

    Args:
        dataset: one's own.
        config: of a run; its network looks at the pictures.
        other: id of the data set from elsewhere.

    Raises:
        UserError: "weights-missing", "backbone" or "backbone-modality"; as `shift_sample.drawn`.
    """
    plain = settings_of(config)
    backbone = plain.network.backbone
    if not weights.present(backbone):
        raise weights.missing(catalogue.get(backbone))
    sample = shift_sample.drawn(dataset, other)
    job = resolve(sample.own, plain, {target_domain.TARGET: sample.others})
    arguments = ShiftArguments(
        dataset=dataset.id, other=other, config=plain.model_dump(mode="json")
    )
    own, others = len(sample.own), len(sample.others)
    return Asked(
        key(dataset.id, config, other), arguments, _seconds(job, own + others), own, others
    )


def start(asked: Asked) -> None:
    """Begin unless that is under way or was done.

    Raises:
        UserError: "unknown" data set, "dataset-not-ready".
    """
    _SHIFTS.start(asked.key, asked.arguments.dataset, asked.arguments)


def folder_of(key: str) -> Path:
    """Return the folder of a measurement, which need not exist."""
    return _SHIFTS.folder(key)


def found(key: str) -> Shift | None:
    """Return what was found, None when nothing was asked for, it goes on or was stopped.

    Raises:
        UserError: why it did not succeed.
    """
    told = _SHIFTS.answer(key)
    return None if told is None else domain_shift.read(told)


def _seconds(job: Job, pictures: int) -> float:
    known = calibration.current()
    price = job_price.price(job, known, Stock())
    seconds = BEGIN_S + price.convert_s + price.encode_s + _comparing_s(job, pictures, known)
    return seconds + price.import_s * bool(price.convert_s)


def _comparing_s(job: Job, pictures: int, known: Calibration) -> float:
    """Return the seconds of all classifiers, of turning features, and of the kernel test."""
    channels = stages.feature_shape(job.config.network.backbone, job.size)[-1]
    seen = min(channels, pictures, domain_shift.DIRECTIONS)
    heads = domain_shift.FOLDS * domain_shift.REPEATS * PASSES * 8e-9 * pictures * seen
    turned = 2e-9 * pictures * channels * (channels + seen) + 9e-9 * channels**3
    mixed = 2e-9 * pictures**2 * (domain_shift.DRAWS + seen)
    work = heads + turned + mixed
    return work / (known.gigaflops * costs.CLOSED_FORM_SHARE) + costs.LEAST_S
