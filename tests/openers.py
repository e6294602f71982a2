"""Children that open pictures, forked from one that has imported what they need: half the time of a small import.

They are asked and limited as those that the app starts, which every process has that a test starts.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from tl_core.base.environment import passed_on
from tl_core.modalities.opening_children import Start
from tl_core.modalities.picture.member import OPENER

ROOT = Path(__file__).resolve().parents[1]
LOOK_EVERY_S = 0.001
_ASKING = threading.Lock()


class Forked:
    """As much of a `Popen` as is asked of a child that opens files."""

    def __init__(self, pid: int, stdin: int, stdout: int) -> None:
        self.pid = pid
        self.stdin, self.stdout = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb")

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> None:
        with suppress(ProcessLookupError):
            while True:
                os.kill(self.pid, 0)
                time.sleep(LOOK_EVERY_S)


def start_or(plain: Start) -> Start:
    """Return what starts pictures' own openers as forks, and every other program as `plain` does."""

    def start(words: Sequence[str]) -> "subprocess.Popen[bytes] | Forked":
        if tuple(words[:-1]) != OPENER.program:
            return plain(words)
        (theirs_in, stdin), (stdout, theirs_out) = os.pipe(), os.pipe()
        asked = {"options": words[-1], "environment": passed_on(os.environ)}
        with _ASKING:
            line = _line()
            socket.send_fds(line, [json.dumps(asked).encode()], [theirs_in, theirs_out])
            pid = int(line.recv(32))
        os.close(theirs_in)
        os.close(theirs_out)
        return Forked(pid, stdin, stdout)

    return start  # pyright: ignore[reportReturnType]


@cache
def _line() -> socket.socket:
    """Return the line to the process that every child comes from."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.openers", str(theirs.fileno())],
        cwd=ROOT,
        pass_fds=[theirs.fileno()],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    theirs.close()
    atexit.register(lambda: (ours.close(), parent.wait()))
    return ours


def _serve(line: socket.socket) -> None:
    """Fork for every message, until there is no more."""
    from tl_core.modalities.picture import opener  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    while True:
        message, ends, _, _ = socket.recv_fds(line, 1 << 16, 2)
        if not message:
            return
        pid = os.fork()
        if not pid:
            line.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(_live(json.loads(message), *ends))
        for end in ends:
            os.close(end)
        line.send(str(pid).encode())


def _live(asked: dict, stdin: int, stdout: int) -> int:
    from tl_core.modalities import child
    from tl_core.modalities.picture import opener

    for end, place in ((stdin, 0), (stdout, 1), (os.open(os.devnull, os.O_WRONLY), 2)):
        os.dup2(end, place)
        os.close(end)
    os.environ.clear()
    os.environ.update(asked["environment"])
    try:
        child.serve(opener._answer, json.loads(asked["options"]))
    except BaseException:  # noqa: BLE001 - it ends here, whatever it was
        return 1
    return 0


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
