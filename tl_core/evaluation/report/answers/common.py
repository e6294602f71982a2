"""What the reports of several tasks say alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tl_core.base import figures
from tl_core.base.said import Said, counted
from tl_core.evaluation.report.charts import Line, Lines, top_of
from tl_core.evaluation.report.parts import Measure
from tl_core.signals.progress import RunView

FEW_TEST_PICTURES = 60
METHODS = {
    "wilson": Said("Wilson's interval"),
    "variance-recovery": Said("intervals of the classes put together (Zou and Donner 2008)"),
    "linearised-wilson": Said("Wilson's interval on the linearised mean"),
    "jackknife-wilson": Said("Wilson's interval on as many trials as the jackknife tells"),
    "bootstrap": Said("bootstrap of whole groups"),
    "bootstrap-t": Said("bootstrap in standard errors of each draw"),
}
NOT_MEASURED = Said("The answers were not numbers, so nothing could be measured.")


def method_named(name: str | None) -> str:
    """Return how an interval was made; "" where a run of before did not say."""
    return METHODS.get(name or "", "")


def few_pictures(test: Mapping[str, Any]) -> list[str]:
    """Return what so few test pictures cannot tell."""
    if test["count"] >= FEW_TEST_PICTURES:
        return []
    return [
        counted(
            "There was only {count} test picture, so these numbers are rough.",
            "There were only {count} test pictures, so these numbers are rough.",
            test["count"],
        )
    ]


def belonging(test: Mapping[str, Any]) -> list[str]:
    """Return in how many groups test pictures come, where some belong together."""
    groups = test.get("groups")
    if not groups:
        return []
    return [
        counted(
            "The test pictures come in {count} group, such as copies or a burst, so they tell less than they are many; "
            "the intervals allow for that.",
            "The test pictures come in {count} groups, such as copies or bursts, so they tell less than they are many; "
            "the intervals allow for that.",
            groups["count"],
        )
    ]


def promises_held(
    held: Sequence[Mapping[str, Any]], name: Callable[[Mapping[str, Any]], str]
) -> list[Measure]:
    """Return a row for each promise: how often it held on test pictures.

    Args:
        held: as `conformal.judged`, or its like for labels and numbers.
        name: what is promised, from one of these.
    """
    return [
        Measure(name(each), share_within(each, "covered"), method_named("wilson")) for each in held
    ]


def exact_name(metrics: Mapping[str, Any]) -> str:
    """Return the beginning of a sentence about how the exact head does."""
    if metrics.get("refitted"):
        return Said("The exact solution without the validation pictures")
    return Said("The exact solution on the frozen network")


def shares_over_epochs(view: RunView, title: str, alt: str) -> Lines:
    """Return the chart of a share of training and validation, beside the exact solution."""
    lines = both(view, "accuracy")
    level = (view.closed_form or {}).get("val_accuracy")
    return over_epochs(view, title, alt, [*lines, *at_level(view, level)], 1.0, in_percent=True)


def loss_over_epochs(view: RunView) -> Lines:
    """Return the chart of the loss of training and validation."""
    lines = both(view, "loss")
    added = [(event["epoch"], number(event.get("term"))) for event in view.epochs]
    if any(y is not None for _, y in added):
        lines.append(Line(Said("of training: the method's part"), added, "level"))
    top = top_of(y for line in lines for _, y in line.points)
    alt = Said("Loss of training and validation over the epochs")
    return over_epochs(view, Said("Loss"), alt, lines, top)


def both(view: RunView, name: str) -> list[Line]:
    """Return a number of the epochs for training and for validation; what is not known is left out."""
    told = [
        Line(
            said,
            [(event["epoch"], number(event.get(key))) for event in view.epochs],
            kind,
            marked=view.best_epoch if kind == "ours" else None,
        )
        for said, key, kind in (
            (Said("training"), name, "other"),
            (Said("validation"), f"val_{name}", "ours"),
        )
    ]
    return [line for line in told if any(y is not None for _, y in line.points)]


def at_level(view: RunView, level: Any) -> list[Line]:
    """Return the exact solution as a level line; nothing where it is not known."""
    if (reached := number(level)) is None:
        return []
    ends = [(0.0, reached), (float(max(1, view.epoch)), reached)]
    return [Line(Said("exact solution"), ends, "level")]


def over_epochs(
    view: RunView,
    title: str,
    alt: str,
    lines: Sequence[Line],
    top: float,
    *,
    in_percent: bool = False,
) -> Lines:
    """Return lines over the epochs, from 0 to `top`."""
    note = Said("The mark shows the epoch that was kept.") if view.best_epoch else ""
    reach = (0.0, float(max(1, view.epoch)))
    return Lines(title, alt, Said("epoch"), lines, reach, (0.0, top), in_percent, note=note)


def number(value: Any) -> float | None:
    """Return a number that a run told; None for none, and for a list of several the first."""
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return None if value is None else float(value)


def within(row: Mapping[str, Any], name: str) -> str:
    """Return a number like 0.81 with its interval, "–" where there is none."""
    if row.get(name) is None:
        return figures.Figure(figures.UNKNOWN)
    if row.get(f"{name}_low") is None or row.get(f"{name}_high") is None:
        return figures.Figure(f"{row[name]:.3f}")
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return figures.Figure(f"{row[name]:.3f} ({figures.between(f'{low:.3f}', f'{high:.3f}')})")


def share_within(row: Mapping[str, Any], name: str) -> str:
    """Return a share with its interval, alone where the run kept none."""
    if row.get(name) is None or row.get(f"{name}_low") is None:
        return figures.percent(row.get(name))
    return figures.percent_within(row[name], row[f"{name}_low"], row[f"{name}_high"])
