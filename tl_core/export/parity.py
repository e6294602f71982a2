"""Proves that an exported model gives the app's answers: reloaded elsewhere, on real pictures."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from tl_core.base import machine, release, speech
from tl_core.base.said import packed
from tl_core.export import certificate_text, scores
from tl_core.export.clean_room import Answers
from tl_core.export.formats.format import EXACT, Allowance
from tl_core.export.scores import Score
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
        truth: what is true of the first pictures, as the task's `true_in` gives it; None where
            that is not known.
        groups: (pictures with a truth,), equal for what belongs together; None where nothing does.
    """

    pictures: tuple[Path, ...]
    answers: np.ndarray
    names: tuple[str, ...]
    originals: int = 0
    made_smaller: int = 0
    awkward: int = 0
    truth: np.ndarray | None = None
    groups: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The result of comparing an export with the app.

    Attributes:
        pictures: how many of the person's own were compared.
        label_agreement: share with the same label, 0 to 1; 1 for numbers; None where it was not run.
        largest_difference: between two answers, relative to the largest number for regression;
            None when there was nothing to compare.
        tolerance: the largest difference that is allowed; None where only labels count.
        passed: labels agree as often, and answers differ as little, as the format demands; None
            where the file was not run.
        not_run: why it was not, as a sentence; "" where it was.
        originals: how many of the pictures were compared as the person uploaded them.
        awkward: how many files of unusual kinds were compared besides.
        made_smaller: how many photos were compared besides whole, which the browser had made
            smaller before they were sent; they do not count for `passed`.
        made_smaller_difference: the largest difference between two answers for one of these.
        mean_difference: as `largest_difference`, the mean over pictures and outputs.
        scores: how good the app and the file are on the pictures that have a label.
        file_bytes: size of the file.
        seconds_each: how long the file takes for one opened picture; None where not measured.
        with_opening: whether opening the picture, and sending it, counts for that.
        versions: of what answered, by name.
        machine: on what it was measured, in words.
        refused: how many files could not be compared; see `clean_room.Answers`.
        how: what was loaded in the clean process, where that is not the file itself.
        note: what to know of how the file was made; "" for nothing.
    """

    pictures: int
    label_agreement: float | None
    largest_difference: float | None
    tolerance: float | None
    passed: bool | None
    originals: int = 0
    awkward: int = 0
    made_smaller: int = 0
    made_smaller_difference: float | None = None
    mean_difference: float | None = None
    scores: tuple[Score, ...] = ()
    file_bytes: int | None = None
    seconds_each: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    machine: str = ""
    refused: int = 0
    how: str = ""
    note: str = ""
    not_run: str = ""
    with_opening: bool = False

    def as_json(self) -> str:
        """Return the certificate for programs."""
        told = asdict(self) | {"scores": [packed(asdict(score)) for score in self.scores]}
        return json.dumps(packed(told), indent=1)

    def as_text(self, language: str = speech.ENGLISH) -> str:
        """Return the certificate for people, in their language."""
        return certificate_text.text(self, language)


def certify(
    ask: Callable[[tuple[Path, ...]], np.ndarray | Answers],
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
    asked = ask(expected.pictures)
    answers = asked if isinstance(asked, Answers) else Answers(asked)
    expected, found = _answered(expected, answers)
    smaller = np.zeros(len(found), bool)
    end = len(found) - expected.awkward
    smaller[end - expected.made_smaller : end] = True
    told = compare(
        expected.answers[~smaller], found[~smaller], task=task, rules=rules, allowed=allowed
    )
    apart = compare(
        expected.answers[smaller], found[smaller], task=task, rules=rules, allowed=allowed
    )
    measured = _scores(expected, found, task, rules)
    if allowed.difference is None:  # of awkward files nobody knows what they should come to
        own = compare(
            expected.answers[: end - expected.made_smaller],
            found[: end - expected.made_smaller],
            task=task,
            rules=rules,
            allowed=allowed,
        )
        told = replace(told, passed=own.passed and _is_as_good(measured, allowed))
    return replace(
        told,
        pictures=told.pictures - expected.awkward,
        originals=expected.originals,
        awkward=expected.awkward,
        made_smaller=expected.made_smaller,
        made_smaller_difference=apart.largest_difference,
        mean_difference=_mean_difference(expected.answers[~smaller], found[~smaller], task),
        scores=measured,
        seconds_each=answers.seconds_each,
        versions={**answers.versions, "Graft": release.version()},
        machine=machine.in_words(),
        refused=len(answers.refused),
        how=answers.how,
        with_opening=answers.with_opening,
    )


def not_run(reason: str, allowed: Allowance = EXACT) -> Certificate:
    """Return the certificate of a file that could not be run, which says so and nothing more.

    Args:
        reason: why it could not, as a sentence.
        allowed: how far its answers may be from the app's, for whoever can run it.
    """
    return Certificate(
        0,
        None,
        None,
        allowed.difference,
        None,
        versions={"Graft": release.version()},
        machine=machine.in_words(),
        not_run=reason,
    )


def _answered(expected: Expected, answers: Answers) -> tuple[Expected, np.ndarray]:
    """Return what was expected and found without the files that were refused."""
    if not answers.refused:
        return expected, answers.outputs
    kept = np.ones(len(expected.pictures), bool)
    kept[[*answers.refused]] = False
    own = len(kept) - expected.awkward - expected.made_smaller
    end = own + expected.made_smaller
    known = 0 if expected.truth is None else len(expected.truth)
    compared = replace(
        expected,
        pictures=tuple(
            file for file, is_kept in zip(expected.pictures, kept, strict=True) if is_kept
        ),
        answers=expected.answers[kept],
        originals=int(kept[: expected.originals].sum()),
        made_smaller=int(kept[own:end].sum()),
        awkward=int(kept[end:].sum()),
        truth=None if expected.truth is None else expected.truth[kept[:known]],
        groups=None if expected.groups is None else expected.groups[kept[:known]],
    )
    return compared, answers.outputs[kept]


def _is_as_good(measured: tuple[Score, ...], allowed: Allowance) -> bool:
    """Say whether the file's result is as good as it has to be, one picture at least being allowed.

    Of several numbers each has to be: a price must not hide a count of rooms.
    """
    if allowed.lost is None or not measured:
        return True
    judged = measured[:1] if measured[0].is_share else measured
    return all(_lost(each) <= max(allowed.lost, 1 / each.pictures) + 1e-9 for each in judged)


def _lost(score: Score) -> float:
    """Return how much worse the file is than the app: in points, or for an error, which grows, in shares of itself."""
    lost = score.app.mean - score.export.mean
    return lost if score.is_share else -lost / max(abs(score.app.mean), 1e-12)


def _mean_difference(expected: np.ndarray, found: np.ndarray, task: str) -> float | None:
    if not len(expected):
        return None
    return float((np.abs(expected - found) / registry.get(task).scale(expected)).mean())


def _scores(
    expected: Expected, found: np.ndarray, task: str, rules: Rules
) -> tuple[scores.Score, ...]:
    """Measure the app and the file on the person's own pictures, where the truth of all is known."""
    if expected.truth is None:
        return ()
    own = len(expected.truth)
    return scores.compare(
        registry.get(task),
        expected.truth,
        (expected.answers[:own], found[:own]),
        outputs=expected.names,
        rules=rules,
        groups=expected.groups,
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
