"""Finds, downloads and checks the weight files of backbones. Never lets Keras download by itself.

A file is looked for in KERAS_HOME/models (else ~/.keras/models), then in the `weights` folder
of Graft's home, where downloads and files given by a person go.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tl_core import settings
from tl_core.errors import UserError
from tl_core.models import catalogue
from tl_core.models.record import Backbone

if TYPE_CHECKING:
    import keras


def places(name: str) -> tuple[Path, ...]:
    """Return where the weight file of `name` may lie, in the order of search."""
    file = catalogue.get(name).weights_file
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    return (keras_home / "models" / file, folder() / file)


def folder() -> Path:
    """Return the folder of downloaded and adopted weight files."""
    return settings.current().home / "weights"


def present(name: str) -> bool:
    """Return whether `name` can be used now, without the network."""
    return catalogue.get(name).embedded or any(place.is_file() for place in places(name))


def locate(name: str) -> Path:
    """Return the checked weight file of `name`.

    Raises:
        UserError: "weights-missing" when it is nowhere, "weights-damaged" when it is not the
            published file.
    """
    record = catalogue.get(name)
    for place in places(name):
        if place.is_file():
            check(record, place)
            return place
    raise missing(record)


def missing(record: Backbone, reason: str = "") -> UserError:
    """Return the error that names what is missing and the three ways out."""
    megabytes = record.download_bytes / 1e6
    return UserError(
        "weights-missing",
        f"The pretrained weights of {record.title} ({record.weights_file}, about"
        f" {megabytes:.0f} MB) are not on this computer{reason}.",
        hint="Choose the Starter backbone, which needs no download; or connect to the internet"
        f" and download them; or fetch {record.weights_url} on another computer and give Graft"
        " the file (or set KERAS_HOME to a folder that holds it in models/).",
    )


def check(record: Backbone, file: Path) -> None:
    """Compare `file` with the published size and hash.

    Raises:
        UserError: "weights-damaged".
    """
    status = file.stat()
    problem = _problem(record, file, status.st_size, status.st_mtime_ns)
    if problem:
        raise UserError(
            "weights-damaged",
            f"{file.name} is not the published weight file of {record.title}: {problem}.",
            hint="Delete it and download it again.",
        )


@lru_cache(maxsize=64)
def _problem(record: Backbone, file: Path, size: int, changed_ns: int) -> str:
    """Return what is wrong with `file`, or nothing. Remembered until the file changes."""
    if record.weights_bytes and size != record.weights_bytes:
        return f"it has {size:,} bytes instead of {record.weights_bytes:,}"
    kind, _, expected = record.weights_hash.partition(":")
    if kind and file_hash(file, kind) != expected:
        return f"its {kind.upper()} is not {expected}"
    return ""


def fingerprint(name: str) -> str:
    """Return what fixes the pretrained weights of `name`: "sha256:…" or "md5:…"."""
    record = catalogue.get(name)
    if record.embedded:
        from tl_core.models import starter

        return f"sha256:{starter.SHA256}"
    return record.weights_hash


def file_hash(file: Path, kind: str = "sha256") -> str:
    """Return the hexadecimal hash of `file`; md5 only compares with what Keras publishes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(
            stream, lambda: hashlib.new(kind, usedforsecurity=False)
        ).hexdigest()


def load(model: keras.Model, file: Path) -> None:
    """Fill `model` from a checked weight file. Imports Keras."""
    model.load_weights(file)
