"""A model that was trained elsewhere arrives as a bundle and takes its place among the runs."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tl_core import store
from tl_core.base import ids
from tl_core.base.said import Said
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.graft_files import reading
from tl_core.modalities import registry as modalities
from tl_core.models.persist import Description
from tl_core.tasks import registry
from tl_core.training import results

SOURCE = "bundle"


def open_bundle(
    project_id: str, file: Path, name: str, token: str, *, owner: str | None = None
) -> str:
    """Check a bundle and keep its model as a finished run; return the run's id.

    Its pictures stayed where it was trained, so the data set made for it holds its classes and
    no picture.

    Args:
        project_id: where it belongs.
        file: a bundle from anywhere; nothing in it is executed.
        name: as a person wrote it.
        token: one per click.

    Raises:
        UserError: "E-MODEL-FORMAT", saying what is wrong with the file.
    """
    earlier = store.run_of_token(token, owner=owner)
    if earlier is not None:
        return earlier
    run_id, dataset_id = ids.new(), ids.new()
    try:
        described = reading.read(file, _model_folder(run_id))
        manifest.save(_without_pictures(dataset_id, name, described))
    except BaseException:
        shutil.rmtree(ids.run_folder(run_id), ignore_errors=True)
        manifest.delete(dataset_id)
        raise
    # From here on nothing of the file can be at fault.
    store.create_dataset(
        project_id,
        name,
        request={"source": SOURCE},
        history=Said("Came with a model."),
        dataset_id=dataset_id,
        owner=owner,
    )
    store.dataset_ready(dataset_id, _counts(described), owner=owner)
    return store.add_run(
        dataset_id,
        name,
        described.settings().model_dump(mode="json"),
        token,
        run_id=run_id,
        metrics={"task": described.task, "test": {"count": 0}, "arrived": True},
        owner=owner,
    )


def _model_folder(run_id: str) -> Path:
    folder = ids.run_folder(run_id) / results.MODEL_DIR
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def _without_pictures(dataset_id: str, name: str, described: Description) -> Dataset:
    return Dataset(
        id=dataset_id,
        name=name,
        **registry.get(described.task).nothing(described.classes),
        hashes=np.array([], dtype="<U64"),
        names=np.array([], dtype=object),
        labels=np.array([], dtype=np.int32),
        splits=np.array([], dtype=np.int8),
        modality=described.modality,
        facts=modalities.of(described).facts_of(()),
    )


def _counts(described: Description) -> dict[str, Any]:
    return {
        "pictures": 0,
        "task": described.task,
        "classes": dict.fromkeys(described.classes, 0),
        "splits": {},
    }
