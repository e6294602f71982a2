"""Versions of a data set: each edit makes another one, at once and in this process."""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.datasets import class_matching, edits, manifest
from tl_core.datasets.edits import Edit
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import NAMES
from tl_core.home import companions
from tl_core.quality import findings, picture_map, report
from tl_core.store import DatasetRow, role_rows
from tl_core.tasks import registry


def edit(dataset_id: str, change: Edit, token: str, *, owner: str | None = None) -> str:
    """Make the version that `change` turns a data set into, and return its id.

    Examples and features are shared, so this costs milliseconds.

    Args:
        dataset_id: any version that is ready.
        change: what to do.
        token: one per click; the same token again gives the version that the first click made.

    Raises:
        UserError: "dataset-not-ready", or why the edit cannot be made.
    """
    row = store.dataset(dataset_id, owner=owner)
    if row.status != "ready":
        raise UserError(
            "dataset-not-ready",
            "The data set {name!r} cannot be edited yet.",
            "Wait until it is imported.",
            name=row.name,
        )
    new_id = ids.new()
    parent = manifest.load(dataset_id)
    child, history = edits.apply(parent, change, new_id)
    child = replace(child, name=row.name)
    aside = companions.set_aside(dataset_id, change)
    companions.carry(dataset_id, new_id, change)
    manifest.save(child, aside)
    _carry(parent, child, change)
    made = store.create_dataset(
        row.project_id,
        row.name,
        parent_id=dataset_id,
        history=history,
        request={"source": "edit", "edit": change.kind},
        dataset_id=new_id,
        token=token,
        owner=owner,
    )
    if made != new_id:
        shutil.rmtree(manifest.folder(new_id), ignore_errors=True)
        store.restore("dataset", made, owner=owner)  # it may have been deleted since
        return made
    _follow_names(parent, child, change, owner)
    before = row.counts or {}
    made_of = counts(
        child,
        set_aside=len(aside),
        junk=before.get("junk", 0),
        junk_names=before.get("junk_names", []),
    )
    store.dataset_ready(new_id, made_of, owner=owner)
    return new_id


def _follow_names(parent: Dataset, child: Dataset, change: Edit, owner: str | None) -> None:
    """Let what was said of classes from elsewhere name this version's classes as they are called now."""
    now = dict.fromkeys(parent.classes, class_matching.NONE)
    for name, place in zip(parent.classes, edits.trace(parent, change).classes, strict=True):
        now[name] = child.classes[place] if place >= 0 else class_matching.NONE
    other = {name: today for name, today in now.items() if name != today}
    if other:
        role_rows.follow(child.id, other, owner=owner)


def newest(row: DatasetRow) -> DatasetRow:
    """Return the newest version that is there of a data set, of which `row` is one."""
    return next(iter(store.versions(row.root_id)), row)


def next_of(row: DatasetRow, wanted: Collection[str] = ()) -> DatasetRow | None:
    """Return the version that was made from `row`: one of those `wanted` first, else the newest."""
    made = [each for each in store.versions(row.root_id) if each.parent_id == row.id]
    return next((each for each in made if each.id in wanted), next(iter(made), None))


def _carry(parent: Dataset, child: Dataset, change: Edit) -> None:
    """Take along what is known of the pictures and was not settled by the change.

    It stands on the page until the new version has been looked through.
    """
    trace = edits.trace(parent, change)
    found = findings.load(parent.id) or findings.load(parent.id, carried=True)
    if found is not None and found.pictures == len(parent):
        findings.save(report.carried(found, child, trace), carried=True)
    places = picture_map.load(parent.id)
    is_smaller = int((trace.rows >= 0).sum()) == len(child)  # what is new has no place yet
    if places is not None and len(places.pca) == len(parent) and is_smaller:
        picture_map.save(child.id, picture_map.kept(places, trace.rows >= 0))


def counts(
    dataset: Dataset, *, set_aside: int, junk: int, junk_names: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the pages show of a data set without opening it."""
    table = dataset.counts()
    totals = table.sum(axis=1).tolist()
    return {
        "pictures": len(dataset),
        "task": registry.of(dataset).kind,
        "classes": dict(zip(dataset.classes, totals, strict=False)),
        "targets": list(dataset.targets),
        "splits": dict(zip(NAMES, np.bincount(dataset.splits, minlength=3).tolist(), strict=True)),
        "set_aside": set_aside,
        "junk": junk,
        "junk_names": list(junk_names),
        "notes": list(dataset.notes),
    }
