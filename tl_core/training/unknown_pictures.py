"""What a run's model is given to tell "none of these": fitted once it is judged, and kept beside it.

A model without one answers as ever: too few pictures, or a task whose answers a detector says
nothing about.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.datasets import goals
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.features import Part, batched, means
from tl_core.encoding.job import Job
from tl_core.measures import risk_coverage, unknowns
from tl_core.measures.unknowns import Detector
from tl_core.models import detector_file, persist
from tl_core.tasks.task import Goal

if TYPE_CHECKING:
    from tl_core.training.network import Network

BATCH = 64
MOST_LEARNT = 3000
"""Training pictures that a detector is fitted on, each class in its share."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Some pictures as a trained network sees them: features (n, channels) and answers (n, outputs)."""

    features: np.ndarray
    told: np.ndarray

    def doubts(self, goal: Goal) -> np.ndarray | None:
        """Return how undecided the answers are, None where that says nothing."""
        return doubts(goal.task, self.told)


def doubts(task: Any, told: np.ndarray) -> np.ndarray | None:
    """Return how undecided answers of a task are, None where that says nothing of strangeness."""
    return unknowns.doubt(told) if task.one_class_each else None


@dataclass(slots=True)
class Fitting:
    """Fits a detector for the network of a run.

    Attributes:
        job: pictures and settings.
        goal: what was learnt, with what validation decided.
        network: as it is handed over.
        parts: encoded pictures.
        told: from what the network answers now to answers in their own units.
        should_stop: asked before every batch.
        before: float (m, outputs), its answers about validation pictures from before it learnt from
            these, in their own units; None where it never did.
    """

    job: Job
    goal: Goal
    network: "Network"
    parts: Mapping[int, Part]
    told: Callable[[np.ndarray], np.ndarray]
    should_stop: Callable[[], bool] = lambda: False
    before: np.ndarray | None = None

    def fitted(self) -> tuple[Detector, dict[str, Any]] | None:
        """Return a detector and what it does to the test pictures; None where none can be fitted."""
        labels = self._labels(TRAIN)
        chosen = unknowns.spread(labels, MOST_LEARNT)
        seen = [self._seen(TRAIN, chosen), self._seen(VALIDATION), self._seen(TEST)]
        if any(each is None for each in seen):
            return None
        train, judged, test = (each for each in seen if each is not None)
        if self.before is not None:
            # Of what it knows by heart it has few doubts: beside these all that is new would be strange.
            judged = Seen(judged.features, self.before)
        truth, groups = self._labels(TEST), belonging(self.job, TEST)
        return fitted(self.goal, labels[chosen], train, judged, test, truth, groups)

    def _labels(self, part: int) -> np.ndarray:
        return labels_of(self.job, self.goal, part)

    def _seen(self, part: int, chosen: np.ndarray | None = None) -> Seen | None:
        """Return how the network sees a part's pictures, None where there was no time."""
        pictures = self.parts[part]
        rows = np.arange(len(pictures)) if chosen is None else chosen
        batches = batched(rows, BATCH)
        pictures.features.expect(batches, 0)
        features, outputs = [], []
        for indices in batches:
            if self.should_stop():
                return None
            batch = pictures.features.batch(indices, 0)
            features.append(means(self.network.last_map(batch)))
            outputs.append(np.asarray(self.network.learner.predict_on_batch(batch)))
        if not features:
            channels = self._channels()
            return Seen(np.zeros((0, channels), np.float32), np.zeros((0, len(self.goal.outputs))))
        return Seen(np.concatenate(features), self.told(np.concatenate(outputs)))

    def _channels(self) -> int:
        body, learner = self.network.body, self.network.learner
        return int((body.output_shape if body else learner.input_shape)[-1])


def labels_of(job: Job, goal: Goal, part: int) -> np.ndarray:
    """Return the classes of a part's pictures, int (n,); all 0 where a picture has none of its own."""
    members = job.members(part)
    if not goal.task.one_class_each:
        return np.zeros(len(members), np.int64)
    return np.asarray(goal.answers(members))


def belonging(job: Job, part: int) -> np.ndarray | None:
    """Return int (n,), equal for pictures of a part that belong together; None where none of a data set do."""
    groups = goals.belonging(job.dataset)
    return None if groups is None else groups[job.members(part)]


def fitted(
    goal: Goal,
    labels: np.ndarray,
    train: Seen,
    judged: Seen,
    test: Seen,
    truth: np.ndarray,
    groups: np.ndarray | None = None,
) -> tuple[Detector, dict[str, Any]] | None:
    """Return a detector and what it does to the test pictures; None where none can be fitted.

    Args:
        goal: what was learnt.
        labels: int (n,), of what was learnt from.
        train: the same pictures.
        judged: those of validation.
        test: those of the test part.
        truth: int (m,), their classes.
        groups: int (m,), equal for those that belong together; None where none do.
    """
    try:
        detector = unknowns.fit(
            train.features, labels, train.doubts(goal), judged.features, judged.doubts(goal)
        )
    except UserError:
        return None
    return detector, _about(goal, detector, test, truth, groups)


def _about(
    goal: Goal, detector: Detector, test: Seen, truth: np.ndarray, groups: np.ndarray | None
) -> dict[str, Any]:
    """Return what is reported: how many test pictures are refused at every choice, and what that brings."""
    shares = detector.share(detector.score(test.features, test.doubts(goal)))
    right = test.told.argmax(axis=1) == truth if goal.task.one_class_each else None
    return {
        "learnt": len(detector.space.kept),
        "calibrated": len(detector.known),
        "test": len(shares),
        "refused": [
            {"careful": careful, "count": int(detector.refuses(shares, careful).sum())}
            for careful in unknowns.CHOICES
        ],
        "risk_coverage": risk_coverage.curve(shares, right, groups) if right is not None else [],
    }


def keep(model_dir: Path, detector: Detector) -> None:
    """Keep a detector beside the model that it was fitted for."""
    detector_file.save(model_dir, detector, persist.describe(model_dir).tail_sha256)


def careful(model_dir: Path) -> float | None:
    """Return which share of known pictures a model refuses, None where it cannot tell unknowns.

    Raises:
        UserError: "model-format" when its detector is damaged.
    """
    if not (model_dir / persist.DESCRIPTION).is_file():
        return None
    found = detector_file.load(model_dir, persist.describe(model_dir).tail_sha256)
    return found.careful if found else None


def take_care(model_dir: Path, share: float) -> None:
    """Let a model refuse another share of known pictures from now on; what was packed of it goes.

    Raises:
        UserError: "careful" for a share that is not offered, "model-format" when its detector is
            damaged.
    """
    if share not in unknowns.CHOICES:
        raise UserError("careful", "A model cannot be as careful as {share}.", "Choose one of 1, 5, 10 or 20 %.", share=share)  # fmt: skip
    found = detector_file.load(model_dir, persist.describe(model_dir).tail_sha256)
    if found:
        keep(model_dir, found.taking(share))
        # Packed before: it would be as careful as it was.
        shutil.rmtree(model_dir.with_name("exports"), ignore_errors=True)
