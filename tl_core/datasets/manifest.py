"""Data sets as they stand on disk: `datasets/ID/manifest.parquet`, one row per picture.

A data set never changes once saved. Pictures are shared: rows name them by hash. Reading needs
pyarrow alone, never pandas: the workers that do it are light.
"""

import json
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from tl_core.base import files
from tl_core.base.errors import UserError
from tl_core.base.said import Said, packed, unpacked
from tl_core.base.settings import current
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION, Split
from tl_core.modalities.picture.greys import Greys
from tl_core.modalities.picture.pictures import (
    collect,
    disk_bytes,
    picture_path,
    pixels,
    thumbnail_path,
)

__all__ = [
    "Dataset",
    "Problem",
    "SetAside",
    "collect",
    "delete",
    "disk_bytes",
    "folder",
    "load",
    "picture_path",
    "pixels",
    "problems",
    "require_trainable",
    "save",
    "set_aside",
    "thumbnail_path",
]

MANIFEST = "manifest.parquet"
SET_ASIDE = "set_aside.json"
_ID = re.compile(r"[0-9a-f]{24,64}")
_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Pictures with what is known about them; arrays run over pictures in one order.

    Attributes:
        id: random, names the folder.
        name: as the person gave it; data, never a path.
        classes: class names in the order of `labels`; empty for numeric targets.
        targets: names of numeric targets; empty for classes.
        hashes: str (n,), names in the picture store.
        names: object (n,), relative paths as uploaded.
        labels: int32 (n,), index into `classes`; 0 throughout for numeric targets.
        splits: int8 (n,), 0 training, 1 validation, 2 test.
        widths, heights: int32 (n,), pixels as stored.
        values: float64 (n, targets), or None for classes.
        groups: object (n,), what must stay in one part ("" for nothing), or None.
        twins: int32 (n,), a number that a picture shares with its copies alone, or None when
            nobody looked.
        given: int8 (n,), the part that came with each picture, -1 where none did, or None.
        naive: int8 (n,), the split that a guard against leaks was not asked about, or None.
        split: how the parts were cut, or None.
        greys: by which scale deep greys were read; None where each picture had its own, as once.
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
    widths: npt.NDArray[np.int32]
    heights: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64] | None = None
    groups: np.ndarray | None = None
    twins: npt.NDArray[np.int32] | None = None
    given: npt.NDArray[np.int8] | None = None
    naive: npt.NDArray[np.int8] | None = None
    split: Split | None = None
    greys: Greys | None = None
    moved: int = 0
    torn: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.hashes)

    def counts(self) -> npt.NDArray[np.int64]:
        """Return int64 (classes, 3): pictures per class in training, validation and test."""
        table = np.zeros((max(1, len(self.classes)), 3), np.int64)
        np.add.at(table, (self.labels, self.splits), 1)
        return table


