"""A few children that open pictures; one that dies or hangs costs only the picture it held."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_core.base.errors import UserError
from tl_core.base.said import unpacked
from tl_core.modalities.picture.opener import READY, STORE_FAULTS

MEMORY_BYTES = 2 * 1024**3
TIMEOUT_S = 10.0
BASE_BUDGET_S, BUDGET_PER_PICTURE_S = 600.0, 2.0
"""Together what all pictures of one import may take, ten times what large photos need."""
LOOK_EVERY_S = 0.2
AHEAD = 3
"""Pictures that a child is asked for at once, the one it opens among them."""
PROGRAM = ["-m", "tl_core.modalities.picture.opener"]
_PACKAGE_PARENT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture as stored, how far it reaches, or why it is neither (`code`, empty otherwise).

    `fingerprint` is what was measured of it, as `fingerprints.packed` writes it; `form` is what kind
    of file it came in, see `images.form`. `extent` is there instead of all this for greys whose scale
    is looked for: "whole" or "real", the lowest value and the highest.
    """

    hash: str = ""
    width: int = 0
    height: int = 0
    fingerprint: str = ""
    form: str = ""
    extent: tuple[str, float, float] | None = None
    code: str = ""
    reason: str = ""
    hint: str = ""


TOO_SLOW = Opened(
    code="picture-timeout",
    reason="Opening the picture took too long, so it was stopped.",
    hint="Save it again as JPEG or PNG, or leave it out.",
)
OVER_BUDGET = Opened(
    code="picture-budget",
    reason="The pictures before it took far longer to open than pictures do, so it was not opened.",
    hint="Leave out the pictures that took too long, and import the others again.",
)
CRASHED = Opened(
    code="picture-crashed",
    reason="The decoder broke down on this file.",
    hint="Save it again as JPEG or PNG, or leave it out.",
)


def open_all(
    paths: Sequence[Path],
    options: dict[str, Any],
    *,
    children: int,
    on_opened: Callable[[int, Opened], None],
    timeout_s: float = TIMEOUT_S,
    budget_s: float | None = None,
) -> None:
    """Open every file of `paths` in child processes.

    Args:
        paths: files of unknown content.
        options: what `opener` needs: folder, side_px, limit_pixels; greys, the scale of deep ones
            (None takes it from each), or measures, when it is looked for; only_looks, where nothing
            is to be kept.
        children: processes side by side.
        on_opened: told (index, result) in the calling thread, in the order of completion.
        timeout_s: seconds a picture may take.
        budget_s: seconds that all may take together, counted in every child; what is left then is
            not opened. By default it grows with the number of pictures.

    Raises:
        UserError: "disk-full" or "store-write" when pictures cannot be kept.
    """
    jobs: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(paths)):
        jobs.put(index)
    results: queue.SimpleQueue[tuple[int, Opened] | BaseException] = queue.SimpleQueue()
    stop = threading.Event()
    watch = _Watch()
    per_child = (
        (BASE_BUDGET_S + BUDGET_PER_PICTURE_S * len(paths)) if budget_s is None else budget_s
    )
    per_child /= max(1, children)

    def work() -> None:
        child = _Child(options, watch, timeout_s)
        try:
            while not stop.is_set():
                if child.busy_s > per_child:
                    results.put((child.refuse() if child.asked else jobs.get_nowait(), OVER_BUDGET))
                    continue
                with contextlib.suppress(queue.Empty):
                    while len(child.asked) < AHEAD:
                        child.ask(index := jobs.get_nowait(), paths[index])
                if not child.asked:
                    break
                results.put(child.answer())
        except queue.Empty:  # others have answered for what was left
            pass
        except (OSError, RuntimeError) as error:
            results.put(error)
        finally:
            child.close()

    threads = [threading.Thread(target=work) for _ in range(max(1, min(children, len(paths))))]
    for thread in threads:
        thread.start()
    try:
        for _ in range(len(paths)):
            result = results.get()
            if isinstance(result, BaseException):
                raise result
            if result[1].code in STORE_FAULTS:
                raise UserError(result[1].code, result[1].reason, result[1].hint)
            on_opened(*result)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        watch.end()


class _Watch:
    """Ends processes whose time is up: one thread for all, as a clock for each picture would cost more."""

    def __init__(self) -> None:
        self._ends: dict[subprocess.Popen[bytes], float] = {}
        self._late: set[subprocess.Popen[bytes]] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def over(self, process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
        """End `process` if the block takes longer than `seconds`."""
        self._ends[process] = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._ends[process]

    def was_late(self, process: subprocess.Popen[bytes]) -> bool:
        """Say whether `process` was ended here."""
        return process in self._late

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            now = time.monotonic()
            for process, end in list(self._ends.items()):
                if now > end:
                    self._late.add(process)
                    process.kill()


class _Child:
    """One opener process, started when first needed and again after it died.

    It is asked for the next pictures while it opens one, so that it never waits; `asked` holds them
    in order. Of those that die with it only the first is to blame, and the rest are asked for again.
    """

    def __init__(self, options: dict[str, Any], watch: _Watch, timeout_s: float) -> None:
        self._options = json.dumps({"memory_bytes": MEMORY_BYTES, **options})
        self._watch, self._timeout_s = watch, timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self.asked: deque[tuple[int, Path]] = deque()
        self.busy_s = 0.0

    def ask(self, index: int, path: Path) -> None:
        """Ask for one more picture."""
        self.asked.append((index, path))
        _write(self._running(), path)

    def answer(self) -> tuple[int, Opened]:
        """Return the index of the picture asked for first, and what came of it."""
        process = self._running()
        assert process.stdout is not None
        began = time.monotonic()
        with self._watch.over(process, self._timeout_s):
            line = process.stdout.readline()
        self.busy_s += time.monotonic() - began
        index, _ = self.asked.popleft()
        if line.endswith(b"\n"):
            return index, Opened(**unpacked(json.loads(line)))
        self.close()
        for _, path in self.asked:
            _write(self._running(), path)
        return index, TOO_SLOW if self._watch.was_late(process) else CRASHED

    def refuse(self) -> int:
        """Take back what was asked for first; return its index."""
        return self.asked.popleft()[0]

    def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it holds nothing: pictures are written whole or not at all
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()  # pyright: ignore[reportOptionalMemberAccess]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, *PROGRAM, self._options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_PACKAGE_PARENT,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
            assert self._process.stdout is not None
            if self._process.stdout.readline() != READY:
                raise RuntimeError("the child that opens pictures does not start")
        return self._process


def _write(process: subprocess.Popen[bytes], path: Path) -> None:
    """Ask for a picture; a child that died before it could be asked shows that when it should answer."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps({"path": str(path)}).encode() + b"\n")
        process.stdin.flush()
