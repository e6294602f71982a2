"""All that an upload held, kept beside its data set: enough to read it another way later.

`material/` in the data set's folder has a line for every example that came, also of those that the
reading left out, with its place in the store; the tables; and the names of everything else.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from tl_core.base import files
from tl_core.base.errors import UserError
from tl_core.base.said import packed, unpacked
from tl_core.datasets import manifest
from tl_core.datasets.manifest import SetAside
from tl_core.datasets.naming import Reader
from tl_core.intake.listing import Listing
from tl_core.intake.proposals import Found
from tl_core.intake.reading import Choice, Reading
from tl_core.intake.tables import Columns
from tl_core.modalities import registry
from tl_core.modalities.modality import Modality
from tl_core.modalities.opening_children import Opened

FOLDER = "material"
PICTURES = "pictures.parquet"
UPLOAD = "upload.json"
GIVEN = "given"
READINGS = "readings.json"
NO_HASH = "0" * 64
"""Stands for what is not kept, in a path that is never opened."""


@dataclass(frozen=True, slots=True)
class Material:
    """An upload that was taken in: what it held, and what came of each example.

    Attributes:
        listing: its files; an example's path is the one in the store.
        opened: what came of each example, by its name.
        table: one that was given beside the pictures.
        columns: of that table, as a person chose them.
        dataset_id: in whose folder it lies; "" before it is kept.
        found: its readings, where they are known already.
        read_by: by what the files were read, see `Modality.read_by`.
        notes: what is to be known of the examples, however they are read.
        reader: what names and tables that are no UTF-8 were read as.
    """

    listing: Listing
    opened: dict[str, Opened]
    table: Path | None = None
    columns: Columns | None = None
    dataset_id: str = ""
    found: Found | None = None
    read_by: BaseModel | None = None
    notes: tuple[str, ...] = ()
    reader: Reader | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The readings of an upload as a page shows them.

    Attributes:
        material_id: the data set whose folder holds the material.
        readings: the likeliest first.
        taken: what was chosen; None while nobody has.
        asks: whether a person has to choose before the import goes on.
        notes: what was not used, in sentences.
    """

    material_id: str
    readings: tuple[Reading, ...]
    taken: Choice | None = None
    asks: bool = False
    notes: tuple[str, ...] = ()

    def checked(self, choice: Choice) -> Choice:
        """Return `choice` with the key of its reading, whose columns and name are looked at.

        Raises:
            UserError: "reading" when it is none of these, or names columns that it has not;
                "reading-name" when a class must be named and is not.
        """
        if not self.readings:
            raise UserError(
                "reading",
                "Pictures were added to this version, so it cannot be read another way.",
                "Open the version before and read that another way.",
            )
        found = [each for each in self.readings if each.key == choice.key]
        if not choice.key:
            found = list(self.readings[:1])
        if not found:
            raise UserError(
                "reading",
                "These pictures cannot be read that way.",
                "Choose one of the {count} ways.",
                count=len(self.readings),
            )
        wanted = found[0]
        unknown = [name for name in choice.columns if name not in wanted.offered]
        if unknown:
            raise UserError(
                "reading",
                "The column “{name}” cannot be chosen here; there are {shown}.",
                "Choose among these.",
                name=unknown[0],
                shown=", ".join(wanted.offered)[:200] or "none",
            )
        if wanted.needs_name and not choice.class_name.strip():
            raise UserError(
                "reading-name",
                "Nothing says what is on the pictures.",
                "Write what they show: it becomes the class's name.",
            )
        return choice.model_copy(update={"key": wanted.key})


