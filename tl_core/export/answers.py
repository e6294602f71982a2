"""Answers of a model about many pictures, as a table to take away."""

from collections.abc import Sequence
from typing import Protocol


class Answer(Protocol):
    """What a model said about one picture; see `runs.predictor.Prediction`."""

    @property
    def label(self) -> str: ...
    @property
    def probabilities(self) -> dict[str, float]: ...
    @property
    def numbers(self) -> dict[str, float]: ...


DIGITS = 4


def columns(names: Sequence[str], answers: Sequence[Answer]) -> dict[str, list[object]]:
    """Return file names with answers, column by column.

    For classes: the answer, its probability, then the probability of every class. For numbers:
    each of them in its own unit.
    """
    table: dict[str, list[object]] = {"file": list(names)}
    if not answers:
        return table
    if answers[0].numbers:
        for target in answers[0].numbers:
            table[f"predicted {target}"] = [answer.numbers[target] for answer in answers]
        return table
    table["answer"] = [answer.label for answer in answers]
    table["probability"] = [round(answer.probabilities[answer.label], DIGITS) for answer in answers]
    for name in answers[0].probabilities:
        shares = [round(answer.probabilities[name], DIGITS) for answer in answers]
        table[f"probability of {name}"] = list(shares)
    return table
