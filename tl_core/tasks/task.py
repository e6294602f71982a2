"""What is to be learnt, classes or numbers, and how answers become results.

Imports no TensorFlow; `objective` builds the Keras side when it is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from tl_core.config import TrainConfig
from tl_core.datasets import edits, guard, splits
from tl_core.datasets.manifest import Dataset
from tl_core.models.persist import in_own_units
from tl_core.tasks import closed_form
from tl_core.tasks.closed_form import Linear, fit_ridge, fit_softmax, softmax

if TYPE_CHECKING:
    from tl_core.tasks.objective import Objective


Kind = Literal["classify", "regress"]
Answered = tuple[np.ndarray, np.ndarray]
"""Features, float (n, d), and what is to be answered."""


class Judge(Protocol):
    """`evaluation.metrics`, handed in because evaluation stands above training."""

    def summary(
        self,
        truth: np.ndarray,
        probabilities: np.ndarray,
        classes: Sequence[str],
        majority: int | None = None,
        groups: np.ndarray | None = None,
    ) -> dict[str, Any]: ...

    def regression_summary(
        self,
        truth: np.ndarray,
        predicted: np.ndarray,
        targets: Sequence[str],
        guesses: np.ndarray | None = None,
        groups: np.ndarray | None = None,
    ) -> dict[str, Any]: ...


class Task(Protocol):
    """The one place where classification and regression differ around training."""

    @property
    def kind(self) -> Kind: ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the names of the outputs."""
        ...

    def answers(self, members: np.ndarray) -> np.ndarray:
        """Return what is to be learnt of some pictures, by index."""
        ...

    def objective(self, config: TrainConfig, train: np.ndarray) -> "Objective":
        """Return what training minimises (imports keras)."""
        ...

    def closed_form(self, train: Answered, val: Answered, l2: float | None = None) -> Linear:
        """Return the best linear head on features, given with their answers; those of `train` are overwritten.

        `val` chooses the strength, unless `l2` says it.
        """
        ...

    def told(self, outputs: np.ndarray) -> np.ndarray:
        """Turn raw outputs of the network into probabilities, or into numbers in the targets' own units."""
        ...

    def kept(self, outputs: np.ndarray) -> np.ndarray:
        """Return those answers from the outputs of the saved model, which may have been scaled back already."""
        ...

    def summary(self, judge: Judge, members: np.ndarray, told: np.ndarray) -> dict[str, Any]:
        """Return all numbers that describe how good the answers on some pictures are."""
        ...

    def headline(self, summary: dict[str, Any]) -> float | None:
        """Return the accuracy, or the mean coefficient of determination (R²) of the targets."""
        ...

    def beside(self, summary: dict[str, Any]) -> dict[str, Any]:
        """Return the baseline that stands beside the headline of the exact solution: what guessing would reach."""
        ...


def of(dataset: Dataset, train: np.ndarray, config: TrainConfig) -> Task:
    """Return the task that a data set sets; `train` are the indices of its training pictures."""
    groups = belonging(dataset)
    if dataset.values is None:
        return Classify(dataset, train, config.objective.class_weights == "balanced", groups)
    log = tuple(
        config.objective.target_scale == "log" and bool((v > 0).all()) for v in dataset.values.T
    )
    learnt = _scaled(dataset.values[train], log)
    spread = learnt.std(axis=0)
    guesses = np.median(dataset.values[train], axis=0) if len(train) else None
    deviation = np.where(spread > 0, spread, 1.0)
    return Regress(dataset, learnt.mean(axis=0), deviation, log, groups, guesses)


def belonging(dataset: Dataset) -> np.ndarray | None:
    """Return int64 (n,), equal for pictures that belong together; None where each is on its own.

    These are copies and groups, whatever told of them; judged pictures that belong together are
    right or wrong together.
    """
    split = dataset.split or splits.Split.model_validate({})
    groups = guard.numbered(edits.together(dataset, split))
    return None if len(np.unique(groups)) == len(groups) else groups


def _scaled(values: np.ndarray, log: tuple[bool, ...]) -> np.ndarray:
    """Return float64 (n, targets) with the logarithm of the columns in `log`."""
    return np.where(log, np.log(np.where(log, values, 1.0)), values)


def most_rows(task: Task, features: np.ndarray) -> int:
    """Return of how many pictures a linear head is solved for at most, for memory's sake."""
    each = closed_form.fit_bytes(1, features.shape[1], len(task.outputs))
    return closed_form.FIT_BYTES // each


