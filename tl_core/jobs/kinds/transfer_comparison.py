"""Holds kinds of transfer against no transfer on a data set: its subject names what was asked.

Rows are kept under the names that a training gives them, so that neither looks at a picture twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.datasets import goals, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.encoding.encode import StoppedError
from tl_core.evaluation.transfer_found import THERE, Judge
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.methods import leak_guard
from tl_core.modalities import registry as modalities
from tl_core.signals.meter import PhaseMeter

if TYPE_CHECKING:
    from tl_core.evaluation.further_sets import Further
    from tl_core.evaluation.side_by_side import Material

UNLABELLED = "unlabelled"
RESTARTS = 2
Tell = Callable[[str, int, int], None]
"""Called with a phase, what is done of it and all of it; raises StoppedError where a person asked for it."""
TEXTS = {
    "copies": Said("Looking for copies of your pictures among those from elsewhere"),
    "encode": Said("Looking at the pictures through the network"),
    "teacher": Said("Asking the teacher about every picture"),
    "heads": Said("Learning from few pictures, again and again"),
    "fit": Said("Training stages on few pictures, again and again"),
}


class SideBySideArguments(Arguments):
    """What is compared.

    Attributes:
        dataset: id of the target.
        backbone: whose features are used.
        inputs: ids of data sets and runs by role.
        renamed: which class of the source is which of the target's, where a person said so.
        amounts: pictures of a class; 0 for all.
        repeats: how often pictures are drawn for an amount.
        trained: names of the kinds that train stages and take part; see `transfer_kinds`.
        judged: what judges, see `transfer_found.Judge`.
    """

    dataset: str
    backbone: str
    inputs: dict[str, str]
    renamed: dict[str, str] = Field(default_factory=dict)
    amounts: tuple[int, ...]
    repeats: int
    trained: tuple[str, ...] = ()
    judged: Judge = "here"


def folder(key: str) -> Path:
    """Return the folder of a comparison, which need not exist."""
    return settings.current().home / "side_by_side" / key


def _compare(context: Context) -> Outcome:
    from tl_core.evaluation import further_sets, side_by_side, trained_transfer

    asked: SideBySideArguments = context.arguments
    dataset = manifest.load(asked.dataset)
    manifest.require_trainable(dataset)
    config = TrainConfig().but(backbone=asked.backbone)
    meter = PhaseMeter(context.emit, TEXTS)

    def tell(phase: str, done: int, total: int) -> None:
        meter(phase, done, total)
        if context.should_stop():
            raise StoppedError

    further = further_sets.gathered(
        *(dataset, config, asked.inputs, asked.renamed),
        or_nothing=bool(asked.trained),
        judge=asked.judged,
    )
    trained = trained_transfer.chosen(asked.trained, further.roles, asked.backbone, asked.judged)
    try:
        further = _without_copies(dataset, further, asked.judged, tell)
        material = _material(dataset, config, further, tell, context)
        if asked.judged == THERE:
            material = _judged_there(material, asked.inputs[UNLABELLED])
        found = side_by_side.compare(
            material,
            asked.amounts,
            asked.repeats,
            lambda done, total: tell("heads", done, total),
            context.should_stop,
            trained,
            trained_transfer.Trainer(
                dataset,
                asked.backbone,
                further.examples,
                asked.judged,
                context.folder,
                trained_transfer.trainings(asked.amounts, asked.repeats, trained),
                lambda done, total: tell("fit", done, total),
            ),
        )
    except StoppedError as error:
        raise UserError("stopped", "The comparison was stopped.", "Start it again.") from error
    counts = {role: len(each) for role, each in further.examples.items()}
    whole = replace(
        found,
        classes=further.classes,
        left_out=further.left_out,
        source=counts.get("source", 0),
        unlabelled=counts.get(UNLABELLED, 0),
    )
    return Outcome(told={"metrics": whole.told()})


def _without_copies(dataset: Dataset, further: "Further", judge: Judge, tell: Tell) -> "Further":
    """Leave out what is a copy of a picture of the target, or of what judges: nothing is judged by what it learnt from.

    Raises:
        UserError: "source-copies" where too few are left, "teacher-leak", or too few that judge.
    """
    from tl_core.datasets import across_sets
    from tl_core.evaluation import further_sets, trained_transfer

    def copied(others: np.ndarray, own: np.ndarray) -> np.ndarray:
        tell("copies", 0, 1)
        return across_sets.copied(
            others, own, modalities.of(dataset), lambda done, total: tell("copies", done, total)
        )

    judging = np.zeros(0, dataset.hashes.dtype)
    # What judges there is looked at first, so that the source is held against what is left of it.
    for role in sorted(further.examples, key=lambda role: role != UNLABELLED):
        if judge == THERE and role != UNLABELLED:
            judging, _ = trained_transfer.judging_there(further.examples[UNLABELLED])
        own = np.concatenate([dataset.hashes, judging])
        if (found := copied(further.examples[role].hashes, own)).any():
            further = further.without(role, found)
    if judge == THERE:
        further_sets.require_judges(further)
        judging, _ = trained_transfer.judging_there(further.examples[UNLABELLED])
    if further.teacher:
        taught = leak_guard.taught_with(further.teacher, dataset)
        seen = copied(taught, np.concatenate([leak_guard.judged(dataset), judging]))
        if seen.any():
            raise leak_guard.teacher_has_seen(int(seen.sum()))
    return further


def _judged_there(material: "Material", other: str) -> "Material":
    """Return the same, judged by those of the unlabelled whose class is known."""
    from tl_core.evaluation import shift_sample
    from tl_core.evaluation.side_by_side import Judges

    examples = material.examples[UNLABELLED]
    rows, classes = examples.known()
    groups = shift_sample.groups_of(examples, other, material.dataset)
    judges = Judges(
        material.further[UNLABELLED][rows], classes, None if groups is None else groups[rows]
    )
    return replace(material, there=judges)


def _material(
    dataset: Dataset, config: TrainConfig, further: "Further", tell: Tell, context: Context
) -> "Material":
    from tl_core.evaluation.side_by_side import Material
    from tl_core.quality import picture_features

    roles = list(further.examples)
    hashes = [dataset.hashes, *(further.examples[role].hashes for role in roles)]
    features = picture_features.features(
        dataset,
        config.network.backbone,
        lambda done, total: tell("encode", done, total),
        hashes=np.concatenate(hashes),
    )
    own, *others = np.split(features, np.cumsum([len(each) for each in hashes])[:-1])
    return Material(
        dataset,
        config,
        own,
        goals.belonging(dataset),
        further.examples,
        dict(zip(roles, others, strict=True)),
        _told_by_teacher(dataset, further, tell, context),
    )


def _told_by_teacher(
    dataset: Dataset, further: "Further", tell: Tell, context: Context
) -> Mapping[str, np.ndarray]:
    """Return what the teacher says of what is learnt from, and of pictures without a class."""
    unlabelled = further.examples.get(UNLABELLED)
    if further.teacher is None or unlabelled is None:
        return {}
    from tl_core.methods.method import ROWS, TEACHER_SAYS
    from tl_core.training import teaching

    learnt = np.flatnonzero(dataset.splits == TRAIN)
    asked = [*dataset.hashes[learnt].tolist(), *unlabelled.hashes.tolist()]
    told = teaching.notes(
        further.teacher / "model",
        asked,
        dataset.classes,
        on_progress=lambda done, total, left: tell("teacher", done, total),
        should_stop=context.should_stop,
    )[TEACHER_SAYS]
    of_rows = np.zeros((len(dataset), told.shape[1]), told.dtype)
    of_rows[learnt] = told[: len(learnt)]
    return {ROWS: of_rows, UNLABELLED: told[len(learnt) :]}


SIDE_BY_SIDE = JobKind(
    name="side_by_side",
    title=Said("Comparing kinds of transfer"),
    arguments=SideBySideArguments,
    folder=folder,
    run=_compare,
    needs=Needs(2 * GIB, 2),
    explain=inside_graft,
    died=died(
        "The comparison ended without a word; most often the machine ran out of memory.",
        "Choose smaller data sets, or close what else takes memory and try again.",
    ),
    restarts=RESTARTS,
    begins_afresh=True,
    goes_on_from="*.right",  # trainings that are done, however the job ended
)
