"""Rows for folders that an older Graft wrote, which noted none beside its files: what the files tell.

A run tells its data set, settings, numbers and end; a data set its name, classes and pictures. What
they do not tell is said so: the project is a new one, and versions are found by name and pictures.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tl_core.base import about_run, ids, settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said, packed
from tl_core.datasets import manifest
from tl_core.datasets.manifest import MANIFEST
from tl_core.home import versions
from tl_core.models import persist
from tl_core.signals import events, progress
from tl_core.store.row_notes import Raw
from tl_core.training import results

AGAIN = Said("Taken in again; what was changed before is not known.")
LOST = UserError(
    "dataset",
    "The pictures of this data set were not found again.",
    "Its runs can be looked at and used. Import the pictures again to train on them.",
)


@dataclass(slots=True)
class Retold:
    """Rows by id, as the database holds them."""

    datasets: dict[str, Raw] = field(default_factory=dict)
    runs: dict[str, Raw] = field(default_factory=dict)


def retold(dataset_ids: list[str], run_ids: list[str], known: dict[str, Raw]) -> Retold:
    """Return rows for folders without a note.

    Args:
        dataset_ids, run_ids: the folders.
        known: rows of data sets that are known otherwise, with owner and project_id at least.
    """
    told = {
        identifier: _read(ids.run_folder(identifier) / about_run.FILE) for identifier in run_ids
    }
    made = Retold()
    owners = {str(about.get("dataset")): about.get("owner") for about in told.values()}
    for identifier in dataset_ids:
        made.datasets[identifier] = _dataset_row(identifier, owners.get(identifier))
    _find_versions(made.datasets, told.values())
    everything = known | made.datasets
    for identifier, about in told.items():
        row = _run_row(identifier, about, everything)
        if row is not None:
            made.runs[identifier] = row
    return made


def name_runs(rows: dict[str, Raw]) -> None:
    """Give runs whose names are lost numbers, in the order in which they were started."""
    nameless = [row for row in rows.values() if not row["name"]]
    for number, row in enumerate(sorted(nameless, key=lambda row: row["created_at"] or 0), start=1):
        row["name"] = f"Run {number}"


def lost_dataset(run: Raw) -> Raw:
    """Return a row for a data set that only a run still tells of; its runs can be looked at."""
    return _of_dataset(
        str(run["dataset_id"]),
        str(run["owner"]),
        name=f"Pictures of {run['name']}" if run["name"] else "Lost pictures",
        project_id=run["project_id"],
        status="failed",
        error=_json(_words(LOST)),
        created_at=run["created_at"],
    )


# Data sets


def _dataset_row(identifier: str, owner: str | None) -> Raw:
    owner = owner or settings.current().owner
    at = (manifest.folder(identifier) / MANIFEST).stat().st_mtime
    try:
        dataset = manifest.load(identifier)
        aside = manifest.set_aside(identifier)
    except (UserError, ValueError, KeyError, TypeError) as error:
        words = error if isinstance(error, UserError) else LOST
        return _of_dataset(
            identifier,
            owner,
            name=f"Data set {identifier[:6]}",
            status="failed",
            error=_json(_words(words)),
            created_at=at,
        )
    counts = versions.counts(dataset, set_aside=len(aside), junk=0)
    return _of_dataset(
        identifier,
        owner,
        name=dataset.name.strip() or f"Data set {identifier[:6]}",
        status="ready",
        counts=_json(counts),
        created_at=at,
    )


def _of_dataset(identifier: str, owner: str, **told: Any) -> Raw:
    return {
        "id": identifier,
        "owner": owner,
        "project_id": "",
        "version": 1,
        "parent_id": None,
        "root_id": identifier,
        "token": None,
        "history": json.dumps(packed({"said": AGAIN}), ensure_ascii=False),
        "request": _json({"source": "found again"}),
        "counts": None,
        "error": None,
        "pid": None,
        "claimed_at": None,
        "finished_at": told["created_at"],
        "deleted_at": None,
        **told,
    }


def _find_versions(rows: dict[str, Raw], told: Any) -> None:
    """Make a family of data sets of one name that share most of their pictures, oldest first."""
    numbers = {str(about.get("dataset")): about.get("version") for about in told}
    families: dict[tuple[Any, Any], list[tuple[Raw, set[str]]]] = {}
    for row in sorted(rows.values(), key=lambda row: row["created_at"] or 0):
        hashes = _hashes(str(row["id"])) if row["status"] == "ready" else set()
        family = families.setdefault((row["owner"], row["name"]), [])
        for earlier, pictures in reversed(family):
            smaller = min(len(hashes), len(pictures))
            if smaller and len(hashes & pictures) * 2 >= smaller:
                row["parent_id"], row["root_id"] = earlier["id"], earlier["root_id"]
                row["version"] = int(earlier["version"] or 1) + 1
                break
        number = numbers.get(str(row["id"]))
        if isinstance(number, int) and number > int(row["version"] or 1):
            row["version"] = number
        family.append((row, hashes))


def _hashes(identifier: str) -> set[str]:
    return set(manifest.load(identifier).hashes.tolist())


# Runs


def _run_row(identifier: str, about: dict[str, Any], known: dict[str, Raw]) -> Raw | None:
    folder = ids.run_folder(identifier)
    dataset_id = about.get("dataset")
    config = _read(folder / "config.json")
    if not config or not isinstance(dataset_id, str) or not ids.ID.fullmatch(dataset_id):
        return _arrived(identifier, folder, known)
    dataset = known.get(dataset_id, {})
    began = (folder / "config.json").stat().st_mtime
    return _of_run(
        identifier,
        str(about.get("owner") or dataset.get("owner") or settings.current().owner),
        dataset_id=dataset_id,
        project_id=dataset.get("project_id") or "",
        config=_json(config),
        inputs=_inputs(about),
        created_at=began,
        **_end(folder, began),
    )


def _arrived(identifier: str, folder: Path, known: dict[str, Raw]) -> Raw | None:
    """Return a row for a model that came as a bundle: it has neither settings nor a data set's id."""
    try:
        described = persist.describe(folder / results.MODEL_DIR)
    except (UserError, OSError, ValueError):
        return None
    dataset_id = _without_pictures(described, known) or ids.new()
    began = (folder / results.MODEL_DIR).stat().st_mtime
    metrics = {"task": described.task, "test": {"count": 0}, "arrived": True}
    dataset = known.get(dataset_id, {})
    return _of_run(
        identifier,
        str(dataset.get("owner") or settings.current().owner),
        dataset_id=dataset_id,
        project_id=dataset.get("project_id") or "",
        config=_json(described.settings().model_dump(mode="json")),
        created_at=began,
        status="finished",
        metrics=_json(metrics),
        finished_at=began,
    )


