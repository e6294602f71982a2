"""What a run and its data set tell of what to collect next, gathered for `evaluation.coach`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tl_core import store
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import VALIDATION
from tl_core.evaluation import coach
from tl_core.evaluation.coach import Advice, Known
from tl_core.evaluation.collecting import Collected
from tl_core.measures.metrics import confusion_of
from tl_core.quality import findings
from tl_core.tasks import registry


def advice(dataset: Dataset, run: store.RunRow | None, collected: Collected | None) -> list[Advice]:
    """Return what to do next, the largest gain first.

    Args:
        dataset: its pictures.
        run: on these, with its result; None where there is none yet.
        collected: what more pictures would bring, where that was asked.
    """
    task = registry.of(dataset)
    test = ((run.metrics if run else None) or {}).get("test") or {}
    known = Known(
        names=dataset.classes,
        collected=collected,
        are_shares=task.names_classes,
        validation=int((dataset.splits == VALIDATION).sum()),
        pictures=len(dataset),
        copies=_found(dataset, "duplicate", "near_duplicate"),
        doubted=_found(dataset, "mislabelled"),
        accuracy=_accuracy(test),
        effective=float((test.get("groups") or {}).get("effective") or test.get("count") or 0),
        confusion=_confusion(test) if task.one_class_each else None,
        mixed_up=test.get("mixed_up") or (),
    )
    return coach.advise(known)


def _accuracy(test: Mapping[str, Any]) -> tuple[float, float, float] | None:
    if test.get("accuracy") is None or "accuracy_low" not in test:
        return None
    return float(test["accuracy"]), float(test["accuracy_low"]), float(test["accuracy_high"])


def _confusion(test: Mapping[str, Any]) -> np.ndarray | None:
    return confusion_of(test) if test.get("per_class") else None


def _found(dataset: Dataset, *kinds: findings.Kind) -> int | None:
    """Return how many pictures a quality report found something of; None where there is no report."""
    report = findings.load(dataset.id) or findings.load(dataset.id, carried=True)
    if report is None:
        return None
    found = [each for kind in kinds if (each := report.of(kind)) is not None]
    return sum(int(each.values.get("count", len(each.pictures))) for each in found)
