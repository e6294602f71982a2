"""Proves that an exported model gives the app's answers: reloaded elsewhere, on real pictures."""

import json
import math
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tl_core.errors import UserError

RELOAD = Path(__file__).with_name("reload.py")
TIMEOUT_S = 600
MOST_PICTURES = 200
TOLERANCE = 1e-4
"""Largest difference between two probabilities of the same picture; float sums vary this much."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The app's answers for stored pictures.

    Attributes:
        pictures: files.
        answers: float32 (n, outputs).
        names: of the outputs.
    """

    pictures: tuple[Path, ...]
    answers: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What came of the comparison.

    Attributes:
        pictures: how many were compared.
        label_agreement: share with the same label, 0 to 1; 1 for numbers.
        largest_difference: between two answers, relative to the largest number for regression;
            None when there was nothing to compare.
        tolerance: what is allowed.
        passed: every label the same and no difference above the tolerance.
    """

    pictures: int
    label_agreement: float
    largest_difference: float | None
    tolerance: float
    passed: bool

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    def as_text(self) -> str:
        """Return the certificate for people."""
        if self.largest_difference is None:
            return (
                "The pictures that the app judged are no longer stored, so nothing could be"
                " compared.\n"
            )
        verdict = (
            "The model answers as the app does."
            if self.passed
            else ("The model does NOT answer as the app does. Do not rely on this file.")
        )
        return (
            f"{verdict}\n\n"
            "The file was loaded in a process of its own, without Graft, and shown pictures that\n"
            "the app had judged before.\n\n"
            f"Pictures compared     {self.pictures}\n"
            f"Same label            {self.label_agreement:.1%}\n"
            f"Largest difference    below {bound(self.largest_difference)}"
            f" (allowed: {bound(self.tolerance * (1 - 1e-9))})\n"
        )


def bound(difference: float) -> str:
    """Return a decimal that a small difference stays below, written out: 8e-7 is below 0.000001."""
    if not difference > 0 or not math.isfinite(difference):
        return "0" if difference == 0 else "–"
    exponent = math.floor(math.log10(difference)) + 1
    return f"{10.0**exponent:.{max(0, -exponent)}f}"


def certify(model_file: Path, expected: Expected, *, task: str = "classify") -> Certificate:
    """Reload `model_file` in a clean process, compare and return the certificate.

    Raises:
        UserError: "export-unreadable" when the file cannot even be loaded there.
    """
    return compare(expected.answers, reloaded_answers(model_file, expected.pictures), task=task)


def compare(expected: np.ndarray, found: np.ndarray, *, task: str = "classify") -> Certificate:
    """Compare two tables of answers, float (n, outputs)."""
    if not len(expected):
        return Certificate(0, 0.0, None, TOLERANCE, False)
    # Each number by its own size: a price must not hide a count of rooms.
    scale = 1.0 if task == "classify" else np.maximum(1.0, np.abs(expected).max(axis=0))
    largest = float((np.abs(expected - found) / scale).max())
    same = expected.argmax(axis=1) == found.argmax(axis=1)
    agreement = float(same.mean()) if task == "classify" else 1.0
    passed = agreement == 1.0 and largest <= TOLERANCE
    return Certificate(len(expected), agreement, largest, TOLERANCE, passed)


def reloaded_answers(model_file: Path, pictures: tuple[Path, ...]) -> np.ndarray:
    """Return what the file says about pictures in a process that knows nothing of Graft."""
    asked = {"model": str(model_file.resolve()), "pictures": [str(p.resolve()) for p in pictures]}
    with tempfile.TemporaryDirectory(prefix="graft-parity-") as folder:
        answers = Path(folder) / "answers.npy"
        child = subprocess.run(
            [sys.executable, "-I", str(RELOAD), str(answers)],
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
        return np.load(answers, allow_pickle=False)
