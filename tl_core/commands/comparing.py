"""`compare`: whether one run is better than another, by a paired test on their common test pictures."""

from argparse import Namespace
from typing import Any

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.base.said import counted
from tl_core.commands import tables
from tl_core.commands.output import Output
from tl_core.evaluation import comparison, comparison_table
from tl_core.evaluation.comparison import Comparison, Difference, TestAnswers

VERDICTS = {1: "is better", -1: "is worse"}


def compare(arguments: Namespace, output: Output) -> None:
    first, *others = [store.run(run) for run in arguments.runs]
    if not others:
        raise UserError("one-run", "One run alone cannot be compared.", "Name another one, too.")
    base = _answers(first)
    told, words, compared = [], [], []
    for run in others:
        other = _answers(run)
        found = comparison.compare(base, other, comparisons=len(others))
        compared.append((run.name, other, found))
        told.append({"run": run.id, "name": run.name} | _in_json(found))
        words += _in_words(first.name, run.name, found)
    if arguments.csv is not None:
        tables.write_csv(arguments.csv, comparison_table.all_columns(base, compared))
    output.result({"run": first.id, "name": first.name, "compared_with": told}, words=words)


def _answers(run: store.RunRow) -> TestAnswers:
    return comparison.answers_of(ids.run_folder(run.id), run.dataset_id)


def _in_json(found: Comparison) -> dict[str, Any]:
    return {
        "pictures": len(found.rows),
        "groups": found.groups,
        "left_out": {"learnt_from": found.learnt, "other_truth": found.disputed},
        "both_right": found.both,
        "both_wrong": found.neither,
        "measures": [_measure(each) for each in found.differences],
    }


def _measure(each: Difference) -> dict[str, Any]:
    interval = [each.interval.low, each.interval.high] if each.interval else None
    return {
        "measure": each.key,
        "first": each.first,
        "second": each.second,
        "difference": each.gain,
        "interval": interval,
        "mcnemar": each.probability,
        "verdict": {1: "better", -1: "worse", 0: "undecided"}[each.verdict],
    }


def _in_words(first: str, second: str, found: Comparison) -> list[str]:
    headline = found.headline
    counts = counted("{count} test picture", "{count} test pictures", len(found.rows))
    lines = [f"{second!r} against {first!r}, on {counts} that both were judged by:"]
    for each in found.differences:
        factor, unit = (100, " points") if each.is_share else (1, "")
        digits = 1 if each.is_share else 3
        line = f"  {each.title}: {factor * each.gain:+.{digits}f}{unit}"
        if each.interval:
            low, high = factor * each.interval.low, factor * each.interval.high
            line += f" (95 % interval {low:+.{digits}f} to {high:+.{digits}f})"
        lines.append(line)
    if headline.verdict:
        lines.append(f"  {second!r} {VERDICTS[headline.verdict]}.")
    else:
        lines.append(f"  No difference can be told with {counts}.")
    return lines
