"""Data sets as they stand on disk: `datasets/ID/manifest.parquet`, one row per example.

A data set never changes once saved. Examples are shared: rows name them by hash. Reading needs
pyarrow alone, never pandas: the workers that do it are light.
"""

import json
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from tl_core.base import files
from tl_core.base.errors import UserError
from tl_core.base.said import Said, packed, unpacked
from tl_core.base.settings import current
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION, Split
from tl_core.modalities import registry as modalities
from tl_core.modalities.modality import Modality
from tl_core.tasks import registry
from tl_core.tasks.problems import NONE, Problem
from tl_core.tasks.task import Task

MANIFEST = "manifest.parquet"
SET_ASIDE = "set_aside.json"
_ID = re.compile(r"[0-9a-f]{24,64}")
_VERSION = 1
_COLUMNS = (
    *("hashes", "names", "labels", "splits", "values", "shows"),
    *("groups", "twins", "given", "naive", "unseen"),
)
"""Fields of a data set that run over its examples, beside the facts."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Examples with what is known about them; arrays run over examples in one order.

    Attributes:
        id: random, names the folder.
        name: as the person gave it; data, never a path.
        classes: class names in the order of `labels`; empty for numeric targets.
        targets: names of numeric targets; empty for classes.
        hashes: str (n,), names in the store of examples.
        names: object (n,), relative paths as uploaded.
        labels: int32 (n,), index into `classes`; 0 throughout for numeric targets. Where a picture
            may show several classes, the first that it shows, 0 for none.
        splits: int8 (n,), 0 training, 1 validation, 2 test.
        modality: what the examples are, by name.
        facts: int32 (n,) for each of the modality's `facts`, by its name, as stored.
        values: float64 (n, targets), or None for classes.
        shows: bool (n, classes), which of several classes each shows, or None where each has one.
        groups: object (n,), what must stay in one part ("" for nothing), or None.
        twins: int32 (n,), a number that a picture shares with its copies alone, or None when
            nobody looked.
        given: int8 (n,), the part that came with each picture, -1 where none did, or None.
        naive: int8 (n,), the split that a guard against leaks was not asked about, or None.
        unseen: bool (n,), whose class was proposed and taken without a look at each: these never
            judge; None where there are none.
        split: how the parts were cut, or None.
        read_by: by what the files were read, where the modality finds that from all of them; None
            where each had its own, as once.
        moved: pictures of the naive split that were judged by though a copy was learnt from.
        torn: groups that the naive split tears apart.
        notes: what the person should know, in sentences.
    """

    id: str
    name: str
    classes: tuple[str, ...]
    targets: tuple[str, ...]
    hashes: np.ndarray
    names: np.ndarray
    labels: npt.NDArray[np.int32]
    splits: npt.NDArray[np.int8]
    facts: Mapping[str, npt.NDArray[np.int32]] = field(default_factory=lambda: MappingProxyType({}))
    modality: str = modalities.USUAL.name
    values: npt.NDArray[np.float64] | None = None
    shows: npt.NDArray[np.bool_] | None = None
    groups: np.ndarray | None = None
    twins: npt.NDArray[np.int32] | None = None
    given: npt.NDArray[np.int8] | None = None
    naive: npt.NDArray[np.int8] | None = None
    unseen: npt.NDArray[np.bool_] | None = None
    split: Split | None = None
    read_by: BaseModel | None = None
    moved: int = 0
    torn: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.hashes)

    def facts_of(self, rows: Any) -> dict[str, npt.NDArray[np.int32]]:
        """Return the facts of some examples: of a slice, a list of indices or a mask."""
        return {name: values[rows] for name, values in self.facts.items()}

    def of_rows(self, keep: npt.NDArray[np.bool_]) -> "Dataset":
        """Return the same with some of its examples: those of a mask (n,)."""
        columns = {name: getattr(self, name) for name in _COLUMNS}
        kept = {name: column[keep] for name, column in columns.items() if column is not None}
        return replace(self, facts=self.facts_of(keep), **kept)

    def counts(self) -> npt.NDArray[np.int64]:
        """Return int64 (classes, 3): pictures per class in training, validation and test."""
        return registry.of(self).counts(self)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A file that was not taken, and why: a code, what is wrong, what to do."""

    name: str
    code: str
    reason: str
    hint: str = ""


def folder(dataset_id: str) -> Path:
    """Return the data set's folder.

    Raises:
        UserError: "dataset" when `dataset_id` cannot be one.
    """
    if not _ID.fullmatch(dataset_id):
        raise _unknown(dataset_id)
    return current().datasets_dir / dataset_id


def save(dataset: Dataset, aside: Sequence[SetAside] = ()) -> None:
    """Write the data set's folder; it exists for `load` only once it is complete."""
    path = folder(dataset.id)
    path.mkdir(parents=True, exist_ok=True)
    columns: dict[str, pa.Array] = {
        "hash": pa.array(dataset.hashes.astype(object), pa.string()),
        "name": pa.array(dataset.names, pa.string()),
        "label": pa.array(dataset.labels, pa.int32()),
        "split": pa.array(dataset.splits, pa.int8()),
        **{name: pa.array(values, pa.int32()) for name, values in dataset.facts.items()},
    }
    if dataset.groups is not None:
        columns["group"] = pa.array(dataset.groups, pa.string())
    for column, values, kind in (
        ("twin", dataset.twins, pa.int32()),
        ("given", dataset.given, pa.int8()),
        ("naive", dataset.naive, pa.int8()),
        ("unseen", None if dataset.unseen is None else dataset.unseen.astype(np.int8), pa.int8()),
    ):
        if values is not None:
            columns[column] = pa.array(values, kind)
    task, modality = registry.of(dataset), modalities.of(dataset)
    columns |= {name: _as_column(values) for name, values in task.columns(dataset).items()}
    details: dict[str, Any] = {
        "version": _VERSION,
        "task": task.kind,
        **modalities.named(dataset.modality),
        "name": dataset.name,
        "classes": dataset.classes,
        "targets": dataset.targets,
        "notes": dataset.notes,
        "split": None if dataset.split is None else dataset.split.model_dump(),
        modality.read_by_key: None if dataset.read_by is None else dataset.read_by.model_dump(),
        "moved": dataset.moved,
        "torn": dataset.torn,
        "created": time.time(),
    }
    table = pa.table(columns).replace_schema_metadata({"graft": json.dumps(packed(details))})
    rows = [packed(asdict(entry)) for entry in aside]
    files.write_quickly(path / SET_ASIDE, json.dumps(rows, ensure_ascii=False).encode("utf-8"))
    with files.whole(path / MANIFEST) as partial:
        pq.write_table(table, partial, compression="zstd")


