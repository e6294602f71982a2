"""The panels of every task, by the task's name. A new task adds its module and one line here."""

from collections.abc import Mapping
from typing import Any

from pages.parts.shared.tasks.classify import ClassPanels
from pages.parts.shared.tasks.multilabel import LabelPanels
from pages.parts.shared.tasks.panels import Panels
from pages.parts.shared.tasks.regress import NumberPanels
from tl_core import store
from tl_core.datasets.manifest import Dataset
from tl_core.jobs.predictor import Prediction
from tl_core.tasks import classify, multilabel, registry, regress

PANELS: Mapping[str, Panels] = {
    classify.TASK.kind: ClassPanels(),
    regress.TASK.kind: NumberPanels(),
    multilabel.TASK.kind: LabelPanels(),
}


def get(kind: str) -> Panels:
    """Return the panels of the task called so; of one that nobody knows those of the usual task."""
    return PANELS.get(kind, PANELS[registry.USUAL.kind])


def of_run(run: store.RunRow) -> Panels:
    """Return the panels of what a run learns."""
    return get(registry.of_metrics(run.metrics).kind)


def of_dataset(dataset: Dataset) -> Panels:
    """Return the panels of what a data set is to teach."""
    return get(registry.of(dataset).kind)


def of_counts(counts: Mapping[str, Any] | None) -> Panels:
    """Return the panels of a data set that was not opened, by its row's counts."""
    return get(registry.of_counts(counts).kind)


def of_answer(prediction: Prediction) -> Panels:
    """Return the panels of what a model answered."""
    return get(registry.of_reply(prediction).kind)
