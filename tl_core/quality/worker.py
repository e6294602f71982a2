"""The process that looks a data set through: `python -m tl_core quality DATASET`.

It tells its progress through `emit`, as a run does, and leaves `quality.json` beside the data set.
Imports no TensorFlow where the backbone's trunk is converted.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tl_core.backbones import catalogue
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.quality import findings, picture_features, picture_map, report
from tl_core.quality.findings import Report
from tl_core.quality.picture_map import PictureMap
from tl_core.signals.meter import PhaseMeter

Emit = Callable[..., None]

TEXTS = {
    "encode": Said("Looking at the pictures through the backbone"),
    "pictures": Said("Measuring every picture"),
    "copies": Said("Comparing pictures that look alike"),
    "labels": Said("Doubting every label"),
    "strays": Said("Looking for strays"),
}


def run(dataset_id: str, emit: Emit, backbone: str | None = None) -> Report:
    """Inspect a data set and keep the report.

    Without the backbone's weights the report is made all the same, of what the examples alone tell.

    Args:
        dataset_id: a finished data set.
        emit: called as emit(event, **fields) with `phase`, `progress`, `note` and `finished`.
        backbone: whose features tell likeness; the first of the modality when None, "" for none.

    Raises:
        UserError: "dataset", "backbone" or "picture-missing".
    """
    began = time.monotonic()
    dataset = manifest.load(dataset_id)
    progress = PhaseMeter(emit, TEXTS)
    if backbone is None:
        backbone = catalogue.of_modality(dataset.modality)[0].name
    features = _features(dataset, backbone, progress, emit) if backbone else None
    used = backbone if features is not None else ""
    placed = None if features is None else _placed(dataset, features)
    if placed is not None:
        picture_map.save(dataset_id, placed)
    encoded = time.monotonic() - began
    found = report.inspect(dataset, features, progress, backbone=used)
    seconds = {"encode": round(encoded, 2)} | found.seconds
    found = found.model_copy(
        update={"seconds": seconds | {"total": round(time.monotonic() - began, 2)}}
    )
    findings.save(found)
    emit("finished", metrics=_summary(found), seconds=found.seconds)
    # The report is told; the finer map may take its time.
    if placed is not None and placed.tsne is None and features is not None:
        picture_map.save(dataset_id, picture_map.refined(placed, features))
    return found


def _placed(dataset: Dataset, features: np.ndarray) -> PictureMap:
    """Return the map that is there at once.

    Neighbours that were arranged in an earlier version stay where a person has seen them.
    """
    made, before = picture_map.make(features), picture_map.load(dataset.id)
    if before is None or before.tsne is None or len(before.tsne) != len(dataset):
        return made
    return replace(made, tsne=before.tsne)


def _features(
    dataset: Dataset, backbone: str, progress: PhaseMeter, emit: Emit
) -> np.ndarray | None:
    try:
        return picture_features.features(
            dataset, backbone, lambda done, total: progress("encode", done, total)
        )
    except UserError as error:
        if error.code not in ("weights-missing", "weights-damaged"):
            raise
        emit(
            "note",
            text=Said(
                "{why} Labels and strays were not judged.",
                why=Said("{what} {hint}", what=error.message, hint=error.hint),
            ),
        )
        return None


def _summary(found: Report) -> dict[str, Any]:
    return {finding.kind: finding.values.get("count", 1) for finding in found.findings}
