"""Runs a program as a stranger would: in a process of its own that knows nothing of Graft."""

import errno
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.said import Said

TIMEOUT_S = 600
ANSWERS = "answers.npy"
MEASURED = "measured.json"
"""Lies beside the answers of a runner that measured how long an answer takes."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What an exported file said; NumPy reads it as its outputs.

    Attributes:
        outputs: float32 (pictures, outputs).
        seconds_each: how long the answer to one opened picture takes, the median of several after
            a warm-up; None where it was not measured.
        versions: of what answered, by name.
        refused: rows of examples that the file's own program does not open, or of which it tells
            people that it reads them by other rules.
        how: what was loaded in the clean process, as a sentence, where that is not the file itself
            with the script beside it.
        with_opening: whether opening the picture, and sending it, counts for `seconds_each`.
    """

    outputs: np.ndarray
    seconds_each: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[int, ...] = ()
    how: str = ""
    with_opening: bool = False

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.outputs, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.outputs)


def answers(runner: Path, asked: Mapping[str, object]) -> Answers:
    """Run `runner` in Python's isolated mode and return the answers that it writes.

    Args:
        runner: a script. It finds `asked` as one JSON object on standard input and writes its
            answers, float32 (pictures, outputs), as `.npy` into the file named as its argument. One
            that measures writes `MEASURED` beside it: {"seconds_each": …, "versions": {NAME: …}}, and "refused": [ROW, …]
            where it does not answer for some.
        asked: what it is to do; paths as texts.

    Raises:
        UserError: "export-unreadable" when it does not come to its end, "export-slow" when that takes
            too long.
        OSError: the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="graft-parity-") as folder:
        told = Path(folder) / ANSWERS
        try:
            child = subprocess.run(
                [sys.executable, "-I", str(runner.resolve()), str(told)],
                input=json.dumps(asked).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd=folder,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise UserError(
                "export-slow",
                "Checking the exported file took longer than {minutes} minutes, so it was ended.",
                hint="Nothing was handed out. Try again when this computer has less to do.",
                minutes=TIMEOUT_S // 60,
            ) from error
        if child.returncode:
            raise _fault(child.returncode, child.stderr.decode(errors="replace"))
        outputs = np.load(told, allow_pickle=False)
        measured = told.with_name(MEASURED)
        if not measured.is_file():
            return Answers(outputs)
        known = json.loads(measured.read_text("utf-8"))
        return Answers(
            outputs, known["seconds_each"], known["versions"], tuple(known.get("refused", ()))
        )


def _fault(returned: int, said: str) -> Exception:
    """Return why a process did not come to its end, by what it returned and said."""
    last = (said.strip().splitlines() or [""])[-1]
    if f"[Errno {errno.ENOSPC}]" in last:
        return OSError(errno.ENOSPC, last)
    return UserError(
        "export-unreadable",
        "The exported file could not be used in a clean process: {last}",
        hint="Nothing was handed out. Report this with the run's log.",
        last=last
        or Said("the system ended it ({code}), most often for want of memory.", code=returned),
    )
