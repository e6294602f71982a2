"""Names whose bytes do not say what they are written in: read together, kept, and read again.

Zips without the UTF-8 flag, tars and folders of older systems hold bare bytes, tables too. What
they were taken for stands beside the data set, with the bytes themselves, so that a wrong guess
costs one click and no new upload.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tl_core.base import files
from tl_core.datasets import code_pages, manifest
from tl_core.datasets.manifest import Dataset

FILE = "names.parquet"
LAST_RESORT = "latin-1"
"""Reads any bytes, so that no two names become one."""
MOSTLY = 0.8
MANY = 5
"""Of so many names that share are UTF-8: then all are meant to be, and the rest are damaged."""
SURE_PARTS = 4
"""So many different names that all are valid UTF-8 are no chance."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What names were read as.

    Attributes:
        codec: the encoding, as `code_pages.title` knows it.
        others: other encodings that read all of them cleanly, the likelier first.
        parts: each folder's, file's or class's name as it was read, with its bytes.
    """

    codec: str
    others: tuple[str, ...]
    parts: dict[str, bytes]

    @property
    def is_sure(self) -> bool:
        """Say whether nobody needs to be asked."""
        return self.codec == code_pages.UTF8 and len(self.parts) >= SURE_PARTS

    def again(self, codec: str) -> "Reading":
        """Return the same bytes read as `codec`; the order of the others is kept."""
        offered = [name for name in (self.codec, *self.others) if name != codec]
        parts = {_decoded(raw, codec): raw for raw in self.parts.values()}
        return Reading(codec, tuple(offered), parts)

    def changes(self, codec: str) -> dict[str, str]:
        """Return what each part becomes when it is read as `codec`."""
        return {text: _decoded(raw, codec) for text, raw in self.parts.items()}


class Reader:
    """Reads the names of one upload; those of one archive are judged together."""

    def __init__(self, chosen: str = "") -> None:
        """Args: chosen: the encoding that a person named, "" to judge."""
        self._chosen = chosen
        self._used: dict[str, int] = {}
        self._offered: list[tuple[str, ...]] = []
        self._table_codecs: list[str] = []
        self._parts: dict[str, bytes] = {}

    def as_json(self) -> dict[str, Any]:
        """Return what was read so far, to be gone on with in another process."""
        return {
            "chosen": self._chosen,
            "used": self._used,
            "offered": self._offered,
            "tables": self._table_codecs,
            "parts": {text: raw.hex() for text, raw in self._parts.items()},
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Reader":
        """Undo `as_json`."""
        reader = cls(told["chosen"])
        reader._used = dict(told["used"])
        reader._offered = [tuple(names) for names in told["offered"]]
        reader._table_codecs = list(told["tables"])
        reader._parts = {text: bytes.fromhex(raw) for text, raw in told["parts"].items()}
        return reader

    def texts(self, names: Sequence[str | bytes]) -> list[str]:
        """Return names as text; bytes are what needs to be read."""
        raw = [part for name in names if isinstance(name, bytes) for part in name.split(b"/")]
        telling = list(dict.fromkeys(part for part in raw if not part.isascii()))
        if not telling:
            return [name if isinstance(name, str) else name.decode("ascii") for name in names]
        codec_of = self._judged(telling)
        return [name if isinstance(name, str) else self._text(name, codec_of) for name in names]

    def table(self, data: bytes, *, came_along: bool) -> str:
        """Return the text of a table that is not UTF-8.

        One that came along with the pictures is read as their names were, if it can be.
        """
        found = code_pages.of_table(data)
        beside = sorted(self._used, key=lambda codec: -self._used[codec]) if came_along else []
        wanted = (self._chosen, *beside, *found)
        codec = next((name for name in wanted if name and _is_clean(data, name)), LAST_RESORT)
        self._table_codecs.append(codec)
        self._offered.append((codec, *found))
        return _decoded(data, codec)

    def reading(self, classes: Iterable[str]) -> Reading | None:
        """Return what names, and `classes` that came from a table, were read as; None for plain text."""
        parts = dict(self._parts)
        known = {_composed(text) for text in parts}
        for name in classes:
            if self._table_codecs and not name.isascii() and name not in known:
                parts[name] = name.encode(self._table_codecs[0], "replace")
        if not parts:
            return None
        codec = max(self._used, key=self._used.__getitem__, default="")
        codec = codec or self._table_codecs[0]
        offered = dict.fromkeys(name for names in self._offered for name in names)
        others = [name for name in offered if name != codec and _read_all(parts.values(), name)]
        return Reading(codec, tuple(others[: code_pages.OTHERS]), parts)

    def _judged(self, telling: list[bytes]) -> Mapping[bytes, str]:
        """Return the encoding of every part of a name."""
        if self._chosen:
            self._offered.append((self._chosen, *code_pages.plausible(telling)))
            return dict.fromkeys(telling, self._chosen)
        valid = [part for part in telling if _is_clean(part, code_pages.UTF8)]
        if MANY <= len(valid) < len(telling) and len(valid) >= MOSTLY * len(telling):
            rest = [part for part in telling if part not in set(valid)]
            return {**dict.fromkeys(valid, code_pages.UTF8), **self._judged(rest)}
        found = code_pages.plausible(telling)
        self._offered.append(found)
        return dict.fromkeys(telling, found[0] if found else LAST_RESORT)

    def _text(self, name: bytes, codec_of: Mapping[bytes, str]) -> str:
        return "/".join(self._part(part, codec_of) for part in name.split(b"/"))

    def _part(self, part: bytes, codec_of: Mapping[bytes, str]) -> str:
        if part.isascii():
            return part.decode("ascii")
        codec = codec_of[part]
        text = _decoded(part, codec)
        self._used[codec] = self._used.get(codec, 0) + 1
        if "\\" not in text:
            self._parts[text] = part
        else:  # folders, as some packers on Windows write them
            pieces = [piece for piece in text.split("\\") if not piece.isascii()]
            self._parts |= {piece: piece.encode(codec, "replace") for piece in pieces}
        return text


def save(dataset_id: str, reading: Reading | None) -> None:
    """Save beside a data set in which encoding its names were read; nothing for None."""
    if reading is None:
        return
    table = pa.table(
        {
            "text": pa.array(list(reading.parts), pa.string()),
            "bytes": pa.array(list(reading.parts.values()), pa.binary()),
        }
    ).replace_schema_metadata({"codec": reading.codec, "others": " ".join(reading.others)})
    path = manifest.folder(dataset_id) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.whole(path) as partial:
        pq.write_table(table, partial, compression="zstd")


def load(dataset_id: str) -> Reading | None:
    """Return what the names of a data set were read as, None where they came as text."""
    path = manifest.folder(dataset_id) / FILE
    try:
        with pq.ParquetFile(path) as file:  # `read_table` would import pandas
            table = file.read()
        details = table.schema.metadata or {}
        codec, others = details[b"codec"].decode(), details[b"others"].decode().split()
        parts = dict(zip(table["text"].to_pylist(), table["bytes"].to_pylist(), strict=True))
    except (OSError, pa.ArrowInvalid, KeyError, UnicodeError):
        return None  # names stay as they were read; nothing else depends on it
    return Reading(codec, tuple(others), parts)


def together(one: Reading | None, other: Reading | None) -> Reading | None:
    """Return the reading of a data set to which pictures of another upload were added."""
    if one is None or other is None:
        return one or other
    parts = {**other.parts, **one.parts}
    others = dict.fromkeys((*one.others, other.codec, *other.others))
    kept = [name for name in others if name != one.codec and _read_all(parts.values(), name)]
    return replace(one, parts=parts, others=tuple(kept[: code_pages.OTHERS]))


def carry(base: str, version: str, codec: str = "") -> None:
    """Save with `version` in which encoding the names of `base` were read, and are read now."""
    reading = load(base)
    if reading is not None:
        save(version, reading.again(codec) if codec else reading)


def reread(dataset: Dataset, changes: Mapping[str, str]) -> Dataset:
    """Return `dataset` with every name, class and group made of `changes`."""
    composed = {_composed(old): _composed(new) for old, new in changes.items()}
    groups = dataset.groups
    return replace(
        dataset,
        classes=tuple(composed.get(name, name) for name in dataset.classes),
        names=reread_paths(dataset.names, changes),
        groups=None if groups is None else reread_paths(groups, changes),
    )


def reread_paths(paths: np.ndarray, changes: Mapping[str, str]) -> np.ndarray:
    """Return relative paths, object (n,), with every part of them made of `changes`."""
    parts = (str(path).split("/") for path in paths)
    read = ["/".join(changes.get(part, part) for part in path) for path in parts]
    return np.array(read, dtype=object)


def _decoded(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return raw.decode(LAST_RESORT)


def _is_clean(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _read_all(texts: Iterable[bytes], codec: str) -> bool:
    return all(_is_clean(raw, codec) for raw in texts)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
