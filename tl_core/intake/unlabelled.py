"""Pictures that came without a class, kept to be answered: a test part without labels, for instance.

They are stored like all others and stand in a table of their own beside the manifest, so that
nothing that learns or judges ever sees them.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tl_core.base import files
from tl_core.base.errors import UserError
from tl_core.datasets import manifest, naming
from tl_core.datasets.manifest import SetAside
from tl_core.intake.candidates import Candidates
from tl_core.intake.listing import Listing
from tl_core.modalities.opening_children import Opened

FILE = "unlabelled.parquet"
WITHOUT_CLASS = ("picture-loose", "picture-unlisted")
"""Why a picture was set aside that is good but for its class."""
PART_WITHOUT_CLASS = "picture-unlabelled"
"""Why one was set aside whose whole part has no classes, as the reading found."""
_WORDS = re.compile(r"[^\W\d_]+")
_SAID = frozenset(("unlabelled", "unlabeled", "unlabel", "unsup", "unsupervised", "nolabel"))
"""Words that say so themselves."""
_MEANT = _SAID | frozenset(
    (
        *("test", "tests", "testing", "testset", "eval", "evaluation", "holdout", "submission"),
        *("predict", "prediction", "predictions", "inference", "val", "valid", "validation"),
        *("unknown", "query", "answer"),
    )
)
"""Words in the names of folders whose pictures are to be answered, where nothing tells their class."""


@dataclass(frozen=True, slots=True, eq=False)
class Unlabelled:
    """Pictures to be answered.

    Attributes:
        hashes: str (n,), names in the picture store.
        names: object (n,), relative paths as uploaded.
    """

    hashes: np.ndarray
    names: np.ndarray

    def __len__(self) -> int:
        return len(self.hashes)


NOTHING = Unlabelled(np.array([], dtype="<U64"), np.array([], dtype=object))


def put_by(found: Listing, table: Path | None = None) -> tuple[Listing, Listing]:
    """Part folders called unlabelled from the rest, so that none is taken for a class.

    With a table nothing is parted: it says what has a class.

    Returns:
        What may have classes, and what is to be answered.
    """
    is_by = [bool(_SAID & _words_of(name)) for name, _ in found.pictures]
    if table is not None or found.tables or all(is_by) or not any(is_by):
        return found, Listing()
    kept, by = _parted(found, is_by)
    emptied = {name for name in found.folders if _SAID & _words_of(f"{name}/")}
    return replace(kept, folders=found.folders - emptied), by


def taken_out(all_: Candidates, found: Listing, table: Path | None) -> tuple[Candidates, Listing]:
    """Take what is to be answered out of what a reading left without a class.

    Args:
        all_: what the reading says of every picture.
        found: the whole upload.
        table: one that was given beside it.

    Returns:
        The candidates, and what is to be answered.
    """
    by = put_by(found, table)[1]
    all_, more = without_class(all_, found)
    return all_, Listing(pictures=[*by.pictures, *more.pictures])


def without_class(all_: Candidates, found: Listing) -> tuple[Candidates, Listing]:
    """Take parts without classes out of what was set aside, and folders that are called as tests are.

    Returns:
        The candidates, and what is to be answered.
    """
    loose = {entry.name for entry in all_.aside if entry.code in WITHOUT_CLASS}
    apart = {entry.name for entry in all_.aside if entry.code == PART_WITHOUT_CLASS}
    if not loose and not apart:
        return all_, Listing()
    busy = {folder for name, _ in found.pictures if name not in loose for folder in _folders(name)}
    asked = apart | {name for name in loose if _is_asked(name, busy)}
    aside = [entry for entry in all_.aside if entry.name not in asked]
    _, by = _parted(found, [name in asked for name, _ in found.pictures])
    return replace(all_, aside=aside), by


def _is_asked(name: str, busy: set[str]) -> bool:
    """Say whether a folder on the way to `name` holds no picture with a class and is called so."""
    return any(
        folder not in busy and _MEANT & _words(PurePosixPath(folder).name)
        for folder in _folders(name)
    )


def _parted(found: Listing, is_by: Sequence[bool]) -> tuple[Listing, Listing]:
    pairs = list(zip(found.pictures, is_by, strict=True))
    kept = replace(found, pictures=[entry for entry, by in pairs if not by])
    return kept, Listing(pictures=[entry for entry, by in pairs if by])


def _folders(name: str) -> list[str]:
    """Return every folder on the way to a file, outermost first."""
    parts = name.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _words_of(name: str) -> set[str]:
    """Return the words in the names of all folders on the way to a file."""
    return set().union(*(_words(part) for part in name.split("/")[:-1]))


def _words(folder: str) -> set[str]:
    return set(_WORDS.findall(folder.casefold()))


def of_opened(asked: Listing, opened: Sequence[Opened]) -> tuple[Unlabelled, list[SetAside]]:
    """Return the pictures of `asked` that could be opened, and why others could not."""
    pairs = list(zip((name for name, _ in asked.pictures), opened, strict=True))
    good = [(name, result) for name, result in pairs if not result.code]
    kept = Unlabelled(
        np.array([result.hash for _, result in good], dtype="<U64"),
        np.array([name for name, _ in good], dtype=object),
    )
    aside = [
        SetAside(name, result.code, result.reason, result.hint)
        for name, result in pairs
        if result.code
    ]
    return kept, aside


def together(one: Unlabelled, other: Unlabelled) -> Unlabelled:
    """Join two sets of pictures to be answered, each picture once under its name."""
    known = set(zip(one.hashes.tolist(), one.names.tolist(), strict=True))
    pairs = list(zip(other.hashes.tolist(), other.names.tolist(), strict=True))
    fresh = [row for row, pair in enumerate(pairs) if pair not in known]
    return Unlabelled(
        np.concatenate((one.hashes, other.hashes[fresh])).astype("<U64"),
        np.concatenate((one.names, other.names[fresh])),
    )


def save(dataset_id: str, kept: Unlabelled) -> None:
    """Keep pictures to be answered beside a data set; nothing where there are none."""
    if not len(kept):
        return
    table = pa.table(
        {
            "hash": pa.array(kept.hashes.astype(object), pa.string()),
            "name": pa.array(kept.names, pa.string()),
        }
    )
    path = manifest.folder(dataset_id) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.whole(path) as partial:
        pq.write_table(table, partial, compression="zstd")


def has_any(dataset_id: str) -> bool:
    """Say whether a data set has pictures to be answered, without reading which."""
    return (manifest.folder(dataset_id) / FILE).exists()


def load(dataset_id: str) -> Unlabelled:
    """Return the pictures to be answered of a data set, in the order of the upload.

    Raises:
        UserError: "unlabelled-damaged" when they are there and cannot be read.
    """
    path = manifest.folder(dataset_id) / FILE
    if not path.exists():
        return NOTHING
    try:
        with pq.ParquetFile(path) as file:  # `read_table` would import pandas
            table = file.read()
        hashes, names = table["hash"].to_pylist(), table["name"].to_pylist()
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise UserError(
            "unlabelled-damaged",
            "The list of pictures to be answered is damaged: {file}.",
            "Put it back from a backup, or remove it to go on without these pictures.",
            file=path,
        ) from error
    return Unlabelled(np.array(hashes, dtype="<U64"), np.array(names, dtype=object))


def carry(
    base: str,
    version: str,
    changes: Mapping[str, str] | None = None,
    settled: Collection[tuple[str, str]] = (),
) -> None:
    """Keep with `version` the pictures to be answered of `base`, whose names became `changes`.

    Those that are `settled`, named by hash and name, are answered.
    """
    save(version, reread(without(load(base), settled), changes or {}))


def without(kept: Unlabelled, settled: Collection[tuple[str, str]]) -> Unlabelled:
    """Return `kept` without pictures that are named by hash and name."""
    if not settled:
        return kept
    pairs = zip(kept.hashes.tolist(), kept.names.tolist(), strict=True)
    left = [row for row, pair in enumerate(pairs) if pair not in settled]
    return Unlabelled(kept.hashes[left], kept.names[left])


def reread(kept: Unlabelled, changes: Mapping[str, str]) -> Unlabelled:
    """Return `kept` with every part of a name made of `changes`."""
    return replace(kept, names=naming.reread_paths(kept.names, changes)) if changes else kept
