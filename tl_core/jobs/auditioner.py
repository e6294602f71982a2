"""What pages and commands ask of an audition of backbones, or of the depths of one; see `kinds.audition`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tl_core.backbones import catalogue, stages, weights
from tl_core.backbones.card import PREFIX
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.encoding.job import resolve
from tl_core.evaluation import audition
from tl_core.evaluation.audition import Audition
from tl_core.jobs import answer_kept
from tl_core.jobs.answer_kept import AnswerKept
from tl_core.jobs.kinds import audition as kinds_audition
from tl_core.jobs.kinds.audition import AUDITION, AuditionArguments
from tl_core.pricing import calibration, costs, job_price
from tl_core.pricing.calibration import Calibration
from tl_core.pricing.stock import Stock

MOST_DEPTHS = 8
BEGIN_S = 2.0
SOLUTIONS = audition.FOLDS * audition.REPEATS
"""Of the exact head, as a run is priced for it: its strength is chosen, then all that is learnt from is solved for."""

_AUDITIONS = AnswerKept(AUDITION)
is_working, shown, stop, view, was_done = (
    _AUDITIONS.is_working,
    _AUDITIONS.shown,
    _AUDITIONS.stop,
    _AUDITIONS.view,
    _AUDITIONS.was_done,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """An audition as it is asked for.

    Attributes:
        key: names it.
        dataset_id: of the pictures.
        backbones: who is heard; one alone where its depths are.
        depths: see `AuditionArguments`.
        seconds: what each takes, in the order of `backbones`; of depths, all together.
        pictures: in the sample.
    """

    key: str
    dataset_id: str
    backbones: tuple[str, ...]
    depths: tuple[int, ...]
    seconds: tuple[float, ...]
    pictures: int

    @property
    def total_s(self) -> float:
        """What a person waits for all of it."""
        return BEGIN_S + sum(self.seconds)


def at_hand(modality: str) -> tuple[str, ...]:
    """Return the backbones that can be heard now: their weights are on this computer."""
    return tuple(
        record.name for record in catalogue.of_modality(modality) if weights.present(record.name)
    )


def to_fetch(modality: str) -> tuple[str, ...]:
    """Return the others that are published, the smallest download first."""
    here, known = at_hand(modality), catalogue.of_modality(modality)
    others = [record for record in known if record.name not in here and record.card is None]
    return tuple(each.name for each in sorted(others, key=lambda each: each.download_bytes))


def refusal(dataset: Dataset) -> UserError | None:
    """Return why nothing can be told of a data set, None where something can."""
    try:
        audition.stage(dataset)
    except UserError as error:
        return error
    return None


def of_backbones(dataset: Dataset, backbones: Sequence[str] = ()) -> Asked:
    """Return an audition of backbones with its price; of all that are at hand where none are named.

    Raises:
        UserError: "backbone", "weights-missing" or "backbone-modality"; or why nothing can be told,
            see `evaluation.audition.stage`.
    """
    names = tuple(dict.fromkeys(backbones)) or at_hand(dataset.modality)
    stage = audition.stage(dataset)
    known, seconds = calibration.current(), []
    for name in names:
        resolve(dataset, TrainConfig().but(backbone=name))
        if not weights.present(name):
            raise weights.missing(catalogue.get(name))
        seconds.append(_seconds(stage.sample, name, known))
    key = answer_kept.key_of(dataset.id, "backbones", *names)
    return Asked(key, dataset.id, names, (), tuple(seconds), len(stage.sample))


def of_depths(dataset: Dataset, backbone: str) -> Asked:
    """Return an audition of the depths of one backbone with its price.

    Raises:
        UserError: as `of_backbones`.
    """
    if not weights.present(backbone):
        raise weights.missing(catalogue.get(backbone))
    stage, total = audition.stage(dataset), len(stages.of(backbone))
    step = -(-total // MOST_DEPTHS)
    depths = tuple(range(0, total, step))
    job = resolve(stage.sample, TrainConfig().but(backbone=backbone))
    known = calibration.current()
    price = job_price.price(job, known, Stock())
    seconds = costs.IMPORT_S + 2 * costs.convert_work_s(job) * known.factor("convert", backbone)
    seconds += (
        len(stage.sample) * costs.picture_s(job, known, "encode") * known.factor("encode", backbone)
    )
    seconds += len(depths) * SOLUTIONS * price.closed_form_s
    key = answer_kept.key_of(dataset.id, "depths", backbone)
    return Asked(key, dataset.id, (backbone,), depths, (seconds,), len(stage.sample))


def start(asked: Asked) -> None:
    """Begin unless that is under way or was done.

    Raises:
        UserError: "unknown" data set, "dataset-not-ready".
    """
    arguments = AuditionArguments(
        dataset=asked.dataset_id, backbones=list(asked.backbones), depths=asked.depths
    )
    _AUDITIONS.start(asked.key, asked.dataset_id, arguments)


def latest(dataset_id: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the audition of backbones that was asked for last on a data set, by key, and who was heard; or None."""
    for row in _AUDITIONS.asked_about(dataset_id):
        asked = AuditionArguments.model_validate(row.arguments or {})
        if not asked.depths:
            return row.subject, tuple(asked.backbones)
    return None


def folder_of(key: str) -> Path:
    """Return the folder of an audition, which need not exist."""
    return _AUDITIONS.folder(key)


def so_far(key: str) -> Audition | None:
    """Return the order of those that were heard, None before the first was.

    Raises:
        UserError: why it did not succeed, where none was heard.
    """
    told = kinds_audition.ranking(key)
    if told is not None:
        return audition.read(told)
    _AUDITIONS.answer(key)
    return None


def failure(key: str) -> UserError | None:
    """Return why it did not come to its end, or tells nothing any more; None where it did, goes on, or was stopped."""
    told = kinds_audition.ranking(key)
    heard = [place.heard.name for place in audition.read(told).places] if told is not None else []
    if any(name.startswith(PREFIX) and catalogue.known(name) is None for name in heard):
        return UserError(
            "audition-outdated",
            "One of the backbones that were compared is not here any more.",
            "Compare the others again.",
        )
    try:
        _AUDITIONS.answer(key)
    except UserError as error:
        return error
    return None


def begins_at(found: Audition) -> int:
    """Return the fewest stages that would learn above features that may be the best, of depths that were heard."""
    return min(int(place.heard.name) for place in found.tied)


def _seconds(sample: Dataset, backbone: str, known: Calibration) -> float:
    job = resolve(sample, TrainConfig().but(backbone=backbone))
    price = job_price.price(job, known, Stock())
    seconds = price.encode_s + SOLUTIONS * price.closed_form_s + costs.LEAST_S
    if not costs.is_converted(job):
        convert_s = costs.convert_work_s(job) * known.factor("convert", backbone)
        seconds += costs.IMPORT_S + convert_s
    return seconds