def load(dataset_id: str) -> Dataset:
    """Return the data set called `dataset_id`.

    Raises:
        UserError: "dataset" when there is none, or its import has not finished.
    """
    path = folder(dataset_id) / MANIFEST
    try:
        with pq.ParquetFile(path) as file:  # `read_table` would import pandas
            table = file.read()
        details = unpacked(json.loads((table.schema.metadata or {})[b"graft"]))
    except FileNotFoundError as error:
        raise _unknown(dataset_id) from error
    except (OSError, pa.ArrowInvalid, KeyError, json.JSONDecodeError) as error:
        raise UserError(
            "dataset", "This data set is damaged on disk.", "Import the pictures again."
        ) from error
    task, modality = _task_of(details), _modality_of(details)
    classes, targets = tuple(details["classes"]), tuple(details["targets"])
    return Dataset(
        id=dataset_id,
        name=details["name"],
        classes=classes,
        targets=targets,
        hashes=np.array(table["hash"].to_pylist(), dtype="<U64"),
        names=np.array(table["name"].to_pylist(), dtype=object),
        labels=_column(table, "label"),
        splits=_column(table, "split"),
        modality=modality.name,
        facts={name: _column(table, name) for name in modality.facts},
        **task.read(partial(_column, table), len(classes or targets)),
        groups=_optional(table, "group"),
        twins=_numbers(table, "twin"),
        given=_numbers(table, "given"),
        naive=_numbers(table, "naive"),
        unseen=None if (unseen := _numbers(table, "unseen")) is None else unseen != 0,
        # What older versions of Graft did not write is not known.
        split=Split.model_validate(details["split"]) if details.get("split") else None,
        read_by=modality.reading(details),
        moved=details.get("moved", 0),
        torn=details.get("torn", 0),
        notes=tuple(details["notes"]),
    )


