"""A run's result in a few words, for lists, choices, cards and the moment it is finished."""

from pages.parts.shared.tasks import registry
from tl_core import store


def short(run: store.RunRow) -> str:
    """Return "81 % ± 4 right" or "R² 0.45", nothing for a run without a result."""
    metrics = run.metrics or {}
    score = metrics.get("test_accuracy")
    return "" if score is None else registry.of_run(run).short(metrics, score)


def sentence(run: store.RunRow) -> str:
    """Return what came of a run in one sentence of Markdown, nothing without a result.

    It gives the very numbers of `short`.
    """
    metrics = run.metrics or {}
    score = metrics.get("test_accuracy")
    return "" if score is None else registry.of_run(run).sentence(metrics, score)
