"""Findings that counting alone brings to light: unreadable files, uneven classes, sizes."""

from collections.abc import Iterator, Sequence

import numpy as np

from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.modalities import registry as modalities
from tl_core.quality.findings import Finding
from tl_core.quality.wording import WORDS
from tl_core.tasks import registry

IMBALANCE = 3.0
"""How many times more pictures the largest class may have than the smallest."""


def unreadable(dataset: Dataset) -> Iterator[Finding]:
    """Yield what tells of files that were set aside, where there are any."""
    aside = manifest.set_aside(dataset.id)
    if not aside:
        return
    words = WORDS["unreadable"]
    listed = [{"name": file.name, "code": file.code, "reason": file.reason} for file in aside]
    yield Finding(
        kind="unreadable",
        severity=words.severity,
        title=words.title,
        explanation=words.explanation,
        values={"count": len(aside)},
        numbers={"files": listed},
    )


def imbalance(dataset: Dataset) -> Iterator[Finding]:
    """Yield what tells of classes with far more or fewer pictures than others."""
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    if not registry.of(dataset).one_class_each or len(dataset.classes) < 2:
        return
    if counts.max() < IMBALANCE * max(1, counts.min()):
        return
    largest, smallest = int(counts.argmax()), int(counts.argmin())
    words = WORDS["imbalance"]
    yield Finding(
        kind="imbalance",
        severity=words.severity,
        title=words.title,
        explanation=words.explanation,
        values={
            "largest": dataset.classes[largest],
            "most": int(counts[largest]),
            "smallest": dataset.classes[smallest],
            "fewest": int(counts[smallest]),
        },
        numbers={"counts": counts.tolist()},
    )


def sizes(dataset: Dataset, prints: np.ndarray) -> Finding:
    """Return how large, sharp, bright and colourful the pictures are."""
    words = modalities.of(dataset).usual
    return Finding(
        kind="sizes",
        severity=words.severity,
        title=words.title,
        explanation=words.explanation,
        values=usual_size(dataset),
        numbers={name: _spread(prints[name]) for name in modalities.of(dataset).measures},
    )


def usual_size(dataset: Dataset) -> dict[str, str | int | float]:
    """Return the median of every fact that the manifest notes."""
    return {name: int(np.median(values)) for name, values in dataset.facts.items()}


def _spread(values: np.ndarray, bins: int = 24) -> dict[str, Sequence[float]]:
    """Return a histogram ready to draw."""
    counts, edges = np.histogram(values.astype(np.float64), bins=bins)
    return {"counts": counts.tolist(), "edges": [round(float(edge), 3) for edge in edges]}
