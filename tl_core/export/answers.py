"""Answers of a model about many pictures, as a table to take away."""

from collections.abc import Sequence

from tl_core.tasks import registry
from tl_core.tasks.task import Reply


def columns(names: Sequence[str], answers: Sequence[Reply]) -> dict[str, list[object]]:
    """Return file names with answers, column by column.

    For classes: the answer, its probability, then the probability of every class. For numbers:
    each of them in its own unit. For several labels: those given, then every probability.

    Args:
        names: of the pictures.
        answers: what a model said about each; see `jobs.predictor.Prediction`.
    """
    table: dict[str, list[object]] = {"file": list(names)}
    if not answers:
        return table
    return table | registry.of_reply(answers[0]).columns_of_answers(answers)
