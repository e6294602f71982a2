"""What formats in whole numbers share: pictures to calibrate and to judge by, and which way is good enough.

The head stays in float in every way; where 8 bits between the operations lose too much, weights alone
are kept in 8. The way is chosen by validation pictures, never by test pictures, which the certificate
then judges the file by. An exact head may have learnt from validation pictures too before it was handed
over; then they flatter both files alike, and the note says that the certificate is the better guide.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tl_core.base import about_run, figures
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.datasets import manifest
from tl_core.datasets.splits import TRAIN, VALIDATION
from tl_core.export import parity
from tl_core.modalities import registry as modalities
from tl_core.models.persist import Description
from tl_core.signals import progress
from tl_core.tasks import registry
from tl_core.tasks.comparing import ByExample

MOST_CALIBRATING, MOST_JUDGED = 200, 400
LOSS_ALLOWED = 0.02
"""Points of the headline on validation, 0 to 1; for numbers the share by which the error grows."""
AGREEMENT = 0.9
"""Least share of pictures with the same answer as before: losses that gains make up for are losses, too."""
_TOO_MUCH = Said(
    "No way in 8 bits comes near enough to the model: where it counts, take 16 or 32 bits."
)
_LEARNT = Said(
    "The model learnt from these in the end, so the result on new pictures, which follows, is the better guide."
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to quantise; weights have 8 bits in all of them, the head stays in float.

    Attributes:
        name: in files.
        about: what is done, as a part of a sentence.
        activation_bits: of what flows between operations; 0 where nothing is calibrated.
    """

    name: str
    about: str
    activation_bits: int


@dataclass(frozen=True, slots=True)
class Examples:
    """A person's pictures, as the network takes them.

    Attributes:
        calibrating: (n, *input shape), of the training part.
        judged: likewise of the validation part.
        truth: what is true of these, as the task's `truth` gives it.
        are_learnt: whether the model learnt from the judged ones, too, before it was handed over.
    """

    calibrating: np.ndarray
    judged: np.ndarray
    truth: np.ndarray
    are_learnt: bool = False


@dataclass(frozen=True, slots=True)
class Quantised:
    """A smaller model, and what was lost.

    Attributes:
        raw: the file.
        way: how it was made.
        lost: headline before less after, on validation pictures; None where there are none.
        judged: how many these were.
        tried: what every way lost that was tried, by name.
        agreement: share of these with the same answer as before.
        are_learnt: as in `Examples`.
    """

    raw: bytes
    way: Way
    lost: float | None
    judged: int
    tried: dict[str, float]
    agreement: float = 1.0
    are_learnt: bool = False

    @property
    def is_good(self) -> bool:
        """Whether it comes near enough to the float file; as far as is known where nothing could be judged."""
        return (self.lost or 0.0) <= LOSS_ALLOWED + 1e-9 and self.agreement >= AGREEMENT

    def in_words(self) -> str:
        """Return what was done, and what it lost, as sentences for people."""
        if self.lost is None:
            return Said("Kept in whole numbers: {way}.", way=self.way.about)
        told = counted(
            "Kept in whole numbers: {way}. On {count} validation picture the result changes by {share}.",
            "Kept in whole numbers: {way}. On {count} validation pictures the result changes by {share}.",
            self.judged,
            way=self.way.about,
            share=figures.percent(0.0 - self.lost, 1),
        )
        if not self.is_good:
            told = Said("{told} {more}", told=told, more=_TOO_MUCH)
        return Said("{told} {more}", told=told, more=_LEARNT) if self.are_learnt else told


def examples(run_dir: Path, described: Description) -> Examples:
    """Return pictures to calibrate and to judge by, evenly out of the run's data set.

    Raises:
        UserError: "format-pictures" when the pictures are no longer here.
    """
    try:
        dataset = manifest.load(about_run.read(run_dir).dataset)
        modality, entry = modalities.of(described), described.entry
        train, val = (np.flatnonzero(dataset.splits == part) for part in (TRAIN, VALIDATION))
        train, val = _evenly(train, MOST_CALIBRATING), _evenly(val, MOST_JUDGED)
        decoded = [modality.decode(dataset.hashes[rows], entry) for rows in (train, val)]
    except (OSError, ValueError, KeyError, UserError) as error:
        raise UserError(
            "format-pictures",
            "Whole numbers need the training pictures to be measured by, and they are no longer here.",
            "Bring the data set back, or take another format.",
        ) from error
    metrics = progress.state(run_dir).metrics or {}
    truth = registry.of(dataset).truth(dataset, val)
    return Examples(decoded[0], decoded[1], truth, bool(metrics.get("refitted")))


def chosen(
    raw: bytes,
    ways: Sequence[Way],
    make: Callable[[Way], bytes | None],
    answers: Callable[[bytes, np.ndarray], np.ndarray],
    examples: Examples,
    described: Description,
) -> Quantised:
    """Return a model in the first way that is good enough; where none is, in the best one.

    Args:
        raw: the float file.
        ways: in the order in which they are tried.
        make: returns the file made in one way, None where its runtime cannot run it so.
        answers: what a file answers about decoded examples, float32 (n, outputs).
        examples: to judge by.
        described: the model.

    Raises:
        UserError: "format-quantise" where the runtime can run it in none.
    """

    task = registry.get(described.task)

    def measured(told: np.ndarray) -> Sequence[ByExample]:
        return task.by_example(examples.truth, told, described.classes, described.rules)

    judged = len(examples.judged)
    own = answers(raw, examples.judged) if judged else None
    found: list[Quantised] = []
    tried: dict[str, float] = {}
    for way in ways:
        made = make(way)
        if made is None:
            continue
        if own is None:
            return Quantised(made, way, None, 0, tried)
        told = answers(made, examples.judged)
        same = task.same_answer(own, told, described.rules, parity.SAME_LABEL)
        tried[way.name] = lost = _lost(measured(own), measured(told))
        agreement, are_learnt = float(same.mean()), examples.are_learnt
        found.append(Quantised(made, way, lost, judged, tried, agreement, are_learnt))
        if found[-1].is_good:
            return found[-1]
    if not found:
        raise UserError(
            "format-quantise",
            "This network cannot be brought into whole numbers.",
            "Take the same format in 16 or 32 bits.",
        )
    return min(found, key=lambda each: (each.agreement < AGREEMENT, tried[each.way.name]))


def _lost(before: Sequence[ByExample], after: Sequence[ByExample]) -> float:
    """Return by how much the headline became worse; of several numbers, by which share the worst one did."""
    worse = [_worse(*pair) for pair in zip(before, after, strict=True)]
    return worse[0] if before[0].is_share else max(worse)


def _worse(before: ByExample, after: ByExample) -> float:
    old, new = float(np.nanmean(before.values)), float(np.nanmean(after.values))
    lost = old - new if before.higher_is_better else new - old
    return lost if before.is_share else lost / max(abs(old), 1e-12)


def _evenly(rows: np.ndarray, most: int) -> np.ndarray:
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]
