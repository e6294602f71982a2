"""A few children that open examples of unknown content; one that dies or hangs costs only what it held."""

import base64
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tl_core.base.errors import UserError
from tl_core.base.said import unpacked
from tl_core.modalities.child import READY, STORE_FAULTS

MEMORY_BYTES = 2 * 1024**3
TIMEOUT_S = 10.0
BASE_BUDGET_S, BUDGET_PER_EXAMPLE_S = 600.0, 2.0
"""Together what all examples of one import may take, ten times what large photos need."""
LOOK_EVERY_S = 0.2
STARTS = 2
"""A child that something else ended before it was ready is started once more."""
AHEAD = 3
"""Examples that a child is asked for at once, the one it opens among them."""
Start = Callable[[Sequence[str]], "subprocess.Popen[bytes]"]
"""Starts Python with some words, its input and output pipes."""
_PACKAGE_PARENT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Opened:
    """An example as it was kept, or why it was not (`code`, empty otherwise).

    Attributes:
        hash: what it is kept as.
        facts: numbers that the manifest notes of it, by the name of their column.
        measured: what else was measured of it, as text; see `Modality.keep_measured`.
        form: what kind of file it came in.
        extent: instead of all this, what has to be known of all files before this one is read.
        reply: what a program says that does more with an example than keep it.
        code, reason, hint: as in a `UserError`.
    """

    hash: str = ""
    facts: Mapping[str, int] = field(default_factory=dict)
    measured: str = ""
    form: str = ""
    extent: Any = None
    reply: Any = None
    code: str = ""
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Opener:
    """A program that opens files of one modality, and what is said of those that it could not.

    Attributes:
        program: what Python is called with; it runs `child.serve`.
        too_slow: of a file whose time was up.
        over_budget: of a file that is left, as those before it took too long.
        crashed: of a file that the program died over.
    """

    program: tuple[str, ...]
    too_slow: Opened
    over_budget: Opened
    crashed: Opened


def open_all(
    paths: Sequence[Path | bytes],
    opener: Opener,
    options: dict[str, Any],
    *,
    children: int,
    on_opened: Callable[[int, Opened], None],
    timeout_s: float = TIMEOUT_S,
    budget_s: float | None = None,
    ahead: int = 0,
) -> None:
    """Open every file of `paths` in child processes.

    Args:
        paths: files of unknown content, or their bytes.
        opener: the program that opens one.
        options: what it needs: the `folder` to keep examples in, and those of the modality.
        children: processes side by side.
        on_opened: told (index, result) in the calling thread, in the order of completion.
        timeout_s: seconds a file may take.
        budget_s: seconds that all may take together, counted in every child; what is left then is
            not opened. By default it grows with their number.
        ahead: results that may wait for `on_opened`, which then holds up the children; 0 for any number.

    Raises:
        UserError: "disk-full" or "store-write" when examples cannot be kept.
    """
    jobs: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(paths)):
        jobs.put(index)
    results: queue.Queue[tuple[int, Opened] | BaseException] = queue.Queue(ahead)
    stop = threading.Event()
    watch = Watch()
    per_child = (
        (BASE_BUDGET_S + BUDGET_PER_EXAMPLE_S * len(paths)) if budget_s is None else budget_s
    )
    per_child /= max(1, children)

    def give(result: tuple[int, Opened] | BaseException) -> None:
        while not stop.is_set():
            with contextlib.suppress(queue.Full):
                results.put(result, timeout=LOOK_EVERY_S)
                return

    def work() -> None:
        child = Child(opener, options, watch, timeout_s)
        try:
            while not stop.is_set():
                if child.busy_s > per_child:
                    left = child.refuse() if child.asked else jobs.get_nowait()
                    give((left, opener.over_budget))
                    continue
                with contextlib.suppress(queue.Empty):
                    while len(child.asked) < AHEAD:
                        child.ask(index := jobs.get_nowait(), paths[index])
                if not child.asked:
                    break
                give(child.answer())
        except queue.Empty:  # others have answered for what was left
            pass
        except (OSError, RuntimeError) as error:
            give(error)
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


class Watch:
    """Ends processes whose time is up: one thread for all, as a clock for each file would cost more."""

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


class Child:
    """One opener process, started when first needed and again after it died.

    It is asked for the next files while it opens one, so that it never waits; `asked` holds them
    in order. Of those that die with it only the first is to blame, and the rest are asked for again.
    """

    def __init__(
        self,
        opener: Opener,
        options: dict[str, Any],
        watch: Watch,
        timeout_s: float,
        start: "Start | None" = None,
    ) -> None:
        self._start = start or _start
        self._opener = opener
        self._options = json.dumps({"memory_bytes": MEMORY_BYTES, **options})
        self._watch, self._timeout_s = watch, timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self.asked: deque[tuple[int, Path | bytes]] = deque()
        self.busy_s = 0.0

    @property
    def is_ended(self) -> bool:
        """Whether there is no process, as after one that died over a file."""
        return self._process is None

    def get_ready(self) -> None:
        """Start the process and wait until it can be asked; without this the first file does so.

        Raises:
            RuntimeError: it does not start.
        """
        self._running()

    def ask(self, index: int, path: Path | bytes) -> None:
        """Ask for one more file."""
        self.asked.append((index, path))
        _write(self._running(), path)

    def answer(self) -> tuple[int, Opened]:
        """Return the index of the file asked for first, and what came of it."""
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
        is_late = self._watch.was_late(process)
        return index, self._opener.too_slow if is_late else self._opener.crashed

    def refuse(self) -> int:
        """Take back what was asked for first; return its index."""
        return self.asked.popleft()[0]

    def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it holds nothing: examples are written whole or not at all
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()  # pyright: ignore[reportOptionalMemberAccess]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            for _ in range(STARTS):
                self._process = self._start([*self._opener.program, self._options])
                assert self._process.stdout is not None
                if self._process.stdout.readline() == READY:
                    return self._process
                self.close()
            raise RuntimeError("the child that opens examples does not start")
        return self._process


def _start(words: Sequence[str]) -> subprocess.Popen[bytes]:
    from tl_core.base.environment import passed_on  # no child is told the access code

    return subprocess.Popen(
        [sys.executable, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_PACKAGE_PARENT,
        env={**passed_on(os.environ), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )


def _write(process: subprocess.Popen[bytes], path: Path | bytes) -> None:
    """Ask for a file; a child that died before it could be asked shows that when it should answer."""
    assert process.stdin is not None
    asked = {"path": str(path)}
    if isinstance(path, bytes):
        asked = {"content": base64.b64encode(path).decode()}
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()
