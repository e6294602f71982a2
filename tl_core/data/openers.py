"""A few children that open pictures; one that dies or hangs costs only the picture it held."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_core.data.opener import READY, STORE_FAULTS
from tl_core.errors import UserError

MEMORY_BYTES = 2 * 1024**3
TIMEOUT_S = 60.0
PROGRAM = ["-m", "tl_core.data.opener"]
_PACKAGE_PARENT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture as stored, or why it was not: `code` is empty exactly when it was stored.

    `fingerprint` is what was measured of it, as `fingerprints.packed` writes it.
    """

    hash: str = ""
    width: int = 0
    height: int = 0
    fingerprint: str = ""
    code: str = ""
    reason: str = ""
    hint: str = ""


TOO_SLOW = Opened(
    code="picture-timeout",
    reason="Opening the picture took too long, so it was stopped.",
    hint="Save it again as JPEG or PNG, or leave it out.",
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
) -> None:
    """Open every file of `paths` in child processes.

    Args:
        paths: files of unknown content.
        options: what `opener` needs: folder, side_px, limit_pixels.
        children: processes side by side.
        on_opened: told (index, result) in the calling thread, in the order of completion.
        timeout_s: seconds a picture may take.

    Raises:
        UserError: "disk-full" or "store-write" when pictures cannot be kept.
    """
    jobs: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(paths)):
        jobs.put(index)
    results: queue.SimpleQueue[tuple[int, Opened] | BaseException] = queue.SimpleQueue()
    stop = threading.Event()

    def work() -> None:
        child = _Child(options)
        try:
            while not stop.is_set():
                index = jobs.get_nowait()
                results.put((index, child.open(paths[index], timeout_s)))
        except queue.Empty:
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


class _Child:
    """One opener process, started when first needed and again after it died."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = json.dumps({"memory_bytes": MEMORY_BYTES, **options})
        self._process: subprocess.Popen[bytes] | None = None

    def open(self, path: Path, timeout_s: float) -> Opened:
        process = self._running()
        too_slow = threading.Event()

        def end() -> None:
            too_slow.set()
            process.kill()

        clock = threading.Timer(timeout_s, end)
        clock.start()
        line = _ask(process, path)
        clock.cancel()
        if not line.endswith(b"\n"):
            self.close()
            return TOO_SLOW if too_slow.is_set() else CRASHED
        return Opened(**json.loads(line))

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


def _ask(process: subprocess.Popen[bytes], path: Path) -> bytes:
    """Return the child's answer, or what came of it before the child died."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps({"path": str(path)}).encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        return b""
    return process.stdout.readline()
