"""Hears backbones, or the depths of one, on a sample of a data set: its subject names what was asked.

Rows are kept under the names that a training gives them, so that it finds them encoded. After each
backbone the order so far is written down: what was heard before a stop is not lost.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tl_core.backbones import catalogue, source_head
from tl_core.base import files, settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets import manifest
from tl_core.encoding.encode import StoppedError
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.signals.meter import Meter

RANKING = "ranking.json"
STEPS, LOOKING = 100, 60
"""Of the progress of one backbone: all steps, and those in which it looks at the pictures; then it is judged."""


class AuditionArguments(Arguments):
    """A data set and who is heard.

    Attributes:
        dataset: id.
        backbones: names; one alone where its depths are heard.
        depths: how many stages learn above each cut that is heard; empty to hear backbones.
    """

    dataset: str
    backbones: list[str]
    depths: tuple[int, ...] = ()


def folder(key: str) -> Path:
    """Return the folder of an audition, which need not exist."""
    return settings.current().home / "auditions" / key


def ranking(key: str) -> dict[str, Any] | None:
    """Return the order as it was last written down, None before the first was heard."""
    try:
        return json.loads((folder(key) / RANKING).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _hear(context: Context) -> Outcome:
    from tl_core.evaluation import audition

    asked: AuditionArguments = context.arguments
    stage = audition.stage(manifest.load(asked.dataset))
    heard: list[audition.Heard] = []

    def note(one: audition.Heard) -> None:
        heard.append(one)
        told = stage.ranked(heard).told()
        files.write_whole(context.folder / RANKING, json.dumps(told).encode())

    try:
        if asked.depths:
            _hear_depths(context, stage, asked.backbones[0], asked.depths, note)
        else:
            _hear_backbones(context, stage, asked.backbones, note)
    except StoppedError as error:
        raise UserError(
            "stopped", "The audition was stopped; what was heard is kept.", "Start it again."
        ) from error
    return Outcome(told={"metrics": stage.ranked(heard).told()})


def _hear_backbones(context: Context, stage: Any, names: Sequence[str], note: Any) -> None:
    from tl_core.quality import picture_features

    for number, name in enumerate(names, start=1):
        title = catalogue.get(name).title
        _tell(context, name, title, number, len(names))
        looking = _part_of_all(context, name, number, len(names))
        rows = picture_features.features(
            stage.sample, name, looking, should_stop=context.should_stop
        )
        if context.should_stop():
            raise StoppedError
        took = picture_features.seconds_each(stage.sample, name)
        found = stage.hear(name, rows, source_head.probabilities(name, rows))
        note(found.timed(took))


def _hear_depths(context: Context, stage: Any, name: str, depths: Sequence[int], note: Any) -> None:
    from tl_core.training import stage_features

    text = Said("Looking at the pictures through {title}", title=catalogue.get(name).title)
    context.emit("phase", phase="encode", text=text)
    tables = stage_features.at_depths(
        stage.sample, name, depths, _meter(context, "encode"), context.should_stop
    )
    for number, depth in enumerate(depths, start=1):
        if context.should_stop():
            raise StoppedError
        text = Said("Depth {number} of {total}", number=number, total=len(depths))
        context.emit("phase", phase="probe", text=text)
        context.emit("progress", phase="probe", done=number - 1, total=len(depths))
        note(stage.hear(str(depth), tables[depth]))


def _tell(context: Context, phase: str, title: str, number: int, total: int) -> None:
    text = Said("{number} of {total}: {title}", number=number, total=total, title=title)
    context.emit("phase", phase=phase, text=text)


def _part_of_all(context: Context, phase: str, number: int, total: int) -> Any:
    """Return what tells how far all backbones are from how far one is, the `number`th."""
    before = (number - 1) * STEPS

    def tell(done: int, pictures: int, left: float | None) -> None:
        share = before + done * LOOKING // max(1, pictures)
        context.emit("progress", phase=phase, done=share, total=total * STEPS)

    tell(0, 1, None)
    return Meter(tell)


def _meter(context: Context, phase: str) -> Any:
    def tell(done: int, total: int, left: float | None) -> None:
        context.emit("progress", phase=phase, done=done, total=total, seconds_left=left)

    return Meter(tell)


AUDITION = JobKind(
    name="audition",
    title=Said("Comparing backbones"),
    arguments=AuditionArguments,
    folder=folder,
    run=_hear,
    needs=Needs(2 * GIB, 2),
    explain=inside_graft,
    died=died(
        "The audition ended without a word; most often the machine ran out of memory.",
        "Compare fewer backbones, or close what else takes memory and try again.",
    ),
    begins_afresh=True,
)
