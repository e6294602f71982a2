"""What pages and commands ask of kinds of transfer side by side; see `kinds.transfer_comparison`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from tl_core.backbones import stages
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.encoding.job import resolve
from tl_core.evaluation import (
    further_sets,
    side_by_side,
    trained_transfer,
    transfer_found,
    transfer_kinds,
)
from tl_core.evaluation.further_sets import Further
from tl_core.evaluation.transfer_found import ALL, HERE, Found, Judge
from tl_core.evaluation.transfer_kinds import Kind
from tl_core.jobs import answer_kept
from tl_core.jobs.answer_kept import AnswerKept
from tl_core.jobs.kinds.transfer_comparison import SIDE_BY_SIDE, SideBySideArguments
from tl_core.methods import registry
from tl_core.pricing import calibration, costs, job_price
from tl_core.pricing.stock import Stock

AMOUNTS = (5, 10, 20, ALL)
REPEATS = 10
BEGIN_S = 2.0
FINGERPRINT_S = 0.004
"""To look at one picture for copies."""
PASSES: Mapping[str, float] = {
    "none": 1.0,
    "pooled": 1.0,
    "instances": 2.0,
    "main_directions": 6.0,
    "elsewhere": 1.0,
    "alignment": 0.5,
    "distillation": 1.5,
}
"""How often each passes over all that it learns from, the usual exact head being 1."""

_COMPARISONS = AnswerKept(SIDE_BY_SIDE)
is_working, stop, view = (
    _COMPARISONS.is_working,
    _COMPARISONS.stop,
    _COMPARISONS.view,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A comparison as it is asked for.

    Attributes:
        key: names it.
        arguments: what the job is given.
        seconds: what it takes.
        classes: which class of theirs is taken for which of the target's, "" for none.
        kinds: names of the kinds that take part.
    """

    key: str
    arguments: SideBySideArguments
    seconds: float
    classes: Mapping[str, str]
    kinds: tuple[str, ...]


def priced(
    dataset: Dataset,
    backbone: str,
    named: Mapping[str, str],
    renamed: Mapping[str, str] | None = None,
    amounts: Sequence[int] = AMOUNTS,
    repeats: int | None = None,
    trained: Sequence[str] = (),
    judged: Judge = HERE,
) -> Asked:
    """Return a comparison with its price, once everything that could forbid it was looked at.

    Args:
        dataset: the target.
        backbone: whose features are used.
        named: ids of data sets and runs by role; empty ones are passed over.
        renamed: which class of the source is which of the target's, where the name does not tell.
        amounts: pictures of a class; `ALL` for all.
        repeats: how often pictures are drawn for an amount; None for `REPEATS`, fewer where stages train.
        trained: names of the kinds that train stages and are to take part; see `trainable`.
        judged: what judges.

    Raises:
        UserError: "side-by-side-kind"; as `further_sets.gathered`; "backbone", "weights-missing" or "backbone-modality";
            "amounts" where there is none, or one below 0.
    """
    if repeats is None:
        repeats = trained_transfer.REPEATS if trained else REPEATS
    if not amounts or min(amounts) < 0 or repeats < 1:
        raise UserError(
            "amounts",
            "There is no amount of pictures to compare with.",
            "Give numbers of pictures a class, such as 5 and 10; 0 stands for all.",
        )
    named = {role: identifier for role, identifier in named.items() if identifier}
    config = TrainConfig().but(backbone=backbone)
    options: dict[str, Any] = {"or_nothing": bool(trained), "judge": judged}
    further = further_sets.gathered(dataset, config, named, renamed or {}, **options)
    training = trained_transfer.chosen(trained, further.roles, backbone, judged)
    used = side_by_side.amounts_for(dataset, amounts)
    arguments = SideBySideArguments(
        dataset=dataset.id,
        backbone=backbone,
        inputs=dict(sorted(named.items())),
        renamed=dict(sorted((renamed or {}).items())),
        amounts=used,
        repeats=repeats,
        trained=tuple(kind.name for kind in training),
        judged=judged,
    )
    solved = transfer_kinds.heads_for(further.roles, judged)
    # As comparisons were named before there was a choice.
    without = {"trained": not training, "judged": judged == HERE}
    plain = {name for name, is_usual in without.items() if is_usual}
    return Asked(
        answer_kept.key_of(arguments.model_dump_json(exclude=plain)),
        arguments,
        _seconds(dataset, config, further, arguments)
        + _training_s(dataset, further, arguments, training),
        further.classes,
        tuple(kind.name for kind in (*solved, *training)),
    )


def trainable(named: Mapping[str, str], backbone: str, judged: Judge = HERE) -> dict[str, str]:
    """Return the titles of the kinds that train stages and could take part, by name.

    Args:
        named: ids of data sets and runs by role; empty ones are passed over.
        backbone: that would be trained.
        judged: what judges.
    """
    roles = {role for role, identifier in named.items() if identifier}
    return {kind.name: kind.title for kind in trained_transfer.possible(roles, backbone, judged)}