def set_aside(dataset_id: str) -> list[SetAside]:
    """Return the files that were not taken, in the order of the upload."""
    path = folder(dataset_id) / SET_ASIDE
    if not path.exists():
        return []
    return [SetAside(**unpacked(row)) for row in json.loads(path.read_text("utf-8"))]


def delete(dataset_id: str) -> None:
    """Remove the data set's folder; its pictures stay until `collect`."""
    shutil.rmtree(folder(dataset_id), ignore_errors=True)


def problems(dataset: Dataset) -> list[Problem]:
    """Return what speaks against training on `dataset`, worst first."""
    found = registry.of(dataset).problems(dataset, _parts_given(dataset))
    for part in (TRAIN, VALIDATION, TEST):
        if not (dataset.splits == part).any():
            found.append(_part_problem(part))
    return sorted(found, key=lambda problem: not problem.blocks)


def require_trainable(dataset: Dataset) -> None:
    """Raise the first problem that forbids training.

    Raises:
        UserError: "class-empty", "one-class" or "part-empty".
    """
    for problem in problems(dataset):
        if problem.blocks:
            raise UserError(problem.code, problem.message, problem.hint)


def _parts_given(dataset: Dataset) -> set[int]:
    """Return the judging parts that came with the pictures."""
    if dataset.given is None:
        return set()
    return set(np.unique(dataset.given).tolist()) & {VALIDATION, TEST}


def _part_problem(part: int) -> Problem:
    return Problem(
        "part-empty",
        Said("There are {words}.", words=NONE[part]),
        "Add pictures, or choose another split.",
        blocks=part != TEST,
    )


def _optional(table: pa.Table, column: str) -> np.ndarray | None:
    if column not in table.column_names:
        return None
    return np.array(table[column].to_pylist(), dtype=object)


def _numbers(table: pa.Table, column: str) -> np.ndarray | None:
    return _column(table, column) if column in table.column_names else None


def _as_column(values: np.ndarray) -> pa.Array:
    """Return a column of numbers, or of rows of bytes where `values` are uint8 (n, k)."""
    if values.ndim == 1:
        return pa.array(values)
    rows, size = values.shape
    content = pa.py_buffer(np.ascontiguousarray(values, np.uint8).tobytes())
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(size), rows, [None, content])


def _column(table: pa.Table, column: str) -> np.ndarray:
    """Return a column of numbers or rows of bytes, without nulls; `to_numpy` would import pandas."""
    chunk = table[column].combine_chunks()
    if not pa.types.is_fixed_size_binary(chunk.type):
        return np.from_dlpack(chunk)
    rows = b"".join(chunk.to_pylist())
    return np.frombuffer(rows, np.uint8).reshape(len(chunk), chunk.type.byte_width)


def _task_of(details: dict[str, Any]) -> Task:
    try:
        return registry.of_manifest(details)
    except KeyError as error:
        raise _made_later() from error


def _modality_of(details: dict[str, Any]) -> Modality:
    try:
        return modalities.of_details(details)
    except UserError as error:
        raise _made_later() from error


def _made_later() -> UserError:
    return UserError(
        "dataset",
        "This data set was made by a later version of Graft.",
        "Update Graft, then open it again.",
    )


def _unknown(dataset_id: str) -> UserError:
    return UserError(
        "dataset",
        "There is no finished data set called {name!r}.",
        "Open the Data page, or run “python -m tl_core ingest” to make one.",
        name=dataset_id,
    )
