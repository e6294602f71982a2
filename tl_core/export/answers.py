"""Answers of a model about many pictures, as a table to take away."""

from collections.abc import Sequence

from tl_core.tasks import registry
from tl_core.tasks.task import Reply


def columns(names: Sequence[str], answers: Sequence[Reply]) -> dict[str, list[object]]:
    """Return file names with answers, column by column.

    For classes: the answer, its probability, then the probability of every class. For numbers:
    each of them in its own unit. For several labels: those given, then every probability. Last
    whether it is none of these, where the model can tell.

    Args:
        names: of the pictures.
        answers: what a model said about each; see `jobs.predictor.Prediction`.
    """
    table: dict[str, list[object]] = {"file": list(names)}
    if not answers:
        return table
    return table | registry.of_reply(answers[0]).columns_of_answers(answers) | _unknowns(answers)


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