@dataclass(frozen=True, slots=True)
class SetAside:
    """A file that was not taken, and why: a code, what is wrong, what to do."""

    name: str
    code: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stands between a data set and a good model; `blocks` forbids the start."""

    code: str
    message: str
    hint: str
    blocks: bool


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
        "width": pa.array(dataset.widths, pa.int32()),
        "height": pa.array(dataset.heights, pa.int32()),
    }
    if dataset.groups is not None:
        columns["group"] = pa.array(dataset.groups, pa.string())
    for column, values, kind in (
        ("twin", dataset.twins, pa.int32()),
        ("given", dataset.given, pa.int8()),
        ("naive", dataset.naive, pa.int8()),
    ):
        if values is not None:
            columns[column] = pa.array(values, kind)
    if dataset.values is not None:
        for index in range(len(dataset.targets)):
            columns[f"target_{index}"] = pa.array(dataset.values[:, index], pa.float64())
    details: dict[str, Any] = {
        "version": _VERSION,
        "name": dataset.name,
        "classes": dataset.classes,
        "targets": dataset.targets,
        "notes": dataset.notes,
        "split": None if dataset.split is None else dataset.split.model_dump(),
        "greys": None if dataset.greys is None else dataset.greys.model_dump(),
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
    targets = tuple(details["targets"])
    values = [_column(table, f"target_{index}") for index in range(len(targets))]
    return Dataset(
        id=dataset_id,
        name=details["name"],
        classes=tuple(details["classes"]),
        targets=targets,
        hashes=np.array(table["hash"].to_pylist(), dtype="<U64"),
        names=np.array(table["name"].to_pylist(), dtype=object),
        labels=_column(table, "label"),
        splits=_column(table, "split"),
        widths=_column(table, "width"),
        heights=_column(table, "height"),
        values=np.stack(values, axis=1) if targets else None,
        groups=_optional(table, "group"),
        twins=_numbers(table, "twin"),
        given=_numbers(table, "given"),
        naive=_numbers(table, "naive"),
        # What older versions of Graft did not write is not known.
        split=Split.model_validate(details["split"]) if details.get("split") else None,
        greys=Greys.model_validate(details["greys"]) if details.get("greys") else None,
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
    counts = dataset.counts()
    found = []
    if dataset.classes:
        found += _class_problems(dataset.classes, counts, _parts_given(dataset))
    for part in (TRAIN, VALIDATION, TEST):
        if not counts[:, part].any():
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


def _class_problems(
    classes: tuple[str, ...], counts: npt.NDArray[np.int64], given: set[int]
) -> list[Problem]:
    totals = counts.sum(axis=1)
    found = []
    if len(classes) < 2:
        found.append(
            Problem(
                "one-class",
                "There is only one class.",
                "Add pictures of something else: a model learns to tell classes apart.",
                blocks=True,
            )
        )
    for index, name in enumerate(classes):
        if totals[index] == 0:
            message = Said("Class “{name}” has no usable picture.", name=name)
            found.append(Problem("class-empty", message, _ADD, blocks=True))
        elif counts[index, TRAIN] == 0:
            message = Said("Class “{name}” has no picture to learn from.", name=name)
            found.append(Problem("class-empty", message, _ADD, blocks=True))
        elif totals[index] >= 3 and (lacking := _lacking(counts, index)):
            found.append(_unjudged(name, lacking, is_given=bool(given & set(lacking))))
        elif totals[index] < 3:
            few = Said("one picture") if totals[index] == 1 else Said("two pictures")
            message = Said(
                "Class “{name}” has only {few}, too few to learn from and to check.",
                name=name,
                few=few,
            )
            found.append(Problem("class-small", message, _ADD, blocks=False))
    return found


def _lacking(counts: npt.NDArray[np.int64], index: int) -> list[int]:
    """Return the parts that judge other classes but have no picture of this one."""
    return [
        part for part in (VALIDATION, TEST) if counts[:, part].any() and not counts[index, part]
    ]


def _unjudged(name: str, lacking: list[int], *, is_given: bool) -> Problem:
    words = _NONE[lacking[0]]
    if len(lacking) > 1:
        words = Said("{one} and {other}", one=words, other=_NONE[lacking[1]])
    return Problem(
        "class-unjudged",
        Said("Class “{name}” has {words}.", name=name, words=words),
        _ADD_THERE if is_given else _ADD_OTHERS,
        blocks=False,
    )


_NONE = {
    TRAIN: Said("no training pictures"),
    VALIDATION: Said("no validation pictures"),
    TEST: Said("no test pictures"),
}
_ADD_OTHERS = Said(
    "Copies and groups of pictures stay in one part, and there were too few others. "
    "Add pictures of it that are not alike, or divide anew."
)
_ADD_THERE = Said(
    "The pictures came divided, and that part has none of it, so nothing tells how well it is known. "
    "Add some there, or divide anew."
)
_ADD = Said("Add pictures of it (20 or more is a good start), or take the class out.")


def _part_problem(part: int) -> Problem:
    return Problem(
        "part-empty",
        Said("There are {words}.", words=_NONE[part]),
        "Add pictures, or choose another split.",
        blocks=part != TEST,
    )


def _optional(table: pa.Table, column: str) -> np.ndarray | None:
    if column not in table.column_names:
        return None
    return np.array(table[column].to_pylist(), dtype=object)


def _numbers(table: pa.Table, column: str) -> np.ndarray | None:
    return _column(table, column) if column in table.column_names else None


def _column(table: pa.Table, column: str) -> np.ndarray:
    """Return a column of numbers without nulls; `to_numpy` would import pandas."""
    return np.from_dlpack(table[column].combine_chunks())


def _unknown(dataset_id: str) -> UserError:
    return UserError(
        "dataset",
        "There is no finished data set called {name!r}.",
        "Open the Data page, or run “python -m tl_core ingest” to make one.",
        name=dataset_id,
    )