def _without_pictures(described: persist.Description, known: dict[str, Raw]) -> str | None:
    for identifier, row in known.items():
        counts = json.loads(str(row.get("counts") or "{}"))
        if counts.get("pictures") == 0 and tuple(counts.get("classes", ())) == described.classes:
            return identifier
    return None


def _of_run(identifier: str, owner: str, **told: Any) -> Raw:
    return {
        "id": identifier,
        "owner": owner,
        "name": "",
        "token": f"adopted-{identifier}",
        "restarts": 0,
        "inputs": None,
        "metrics": None,
        "error": None,
        "pid": None,
        "claimed_at": None,
        "started_at": None,
        "finished_at": None,
        "deleted_at": None,
        **told,
    }


def _inputs(about: dict[str, Any]) -> str | None:
    """Return what else a run learnt from, ids by role, as far as it is told."""
    told = about.get("inputs")
    named = told.items() if isinstance(told, dict) else ()
    kept = {
        role: found for role, found in named if isinstance(found, str) and ids.ID.fullmatch(found)
    }
    return _json(kept) if kept else None


def _end(folder: Path, began: float) -> Raw:
    """Return how a run ended, as its events tell; one that told no end is left to `jobs.watch`."""
    view = progress.state(folder)
    ending = view.ending
    if ending is None:
        started = _last_start(folder)
        at = float(started.get("time") or began)
        pid = started.get("pid")
        return {
            "status": "running",
            "pid": pid if isinstance(pid, int) else None,
            "claimed_at": at,
            "started_at": view.started_at or at,
        }
    told: Raw = {"started_at": view.started_at, "finished_at": ending.get("time")}
    metrics = ending.get("metrics") or _read(folder / results.METRICS)
    if ending["event"] == "failed":
        words = {part: str(ending.get(part, "")) for part in ("code", "message", "hint")}
        return told | {"status": "failed", "error": _json(words)}
    return told | {"status": ending["event"], "metrics": _json(metrics) if metrics else None}


def _last_start(folder: Path) -> dict[str, Any]:
    last: dict[str, Any] = {}
    told, offset = events.read(folder)
    while told:
        last = next((event for event in reversed(told) if event["event"] == "started"), last)
        told, offset = events.read(folder, offset)
    return last


# Reading and writing


def _words(error: UserError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "hint": error.hint}


def _json(value: dict[str, Any]) -> str:
    return json.dumps(packed(value), ensure_ascii=False, allow_nan=False)


def _read(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