def adds(
    dataset: Dataset,
    backbone: str,
    named: Mapping[str, str],
    renamed: Mapping[str, str] | None = None,
    amounts: Sequence[int] = AMOUNTS,
    judged: Judge = HERE,
) -> dict[str, float]:
    """Return the seconds that each kind which could train would add if it alone did, by name; as `priced`.

    What several of them look at is encoded once, so that all together add less.
    """
    inputs = {role: identifier for role, identifier in named.items() if identifier}
    config = TrainConfig().but(backbone=backbone)
    options: dict[str, Any] = {"or_nothing": True, "judge": judged}
    further = further_sets.gathered(dataset, config, inputs, renamed or {}, **options)
    asked = SideBySideArguments(
        dataset=dataset.id,
        backbone=backbone,
        inputs=inputs,
        amounts=side_by_side.amounts_for(dataset, amounts),
        repeats=trained_transfer.REPEATS,
        judged=judged,
    )
    kinds = trained_transfer.possible(further.roles, backbone, judged)
    return {kind.name: _training_s(dataset, further, asked, [kind]) for kind in kinds}


def start(asked: Asked) -> None:
    """Begin unless that is under way or was done.

    Raises:
        UserError: "unknown" data set, "dataset-not-ready".
    """
    _COMPARISONS.start(asked.key, asked.arguments.dataset, asked.arguments)


def latest(dataset_id: str) -> SideBySideArguments | None:
    """Return what was asked for last about a data set, None where nothing was."""
    rows = _COMPARISONS.asked_about(dataset_id)
    return SideBySideArguments.model_validate(rows[0].arguments) if rows else None


def folder_of(key: str) -> Path:
    """Return the folder of a comparison, which need not exist."""
    return _COMPARISONS.folder(key)


def found(key: str) -> Found | None:
    """Return what was found, None when nothing was asked for, it goes on or was stopped.

    Raises:
        UserError: why it did not succeed.
    """
    told = _COMPARISONS.answer(key)
    return None if told is None else transfer_found.read(told)


def _seconds(
    dataset: Dataset, config: TrainConfig, further: Further, asked: SideBySideArguments
) -> float:
    known = calibration.current()
    method = "distillation" if further.teacher else "instances"
    job = resolve(dataset, registry.changed(config, method), further.examples, further.teacher)
    price = job_price.price(job, known, Stock())
    pictures = len(dataset) + sum(map(len, further.examples.values()))
    return (
        BEGIN_S
        + FINGERPRINT_S * pictures * len(further.examples)
        + price.import_s * bool(further.teacher or price.convert_s)
        + price.convert_s
        + price.encode_s
        + _solving_s(dataset, config, further, asked, known)
    )


def _training_s(
    dataset: Dataset,
    further: Further,
    asked: SideBySideArguments,
    kinds: Sequence[Kind],
) -> float:
    """Return the seconds that trainings take: pictures are encoded once, all else is done for each draw."""
    if not kinds:
        return 0.0
    known, stock, total, encoded = calibration.current(), Stock(), 0.0, 0.0
    for kind, amount in product(kinds, asked.amounts):
        draw = side_by_side.draw_of(dataset, amount, 0)
        one = trained_transfer.training(
            kind, dataset, asked.backbone, further.examples, draw, asked.judged
        )
        job = resolve(one.dataset, one.config, one.further)
        price = job_price.price(job, known, stock)
        wanted = job.wanted()
        changed_s = price.encode_s * sum(one.view > 0 for one in wanted) / max(1, len(wanted))
        encoded = max(encoded, price.convert_s + price.encode_s - changed_s)
        each = changed_s + price.closed_form_s + price.load_s + price.fit_s
        total += each * side_by_side.repeats_of(amount, asked.repeats)
    return total + encoded + costs.IMPORT_S


def _solving_s(
    dataset: Dataset,
    config: TrainConfig,
    further: Further,
    asked: SideBySideArguments,
    known: calibration.Calibration,
) -> float:
    """Return the seconds that all heads take, each by the pictures that it learns from."""
    learnt = int((dataset.splits == TRAIN).sum())
    channels = stages.feature_shape(config.network.backbone, resolve(dataset, config).size)[-1]
    kinds = transfer_kinds.heads_for(further.roles, asked.judged)
    total = 0.0
    for amount, kind in side_by_side.heads(asked.amounts, asked.repeats, kinds):
        own = learnt if amount == ALL else min(learnt, amount * len(dataset.classes))
        beside = sum(len(further.examples.get(role, ())) for role in kind.needs)
        work = costs.CLOSED_FORM_PASSES * 4e-9 * (own + beside) * channels
        work *= PASSES[kind.name] * max(len(dataset.classes), 8)
        total += costs.CLOSED_FORM_S / 3 + work / (known.gigaflops * costs.CLOSED_FORM_SHARE)
        sides = (beside, own) if kind.learns_elsewhere else (own, beside)
        total += kind.method.decomposes(kind.of_method, *sides, channels) / known.gigaflops
    return total
