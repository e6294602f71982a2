"""A worker that waits with TensorFlow already imported, so that a training or a packing begins at the click.

The server keeps one (`keep`), where the setting allows it and memory is plenty. It reads one line
from its standard input: what to work on. When the server ends, whatever the reason, that input
ends too, and the spare with it. Once it has work it is a worker like any other and outlives the
server; the file `spares/TOKEN` then says what it works on.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from tl_core.base import choices, files, ids, settings

FREE_BYTES = 4 * 1024**3
"""Of working memory; with less the spare would take it from what people work with."""
READY, DIR = "ready", "spares"
CHOICE = "quick_start", "quick_start"

Spawn = Callable[[list[str]], "subprocess.Popen[str]"]


class Spare:
    """The one spare of a server; `keep`, `take` and `drop` may be called from any thread.

    Args:
        spawn: starts `python -m tl_core` with some words, its standard input a pipe.
    """

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._token = ""

    def keep(self) -> None:
        """Start a spare unless one waits; let it go when the setting or the memory says so."""
        if not is_wanted(waits=self._child is not None):
            self.drop()
            return
        with self._lock:
            if self._child is not None and self._child.poll() is None:
                return
            self._forget()
            self._token = ids.new()
            self._child = self._spawn(["spare", self._token])

    def take(
        self, kind: str, subject: str, folder: Path, environment: Mapping[str, str]
    ) -> int | None:
        """Give a job to the spare and return its pid; None when none is ready.

        Args:
            kind: of the job.
            subject: what it is about.
            folder: the job's; its log takes over what the spare prints.
            environment: variables to set.
        """
        with self._lock:
            child, token = self._child, self._token
            if child is None or child.stdin is None or child.poll() is not None:
                return None
            if not _is_ready(token):
                return None
            _mark(token, subject)
            order = {"kind": kind, "subject": subject, "folder": str(folder)} | {
                "environment": dict(environment)
            }
            try:
                child.stdin.write(json.dumps(order) + "\n")
                child.stdin.close()
            except OSError:
                self._forget()
                return None
            self._child, self._token = None, ""
            threading.Thread(target=child.wait, name=f"wait-{child.pid}", daemon=True).start()
            return child.pid

    def drop(self) -> None:
        """End the spare, if there is one."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with suppress(OSError):
            child.kill()
        if child.stdin is not None:
            with suppress(OSError):
                child.stdin.close()
        child.wait()
        _path(self._token).unlink(missing_ok=True)


def is_wanted(*, waits: bool) -> bool:
    """Say whether a spare should wait: what one that waits already holds does not count against it."""
    if not is_chosen():
        return False
    needed = FREE_BYTES // 2 if waits else FREE_BYTES
    return psutil.virtual_memory().available >= needed


def waits() -> bool:
    """Say whether a spare has everything imported, whichever process keeps it."""
    folder = settings.current().home / DIR
    return folder.is_dir() and any(_is_ready(path.name) for path in folder.iterdir())


def is_chosen() -> bool:
    """Say whether a spare is to wait: what a person chose, else the setting."""
    chosen = choices.chosen(*CHOICE)
    return settings.current().quick_start if chosen is None else bool(chosen)


def choose(quick_start: bool) -> None:
    """Let a spare wait from now on, or none; the server heeds it within a second or two."""
    choices.choose(*CHOICE, quick_start)


def works_on(cmdline: list[str], subject: str) -> bool:
    """Say whether the process with this command line is a spare that took up a job about `subject`."""
    if "spare" not in cmdline or not ids.ID.fullmatch(cmdline[-1]):
        return False
    try:
        return _path(cmdline[-1]).read_text("ascii") == subject
    except OSError:
        return False


def main(token: str) -> int:
    """Wait with everything imported, then do one job: `python -m tl_core spare TOKEN`."""
    load_libraries()
    _mark(token, READY)
    line = sys.stdin.readline()
    if not line:  # the server has ended
        _path(token).unlink(missing_ok=True)
        return 0
    order = json.loads(line)
    os.environ.update(order["environment"])
    _print_into(Path(order["folder"]) / "log.txt")
    from tl_core.jobs import work

    try:
        return work.in_own_process(order["kind"], order["subject"])
    finally:
        _path(token).unlink(missing_ok=True)


def load_libraries() -> None:
    """Import now what a run imports on its way (imports TensorFlow)."""
    import pyarrow.parquet  # noqa: F401
    import scipy.optimize  # noqa: F401

    from tl_core.jobs import work  # noqa: F401
    from tl_core.training import fit, network  # noqa: F401


def _print_into(log: Path) -> None:
    """Let everything printed, by libraries too, go to the job's log."""
    with log.open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())


def _is_ready(token: str) -> bool:
    try:
        return _path(token).read_text("ascii") == READY
    except OSError:
        return False


def _mark(token: str, text: str) -> None:
    path = _path(token)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_quickly(path, text.encode("ascii"))


def _path(token: str) -> Path:
    return settings.current().home / DIR / token