def exact_head(
    task: Task,
    features: np.ndarray,
    learnt: np.ndarray,
    choosing: np.ndarray,
    l2: float | None = None,
) -> Linear:
    """Return the best linear head on some pictures of a data set.

    Where they are too many for memory, a part of them that has each class in its share.

    Args:
        task: classes or numbers.
        features: float32 (n, d), a row for every picture; may lie in a file.
        learnt: which pictures to solve for, int.
        choosing: which ones choose the strength, int; may be empty.
        l2: the strength where it is known already.
    """
    most = most_rows(task, features)
    learnt = learnt[closed_form.spread(task.answers(learnt), most)]
    choosing = choosing[closed_form.spread(task.answers(choosing), most // 4)]
    train, val = ((features[rows], task.answers(rows)) for rows in (learnt, choosing))
    return task.closed_form(train, val, l2)


@dataclass(frozen=True, slots=True)
class Classify:
    """One class for each picture; raw outputs are logits.

    Attributes:
        groups: int (n,), what belongs together in the data set, or None.
    """

    dataset: Dataset
    train: np.ndarray
    balanced: bool
    groups: np.ndarray | None = None
    kind: Kind = "classify"

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.dataset.classes

    @property
    def majority(self) -> int:
        """Return the commonest class of the training pictures."""
        return int(self._counts().argmax())

    def answers(self, members: np.ndarray) -> np.ndarray:
        return self.dataset.labels[members]

    def objective(self, config: TrainConfig, train: np.ndarray) -> "Objective":
        from tl_core.tasks.objective import Classes

        return Classes.of(config, train, len(self.outputs))

    def closed_form(self, train: Answered, val: Answered, l2: float | None = None) -> Linear:
        weights = val_weights = None
        if self.balanced:
            weights = (1 / np.maximum(self._counts(), 1))[train[1]]
            val_weights = closed_form.balance(val[1], len(self.outputs))
        return fit_softmax(
            *train,
            len(self.outputs),
            l2_path=closed_form.L2_PATH if l2 is None else (l2,),
            validation=val if l2 is None else None,
            sample_weights=weights,
            validation_weights=val_weights,
            overwrite=True,
        )

    def told(self, outputs: np.ndarray) -> np.ndarray:
        return softmax(outputs)

    def kept(self, outputs: np.ndarray) -> np.ndarray:
        return self.told(outputs)

    def summary(self, judge: Judge, members: np.ndarray, told: np.ndarray) -> dict[str, Any]:
        groups = None if self.groups is None else self.groups[members]
        return judge.summary(self.answers(members), told, self.outputs, self.majority, groups)

    def headline(self, summary: dict[str, Any]) -> float | None:
        return summary.get("accuracy")

    def beside(self, summary: dict[str, Any]) -> dict[str, Any]:
        return {"baseline": summary.get("baseline")}

    def _counts(self) -> np.ndarray:
        return np.bincount(self.dataset.labels[self.train], minlength=len(self.outputs))


@dataclass(frozen=True, slots=True)
class Regress:
    """Numbers for each picture, standardised while training; raw outputs are standardised too.

    Attributes:
        mean: float64 (targets,), over the training pictures.
        deviation: float64 (targets,), positive.
        log: which targets are learnt as logarithms; mean and deviation are of these then.
        groups: int (n,), what belongs together in the data set, or None.
        guesses: float64 (targets,), the middle of the training pictures: what a guess would be.
    """

    dataset: Dataset
    mean: np.ndarray
    deviation: np.ndarray
    log: tuple[bool, ...]
    groups: np.ndarray | None = None
    guesses: np.ndarray | None = None
    kind: Kind = "regress"

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.dataset.targets

    def answers(self, members: np.ndarray) -> np.ndarray:
        return (_scaled(self._values()[members], self.log) - self.mean) / self.deviation

    def objective(self, config: TrainConfig, train: np.ndarray) -> "Objective":
        from tl_core.tasks.objective import Numbers

        return Numbers(config.objective.loss, self.deviation, self.told)

    def closed_form(self, train: Answered, val: Answered, l2: float | None = None) -> Linear:
        path = closed_form.RIDGE_PATH if l2 is None else (l2,)
        return fit_ridge(*train, path, validation=val if l2 is None else None, overwrite=True)

    def told(self, outputs: np.ndarray) -> np.ndarray:
        return self.kept(outputs * self.deviation + self.mean)

    def kept(self, outputs: np.ndarray) -> np.ndarray:
        return in_own_units(outputs, self.log)

    def summary(self, judge: Judge, members: np.ndarray, told: np.ndarray) -> dict[str, Any]:
        groups = None if self.groups is None else self.groups[members]
        truth = self._values()[members]
        return judge.regression_summary(truth, told, self.outputs, self.guesses, groups)

    def headline(self, summary: dict[str, Any]) -> float | None:
        known = [row["r2"] for row in summary["targets"] if row.get("r2") is not None]
        return float(np.mean(known)) if known else None

    def beside(self, summary: dict[str, Any]) -> dict[str, Any]:
        rows = summary["targets"]
        return {
            "val_mae": [row["mae"] for row in rows],
            "baseline_mae": [row.get("baseline_mae") for row in rows],
        }

    def _values(self) -> np.ndarray:
        if self.dataset.values is None:
            raise ValueError("a regression needs values")
        return self.dataset.values