def save(dataset_id: str, kept: Material) -> None:
    """Keep an upload in the folder of its data set; whole or not at all."""
    folder = manifest.folder(dataset_id) / FOLDER
    temporary = folder.with_name(f"{FOLDER}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    names = [name for name, _ in kept.listing.pictures]
    opened, modality = [kept.opened[name] for name in names], kept.listing.modality
    columns = {
        "name": pa.array(names, pa.string()),
        "hash": pa.array([each.hash for each in opened], pa.string()),
        **{
            name: pa.array([each.facts.get(name, 0) for each in opened], pa.int32())
            for name in modality.facts
        },
        "fault": pa.array([_fault(each) for each in opened], pa.string()),
    }
    pq.write_table(pa.table(columns), temporary / PICTURES, compression="zstd")
    for number, (_, path) in enumerate(kept.listing.tables):
        shutil.copyfile(path, temporary / f"{number:06}")
    if kept.table is not None:
        shutil.copyfile(kept.table, temporary / GIVEN)
    about = {
        "folders": sorted(kept.listing.folders),
        "others": kept.listing.others,
        "tables": [name for name, _ in kept.listing.tables],
        "aside": [packed(asdict(entry)) for entry in kept.listing.aside],
        "columns": kept.columns.model_dump(mode="json") if kept.columns else None,
        **registry.named(modality.name),
        modality.read_by_key: kept.read_by.model_dump(mode="json") if kept.read_by else None,
        "notes": packed({"notes": list(kept.notes)}),
        "reader": kept.reader.as_json() if kept.reader else None,
    }
    (temporary / UPLOAD).write_text(json.dumps(about, ensure_ascii=False), "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    temporary.replace(folder)


def load(dataset_id: str) -> Material:
    """Return what was kept of the upload of `dataset_id`.

    Raises:
        UserError: "material-missing" where nothing was, as by older versions of Graft.
    """
    folder = manifest.folder(dataset_id) / FOLDER
    try:
        with pq.ParquetFile(folder / PICTURES) as file:
            rows = file.read().to_pylist()
        about = json.loads((folder / UPLOAD).read_text("utf-8"))
    except (OSError, pa.ArrowInvalid, json.JSONDecodeError) as error:
        raise missing() from error
    modality = registry.of_details(about)
    listing = Listing(
        pictures=[(row["name"], modality.stored(row["hash"] or NO_HASH)) for row in rows],
        folders=set(about["folders"]),
        others=about["others"],
        tables=[(name, folder / f"{number:06}") for number, name in enumerate(about["tables"])],
        aside=[SetAside(**unpacked(entry)) for entry in about["aside"]],
        modality=modality,
    )
    given = folder / GIVEN
    return Material(
        listing,
        {row["name"]: _opened(row, modality) for row in rows},
        given if given.exists() else None,
        Columns.model_validate(about["columns"]) if about["columns"] else None,
        dataset_id,
        read_by=modality.reading(about),
        notes=tuple(unpacked(about.get("notes") or {"notes": []})["notes"]),
        reader=Reader.from_json(about["reader"]) if about.get("reader") else None,
    )


def remove(dataset_id: str) -> None:
    """Let go of an upload that no data set was made of; its pictures are kept no longer for it."""
    shutil.rmtree(manifest.folder(dataset_id) / FOLDER, ignore_errors=True)


def missing() -> UserError:
    """Return the error for an upload of which nothing was kept, as by older versions of Graft."""
    return UserError(
        "material-missing",
        "What was uploaded is not there any more, so it cannot be read another way.",
        "Import the pictures again.",
    )


def stands(dataset_id: str) -> bool:
    """Say whether an upload was taken in whole."""
    return (manifest.folder(dataset_id) / FOLDER / UPLOAD).exists()


def hashes_in(datasets_dir: Path) -> set[str]:
    """Return the pictures that are kept for another reading, by any data set."""
    found: set[str] = set()
    for path in datasets_dir.glob(f"*/{FOLDER}/{PICTURES}"):
        with pq.ParquetFile(path) as file:
            found.update(file.read(["hash"])["hash"].to_pylist())
    return found - {""}


def examples(dataset_id: str, names: Sequence[str]) -> dict[str, str]:
    """Return the hashes of pictures by their names, of those that are there."""
    path = manifest.folder(dataset_id) / FOLDER / PICTURES
    if not path.exists():
        return {}
    with pq.ParquetFile(path) as file:
        table = file.read(["name", "hash"])
    wanted = set(names)
    pairs = zip(table["name"].to_pylist(), table["hash"].to_pylist(), strict=True)
    return {name: digest for name, digest in pairs if name in wanted and digest}


def tell(dataset_id: str, asked: Asked) -> None:
    """Write the readings where pages find them."""
    told: dict[str, Any] = {
        "material": asked.material_id,
        "readings": [reading.as_json() for reading in asked.readings],
        "taken": asked.taken.model_dump(mode="json") if asked.taken else None,
        "asks": asked.asks,
        "notes": list(asked.notes),
    }
    text = json.dumps(packed(told), ensure_ascii=False)
    files.write_quickly(manifest.folder(dataset_id) / READINGS, text.encode("utf-8"))


def told(dataset_id: str) -> Asked | None:
    """Return the readings of a data set, None where none were written, as by older versions."""
    try:
        read = json.loads((manifest.folder(dataset_id) / READINGS).read_text("utf-8"))
        read = unpacked(read)
        return Asked(
            read["material"],
            tuple(map(Reading.from_json, read["readings"])),
            Choice.model_validate(read["taken"]) if read["taken"] else None,
            bool(read["asks"]),
            tuple(read["notes"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fault(opened: Opened) -> str:
    if not opened.code:
        return ""
    told = packed({"code": opened.code, "reason": opened.reason, "hint": opened.hint})
    return json.dumps(told, ensure_ascii=False)


def _opened(row: dict[str, Any], modality: Modality) -> Opened:
    fault = unpacked(json.loads(row["fault"])) if row["fault"] else {}
    facts = {name: row[name] for name in modality.facts}
    return Opened(hash=row["hash"], facts=facts, **fault)
