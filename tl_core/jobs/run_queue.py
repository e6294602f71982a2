"""Puts a run into the queue: its row, and its folder with everything that its worker needs."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tl_core import store
from tl_core.base import about_run, ids
from tl_core.base.about_run import AboutRun
from tl_core.base.errors import UserError
from tl_core.base.files import disk_trouble
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.jobs import bell
from tl_core.jobs.job import disk_full
from tl_core.methods import inputs as gathered
from tl_core.methods import registry


def add(
    dataset_id: str,
    config: TrainConfig,
    token: str,
    *,
    name: str = "",
    inputs: Mapping[str, str] | None = None,
    parent: str | None = None,
    prepare: Callable[[Path], None] = lambda folder: None,
    owner: str | None = None,
) -> str:
    """Put a run into the queue and return its id; see `run_actions.start_run`."""
    earlier = store.run_of_token(token, owner=owner)
    if earlier is not None:
        return earlier
    row, named = store.dataset(dataset_id, owner=owner), dict(inputs or {})
    config = registry.settled(config)
    registry.require_inputs(config, named)
    if row.status == "ready":
        dataset = manifest.load(dataset_id)
        manifest.require_trainable(dataset)
        if named:
            store.require_inputs(dataset_id, named, owner=owner)
            gathered.examples(dataset, config, named)
    run_id = ids.new()
    folder = ids.run_folder(run_id)
    kept = config.model_dump(mode="json")
    about = AboutRun(dataset_id, named, run_id, row.owner, row.version, parent)
    try:
        folder.mkdir(parents=True)
        write_json(folder / "config.json", kept)
        about_run.write(folder, about)
        prepare(folder)
    except OSError as error:
        trouble = disk_trouble(error)
        if trouble is None:
            raise
        raise (disk_full() if trouble.code == "disk-full" else trouble) from error
    try:
        made = store.add_run(
            dataset_id, name, kept, token, run_id=run_id, inputs=named, owner=owner
        )
    except UserError:
        shutil.rmtree(folder)
        raise
    if made != run_id:
        shutil.rmtree(folder)
    bell.ring()
    return made


def add_first(row: store.DatasetRow) -> str | None:
    """Put the run into the queue that was asked for together with a data set that is ready now.

    The data set's id stands for the click: whoever sees the end of the import may call this, and
    all of them get the same run.

    Returns:
        Its id, None where none was asked for.

    Raises:
        UserError: what forbids training on it.
    """
    asked = (row.request or {}).get("then_train")
    if asked is None:
        return None
    return add(row.id, TrainConfig.model_validate(asked), f"first-{row.id}", owner=row.owner)


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
