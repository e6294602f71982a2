"""Runs a program as a stranger would: in a process of its own that knows nothing of Graft."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tl_core.base.errors import UserError

TIMEOUT_S = 600


def answers(runner: Path, asked: Mapping[str, object]) -> np.ndarray:
    """Run `runner` in Python's isolated mode and return the answers that it writes.

    Args:
        runner: a script. It finds `asked` as one JSON object on standard input and writes its
            answers, float32 (pictures, outputs), as `.npy` into the file named as its argument.
        asked: what it is to do; paths as texts.

    Raises:
        UserError: "export-unreadable" when it does not come to its end.
    """
    with tempfile.TemporaryDirectory(prefix="graft-parity-") as folder:
        told = Path(folder) / "answers.npy"
        child = subprocess.run(
            [sys.executable, "-I", str(runner.resolve()), str(told)],
            input=json.dumps(asked).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=folder,
            timeout=TIMEOUT_S,
            check=False,
        )
        if child.returncode:
            last = child.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise UserError(
                "export-unreadable",
                "The exported file could not be used in a clean process: {last}",
                hint="Nothing was handed out. Report this with the run's log.",
                last=" ".join(last),
            )
        return np.load(told, allow_pickle=False)
