"""Programs in processes of their own, forked from one that has loaded Keras, which takes seconds.

A fork begins with nothing but what was imported: no network, no thread, no file of the tests. It
may kill itself, and nobody else notices.
"""

import atexit
import json
import os
import subprocess
import sys
import traceback
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]


def run(program: str, *words: str) -> "CompletedProcess[str]":
    """Run a program's text in the environment of this moment, as `python -c` would.

    Args:
        program: Python.
        words: its arguments.

    Returns:
        Its exit code, minus the number of the signal that ended it, and what it printed.
    """
    parent = _parent(os.environ.get("KERAS_BACKEND", ""))
    assert parent.stdin is not None and parent.stdout is not None
    with TemporaryDirectory() as folder:
        printed = [Path(folder) / name for name in ("out", "err")]
        asked = {
            "program": program,
            "words": words,
            "environment": dict(os.environ),
            "printed": [str(file) for file in printed],
        }
        parent.stdin.write(json.dumps(asked) + "\n")
        parent.stdin.flush()
        code = int(parent.stdout.readline())
        return CompletedProcess(words, code, *(file.read_text("utf-8") for file in printed))


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
    import keras  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if not child:
            _live(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _live(asked: dict) -> None:
    """Run the program and end this process, whatever becomes of it."""
    for stream, file in zip((sys.stdout, sys.stderr), asked["printed"], strict=True):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), stream.fileno())
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["-c", *asked["words"]]
    try:
        exec(compile(asked["program"], "<program>", "exec"), {"__name__": "__main__"})
        code = 0
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
