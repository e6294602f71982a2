"""Programs in processes of their own, forked from one that has loaded Keras, which takes seconds.

A fork begins with nothing but what was imported: no network, no thread, no file of the tests. It
may kill itself, and nobody else notices.
"""

import atexit
import gc
import json
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import psutil

from tl_core.base.environment import passed_on
from tl_core.jobs.engines.local import LOG, LocalEngine

ROOT = Path(__file__).resolve().parents[1]
COMMAND = """
import sys
from tests.forks import OwnForks
from tl_core.__main__ import main
from tl_core.jobs import engines

engines.use(OwnForks())
sys.exit(main(sys.argv[1:]))
"""


def run(program: str, *words: str) -> "CompletedProcess[str]":
    """Run a program's text in the environment of this moment, as `python -c` would.

    Args:
        program: Python.
        words: its arguments.

    Returns:
        Its exit code, minus the number of the signal that ended it, and what it printed.
    """
    with TemporaryDirectory() as folder:
        printed = [Path(folder) / name for name in ("out", "err")]
        code = _asked(
            program=program,
            words=words,
            environment=dict(os.environ),
            printed=[str(file) for file in printed],
        )
        return CompletedProcess(words, code, *(file.read_text("utf-8") for file in printed))


def _asked(**order: Any) -> int:
    """Have a fork made: return the exit code of a program, the pid of a job."""
    parent = _parent(os.environ.get("KERAS_BACKEND", ""))
    assert parent.stdin is not None and parent.stdout is not None
    parent.stdin.write(json.dumps(order) + "\n")
    parent.stdin.flush()
    return int(parent.stdout.readline())


def command(*words: object, before: str = "") -> "CompletedProcess[str]":
    """Run a command of Graft, as `python -m tl_core` would; the jobs that it starts are forks as well.

    Args:
        words: of the command.
        before: Python to run first, here and in its jobs.
    """
    if not hasattr(os, "fork"):  # Windows
        plain = [sys.executable, "-m", "tl_core", *map(str, words)]
        return subprocess.run(plain, cwd=ROOT, capture_output=True, text=True)
    return run(f"{before}\n{COMMAND}", *map(str, words))


class Forks(LocalEngine):
    """Jobs in forks of the process that every fork comes from; they are killed and outlive as others do."""

    def submit(self, kind: str, subject: str, folder: Path, environment: Mapping[str, str]) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        log, own = str(folder / LOG), {**passed_on(os.environ), **environment}
        pid = _asked(job=[kind, subject], environment=own, printed=[log, log])
        return f"{pid}/{subject}"

    def get_ready(self, *, is_idle: bool) -> None:
        """All is ready."""

    def alive(self, handle: str) -> bool:
        """Forks share one command line, so that the pid alone must do."""
        with suppress(psutil.Error):
            return psutil.Process(int(handle.partition("/")[0])).status() != psutil.STATUS_ZOMBIE
        return False


def workers() -> LocalEngine:
    """Return an engine whose jobs are real processes that begin at once, where that can be."""
    return Forks() if hasattr(os, "fork") else LocalEngine()


class OwnForks(Forks):
    """Jobs in forks of this very process, which is one itself."""

    def submit(self, kind: str, subject: str, folder: Path, environment: Mapping[str, str]) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        pid = os.fork()
        if not pid:
            os.environ.update(environment)
            _print_into(folder / LOG, folder / LOG)
            _end_with(lambda: _job(kind, subject))
        threading.Thread(target=os.waitpid, args=(pid, 0), daemon=True).start()
        return f"{pid}/{subject}"


def _job(kind: str, subject: str) -> int:
    os.setsid()
    from tl_core.jobs import work
    from tl_core.store import database

    for engine in database._OPENED:  # connections are the other process's
        engine.dispose(close=False)
    return work.in_own_process(kind, subject)


@cache
def _parent(backend: str) -> "subprocess.Popen[str]":
    """Return the process that every fork comes from: one for each backend of Keras."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.forks"],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(_end, parent)
    return parent


def _end(parent: "subprocess.Popen[str]") -> None:
    parent.communicate()  # it ends with its input


def _serve() -> None:
    """Fork for every line of standard input and answer with the exit code, until there is no more."""
    from tl_core.jobs import spare

    spare.load_libraries()
    gc.freeze()
    jobs: set[int] = set()
    for line in sys.stdin:
        jobs -= {job for job in jobs if os.waitpid(job, os.WNOHANG)[0]}
        order = json.loads(line)
        child = os.fork()
        if not child:
            _live(order)
        if "job" in order:
            jobs.add(child)
            print(child, flush=True)
            continue
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _live(asked: dict) -> None:
    """Run the program or do the job and end this process, whatever becomes of it."""
    _print_into(*map(Path, asked["printed"]))
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.environ.clear()
    os.environ.update(asked["environment"])
    if "job" in asked:
        _end_with(lambda: _job(*asked["job"]))
    sys.argv = ["-c", *asked["words"]]
    program, names = asked["program"], {"__name__": "__main__"}
    _end_with(lambda: exec(compile(program, "<program>", "exec"), names))


def _print_into(out: Path, err: Path) -> None:
    for stream, file in ((sys.stdout, out), (sys.stderr, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream.fileno())


def _end_with(work: Callable[[], int | None]) -> NoReturn:
    """Do the last work of this process and end it, with the exit code that Python itself would give."""
    try:
        code = work() or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:  # noqa: BLE001 - as Python itself does it for a program
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve()
