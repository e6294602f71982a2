"""Answers of a model about many pictures, as a table to take away."""

from collections.abc import Sequence
from typing import Protocol

from tl_core.tasks import registry
from tl_core.tasks.task import Reply


class Answer(Reply, Protocol):
    """What a model said about one picture; see `jobs.predictor.Prediction`."""

    @property
    def task(self) -> str: ...


def columns(names: Sequence[str], answers: Sequence[Answer]) -> dict[str, list[object]]:
    """Return file names with answers, column by column.

    For classes: the answer, its probability, then the probability of every class. For numbers:
    each of them in its own unit.
    """
    table: dict[str, list[object]] = {"file": list(names)}
    if not answers:
        return table
    return table | registry.get(answers[0].task).columns_of_answers(answers)
