"""Answers of a model about many pictures, as a table to take away."""

from collections.abc import Sequence

from tl_core.tasks import registry
from tl_core.tasks.promised import Promised
from tl_core.tasks.task import Reply

JOINT = "; "


def columns(
    names: Sequence[str], answers: Sequence[Reply], promised: Sequence[Promised] = ()
) -> dict[str, list[object]]:
    """Return file names with answers, column by column.

    For classes: the answer, its probability, then the probability of every class. For numbers:
    each of them in its own unit. For several labels: those given, then every probability. Last
    whether it is none of these, where the model can tell.

    Args:
        names: of the pictures.
        answers: what a model said about each; see `jobs.predictor.Prediction`.
        promised: all that each may be, where that was asked; stands behind the file names.
    """
    table: dict[str, list[object]] = {"file": list(names)}
    if not answers:
        return table
    table |= of_promised(promised)
    return table | registry.of_reply(answers[0]).columns_of_answers(answers) | _unknowns(answers)


def of_promised(promised: Sequence[Promised]) -> dict[str, list[object]]:
    """Return all that pictures may be as columns: classes in one, numbers as two ends each."""
    if not promised:
        return {}
    share = f"{promised[0].coverage:.0%}"
    table: dict[str, list[object]] = {}
    if any(one.classes for one in promised):
        table[f"one of ({share})"] = [JOINT.join(one.classes) for one in promised]
    for name in promised[0].ranges:
        for place, end in enumerate(("from", "to")):
            table[f"{name} {end} ({share})"] = [one.ranges[name][place] for one in promised]
    return table


def _unknowns(answers: Sequence[Reply]) -> dict[str, list[object]]:
    """Return verdicts on what was never taught as columns, nothing where no model could tell."""
    if all(answer.unknown is None for answer in answers):
        return {}
    return {
        "none of these": [
            None if answer.is_unknown is None else "yes" if answer.is_unknown else "no"
            for answer in answers
        ],
        "share of known pictures as strange": [
            None if answer.unknown is None else round(answer.unknown, 4) for answer in answers
        ],
    }
