"""How well a model tells what it was never taught, and what its care costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tl_core.base import figures
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.evaluation import unknowns_tried
from tl_core.evaluation.report.parts import Table
from tl_core.evaluation.report.subject import Subject
from tl_core.measures.unknowns import CAREFUL, CHOICES
from tl_core.training import results, unknown_pictures


@dataclass(frozen=True, slots=True)
class Unknowns:
    """What is told of it; `table` where the model was tried."""

    sentences: list[str]
    table: Table | None = None


def section(subject: Subject) -> Unknowns | None:
    """Return what is known of it; None for a model that tells no unknowns."""
    try:
        careful = unknown_pictures.careful(subject.folder / results.MODEL_DIR)
    except UserError:
        return None
    if careful is None:
        return None
    sentences: list[str] = [
        Said(
            "Shown something that it was never taught, the model says “none of these”. It may refuse {share} of what it "
            "knows, too.",
            share=figures.percent(careful),
        )
    ]
    return Unknowns([*sentences, *_cost(subject, careful)], _table(subject, careful))


def _cost(subject: Subject, careful: float) -> list[str]:
    told = subject.metrics.get("unknowns") or {}
    counts = {each["careful"]: each["count"] for each in told.get("refused") or ()}
    if careful not in counts or not told.get("test"):
        return []
    lines: list[str] = [
        counted(
            "Of {test} known test picture {refused} would be refused.",
            "Of {test} known test pictures {refused} would be refused.",
            told["test"],
            test=figures.count(told["test"]),
            refused=figures.count(counts[careful]),
        )
    ]
    points = told.get("risk_coverage") or []
    after = next((each for each in points if each["refused"] == CHOICES[2]), None)
    if after and points[0] is not after:
        lines.append(
            Said(
                "Without the {share} that look strangest, it is right {after} of the time; with them {before}.",
                share=figures.percent(after["refused"]),
                after=_within(after, "accuracy"),
                before=_within(points[0], "accuracy"),
            )
        )
    return lines


def _table(subject: Subject, careful: float) -> Table | None:
    found = unknowns_tried.read(subject.folder)
    rows = (
        []
        if found is None
        else [*found["left_out"], *([found["samples"]] * bool(found["samples"]))]
    )
    if not rows:
        return None
    return Table(
        Said("Tried on what it was never taught"),
        [Said("Shown"), Said("Told apart"), Said("Refused"), Said("Pictures")],
        [
            [
                each["name"],
                _within(each, "area"),
                _within(_at(each, careful), "share"),
                figures.count(each["strangers"]),
            ]
            for each in rows
        ],
        Said(
            "Each class was left out in turn, as if it had never been taught, and its pictures were shown; so were sample "
            "pictures. Told apart: how often they look stranger than test pictures of the rest, 50 % by chance. Intervals "
            "of 95 %."
        ),
    )


def _at(one: Mapping[str, Any], careful: float) -> Mapping[str, Any]:
    by_choice = {each["careful"]: each for each in one["refused"]}
    return by_choice.get(careful, by_choice[CAREFUL])


def _within(row: Mapping[str, Any], name: str) -> str:
    return figures.percent_within(row[name], row["low"], row["high"])
