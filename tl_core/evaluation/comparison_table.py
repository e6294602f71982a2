"""Comparisons as a table to take away: each common picture with what is true of it and both answers."""

from collections.abc import Hashable, Sequence

import numpy as np

from tl_core.evaluation.comparison import Comparison, TestAnswers


def columns(first: TestAnswers, second: TestAnswers, found: Comparison) -> dict[str, list[object]]:
    """Return each common picture with what is true of it and both answers, column by column."""
    one, other = found.rows[:, 0], found.rows[:, 1]
    headlines = first.at(one)[0], second.at(other)[0]
    return {
        "file": first.names[one].tolist(),
        "truth": [_as_text(truth) for truth in first.truths(one)],
        **{
            f"{side} {name}": values
            for side, run, rows in (("first", first, one), ("second", second, other))
            for name, values in _given(run, rows).items()
        },
        f"first {headlines[0].key}": headlines[0].values.tolist(),
        f"second {headlines[1].key}": headlines[1].values.tolist(),
    }


def all_columns(
    base: TestAnswers, compared: Sequence[tuple[str, TestAnswers, Comparison]]
) -> dict[str, list[object]]:
    """Return `columns` of several comparisons below each other; of more than one with whom each row compares.

    Args:
        base: what the first run of all answered.
        compared: the name of each other run, what it answered and what was found.
    """
    tables = [(name, columns(base, other, found)) for name, other, found in compared]
    if len(tables) == 1:
        return tables[0][1]
    heads = dict.fromkeys(head for _, table in tables for head in table)
    together: dict[str, list[object]] = {
        "compared with": [name for name, table in tables for _ in table["file"]]
    }
    for head in heads:
        together[head] = [
            value for _, table in tables for value in table.get(head, [None] * len(table["file"]))
        ]
    return together


def _given(run: TestAnswers, rows: np.ndarray) -> dict[str, list[object]]:
    """Return the answers of a run as columns, the first two: what it says and how sure it is."""
    if run.task.names_classes and run.task.one_class_each:
        best = run.answers[rows].argmax(axis=1)
        return {
            "answer": [run.outputs[int(label)] for label in best],
            "probability": run.answers[rows].max(axis=1).round(4).tolist(),
        }
    return {name: run.answers[rows, k].tolist() for k, name in enumerate(run.outputs)}


def _as_text(truth: Hashable) -> str:
    if isinstance(truth, frozenset):
        return "; ".join(sorted(map(str, truth)))
    if isinstance(truth, tuple):
        return "; ".join(f"{name} {value:g}" for name, value in truth)
    return str(truth)
