"""Work on this machine: one child process each, in a session of its own.

The child outlives the server that started it: it has its own session and log, and it is found
again by its pid together with the id in its command line. (Times of creation would do less:
they shift when the clock is set.)
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from tl_core.base.environment import passed_on
from tl_core.jobs import priority, spare

ROOT = Path(__file__).resolve().parents[3]
LOG = "log.txt"
SPARE_FOR = ("train", "pack")
"""The kinds of job that a spare waits for: they are clicked for, and most need heavy libraries."""

CREATION_FLAGS = (
    subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    if sys.platform == "win32"
    else 0
)


class LocalEngine:
    """The default engine: child processes of this machine."""

    def __init__(self) -> None:
        self._spare = spare.Spare(_spawn_spare)

    def submit(self, kind: str, subject: str, folder: Path, environment: Mapping[str, str]) -> str:
        """Start the child; see `Engine.submit`. What is clicked for goes to the spare, if one is ready."""
        folder.mkdir(parents=True, exist_ok=True)
        if kind in SPARE_FOR:
            taken = self._spare.take(kind, subject, folder, environment)
            if taken is not None:
                return _handle(taken, subject)
            # One that is not ready yet would only take the processor from the job.
            self._spare.drop()
        with (folder / LOG).open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "tl_core", "job", kind, subject],
                cwd=ROOT,
                env={**passed_on(os.environ), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                creationflags=CREATION_FLAGS,
            )
        with suppress(psutil.Error, OSError):
            priority.lower(priority.PAGES_FIRST, child.pid)
            _wait_until_named(psutil.Process(child.pid))
        # Somebody must take note of its end, or it stays in the process table.
        threading.Thread(target=child.wait, name=f"wait-{child.pid}", daemon=True).start()
        return _handle(child.pid, subject)

    def here(self, subject: str) -> str:
        """Return the handle of this very process; see `Engine.here`."""
        return _handle(os.getpid(), subject)

    def get_ready(self, *, is_idle: bool) -> None:
        """Keep a worker waiting with TensorFlow imported; see `Engine.get_ready`."""
        if is_idle:
            self._spare.keep()

    def cancel(self, handle: str) -> None:
        """Kill the child and all its descendants; see `Engine.cancel`."""
        if not self.alive(handle):
            return
        pid, _ = _read(handle)
        # Descendants may have left the group; the group may hold what was adopted elsewhere.
        with suppress(psutil.Error):
            for descendant in psutil.Process(pid).children(recursive=True):
                with suppress(psutil.Error):
                    descendant.kill()
        with suppress(ProcessLookupError, psutil.Error):
            if hasattr(os, "killpg"):
                os.killpg(pid, signal.SIGKILL)
            else:
                psutil.Process(pid).kill()

    def alive(self, handle: str) -> bool:
        """Say whether the child still works; see `Engine.alive`."""
        try:
            pid, subject = _read(handle)
            process = psutil.Process(pid)
            words = process.cmdline()
            is_its = subject in words or spare.works_on(words, subject)
            return process.status() != psutil.STATUS_ZOMBIE and is_its
        except (ValueError, OverflowError, psutil.Error):
            return False


def _handle(pid: int, subject: str) -> str:
    """Return what finds a child again: its pid, and the subject that stands in its command line."""
    return f"{pid}/{subject}"


def _read(handle: str) -> tuple[int, str]:
    pid, _, subject = handle.partition("/")
    return int(pid), subject


def _wait_until_named(process: psutil.Process) -> None:
    """Wait, a second at most, until the system tells the command line of a process just started.

    `Popen` returns when the old program is gone, on Linux a moment before the new one's words can
    be read. Who asks in that moment whether the work is alive would be told that it is not.
    """
    until = time.monotonic() + 1
    while not process.cmdline() and time.monotonic() < until:
        time.sleep(0.001)


def _spawn_spare(words: list[str]) -> "subprocess.Popen[str]":
    child = subprocess.Popen(
        [sys.executable, "-m", "tl_core", *words],
        cwd=ROOT,
        env=passed_on(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        start_new_session=True,
        creationflags=CREATION_FLAGS,
    )
    with suppress(psutil.Error, OSError):
        priority.lower(priority.PAGES_FIRST, child.pid)
    return child
