"""Proves that an exported model gives the app's answers: reloaded elsewhere, on real pictures."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from tl_core.export.formats.format import EXACT, Allowance
from tl_core.models.persist import NO_RULES
from tl_core.tasks import registry
from tl_core.tasks.task import Rules

MOST_PICTURES = 200
SAME_LABEL = 1e-4
"""Two labels whose probabilities differ by less than this are as good as one another."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The app's answers for pictures.

    Attributes:
        pictures: files; last those that were made smaller, and then the awkward ones.
        answers: float32 (n, outputs).
        names: of the outputs.
        originals: how many are files as a person uploaded them; others are what the app stored.
        made_smaller: how many are photos before the browser made them smaller, while the app
            answered for what it then stored.
        awkward: how many were made for this; see `awkward`.
    """

    pictures: tuple[Path, ...]
    answers: np.ndarray
    names: tuple[str, ...]
    originals: int = 0
    made_smaller: int = 0
    awkward: int = 0


@dataclass(frozen=True, slots=True)
class Certificate:
    """The result of comparing an export with the app.

    Attributes:
        pictures: how many of the person's own were compared.
        label_agreement: share with the same label, 0 to 1; 1 for numbers.
        largest_difference: between two answers, relative to the largest number for regression;
            None when there was nothing to compare.
        tolerance: the largest difference that is allowed; None where only labels count.
        passed: labels agree as often, and answers differ as little, as the format demands.
        originals: how many of the pictures were compared as the person uploaded them.
        awkward: how many files of unusual kinds were compared besides.
        made_smaller: how many photos were compared besides whole, which the browser had made
            smaller before they were sent; they do not count for `passed`.
        made_smaller_difference: the largest difference between two answers for one of these.
    """

    pictures: int
    label_agreement: float
    largest_difference: float | None
    tolerance: float | None
    passed: bool
    originals: int = 0
    awkward: int = 0
    made_smaller: int = 0
    made_smaller_difference: float | None = None

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    def as_text(self) -> str:
        """Return the certificate for people."""
        if self.largest_difference is None or not self.pictures:
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
            "the app had judged before, opened by the script that lies beside it.\n\n"
            f"Pictures compared     {self.pictures}\n"
            f"  as they were uploaded {self.originals}\n"
            f"  as Graft stored them  {self.pictures - self.originals}\n"
            f"Files of unusual kinds {self.awkward} (transparent, 16-bit, turned, printed, moving …)\n"
            f"Same label            {self.label_agreement:.1%}\n"
            f"Largest difference    below {bound(self.largest_difference)}{self._allowed()}\n"
            f"{self._about_made_smaller()}"
        )

    def _allowed(self) -> str:
        return "" if self.tolerance is None else f" (allowed: {bound(self.tolerance * (1 - 1e-9))})"

    def _about_made_smaller(self) -> str:
        if not self.made_smaller or self.made_smaller_difference is None:
            return ""
        most = np.format_float_positional(
            self.made_smaller_difference, precision=2, fractional=False, trim="-"
        )
        return (
            f"\n{self.made_smaller} photos had been made smaller by the browser before they were sent. For the\n"
            f"whole photos the file answers differently by up to {most}.\n"
        )


def bound(difference: float) -> str:
    """Return a decimal that a small difference stays below, written out: 8e-7 is below 0.000001."""
    if not difference > 0 or not math.isfinite(difference):
        return "0" if difference == 0 else "–"
    exponent = math.floor(math.log10(difference)) + 1
    return f"{10.0**exponent:.{max(0, -exponent)}f}"


def certify(
    ask: Callable[[tuple[Path, ...]], np.ndarray],
    expected: Expected,
    *,
    task: str = registry.USUAL.kind,
    rules: Rules = NO_RULES,
    allowed: Allowance = EXACT,
) -> Certificate:
    """Ask an exported file in a clean process, compare and return the certificate.

    Args:
        ask: the clean-room runner of the file's format, for this file: pictures to float32
            (pictures, outputs).
        expected: the app's answers.
        task: what is answered, by its name.
        rules: what the model's description says of its answers.
        allowed: how far the file's answers may be from the app's.

    Raises:
        UserError: "export-unreadable" when the file cannot even be loaded there.
    """
    found = ask(expected.pictures)
    smaller = np.zeros(len(found), bool)
    end = len(found) - expected.awkward
    smaller[end - expected.made_smaller : end] = True
    told = compare(
        expected.answers[~smaller], found[~smaller], task=task, rules=rules, allowed=allowed
    )
    apart = compare(
        expected.answers[smaller], found[smaller], task=task, rules=rules, allowed=allowed
    )
    return replace(
        told,
        pictures=told.pictures - expected.awkward,
        originals=expected.originals,
        awkward=expected.awkward,
        made_smaller=expected.made_smaller,
        made_smaller_difference=apart.largest_difference,
    )


def compare(
    expected: np.ndarray,
    found: np.ndarray,
    *,
    task: str = registry.USUAL.kind,
    rules: Rules = NO_RULES,
    allowed: Allowance = EXACT,
) -> Certificate:
    """Compare two tables of answers, float (n, outputs)."""
    most = allowed.difference
    if not len(expected):
        return Certificate(0, 0.0, None, most, False)
    what = registry.get(task)
    largest = float((np.abs(expected - found) / what.scale(expected)).max())
    agreement = float(what.same_answer(expected, found, rules, most or SAME_LABEL).mean())
    is_near = most is None or largest <= most
    return Certificate(
        len(expected), agreement, largest, most, is_near and agreement >= allowed.agreement
    )
