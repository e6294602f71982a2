"""Regress: every example comes with one or more numbers."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tl_core.base.said import Said
from tl_core.config import Loss, TrainConfig
from tl_core.measures import conformal, intervals, metrics
from tl_core.measures.conformal import Promise
from tl_core.tasks import closed_form, logarithms, problems, wording
from tl_core.tasks.closed_form import Linear, fit_ridge
from tl_core.tasks.comparing import ByExample
from tl_core.tasks.problems import Problem
from tl_core.tasks.promised import Promised
from tl_core.tasks.task import Answered, Columns, Reply, Rules, Truths


@dataclass(frozen=True, slots=True)
class Numbers:
    """Distance from standardised targets; answers are float (n, targets), standardised.

    Attributes:
        kind: mean squared error, mean absolute error, or Huber's mixture of both, which is
            squared up to one standard deviation and absolute beyond.
        deviation: float (targets,), what one standardised unit is in the target's own.
        told: standardised numbers to the target's own, where that is more than a factor.

    Reference:
        Huber 1964, Robust estimation of a location parameter.
    """

    kind: Loss
    deviation: np.ndarray
    told: Callable[[np.ndarray], np.ndarray] | None = None

    @property
    def outputs(self) -> int:
        return len(self.deviation)

    def loss(self) -> Any:
        from keras import losses

        return {"mse": losses.MeanSquaredError, "mae": losses.MeanAbsoluteError}.get(
            self.kind, losses.Huber
        )()

    def metrics(self) -> list[str]:
        return []

    def targets(self, answers: np.ndarray) -> np.ndarray:
        return answers.astype(np.float32)

    def weights(self, answers: np.ndarray) -> np.ndarray:
        return np.ones(len(answers), np.float32)

    def measure(self, outputs: np.ndarray, answers: np.ndarray) -> tuple[float, float | None]:
        if len(answers) == 0:
            return 0.0, None
        return float(self._missed_by(outputs, answers).mean()), None

    def score(self, outputs: np.ndarray, answers: np.ndarray) -> list[float]:
        return [0.0, -self.measure(outputs, answers)[0]]

    def losses(self, outputs: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return self._missed_by(outputs, answers).mean(axis=1)

    def _missed_by(self, outputs: np.ndarray, answers: np.ndarray) -> np.ndarray:
        """Return how much each number's miss counts, float64 (n, targets)."""
        missed = np.abs(outputs.astype(np.float64) - answers)
        if self.kind == "mse":
            return missed**2
        if self.kind == "huber":
            return np.where(missed <= 1, missed**2 / 2, missed - 0.5)
        return missed

    def right(self, outputs: np.ndarray, answers: np.ndarray) -> None:
        return None

    def mean_errors(self, outputs: np.ndarray, answers: np.ndarray) -> list[float] | None:
        if len(answers) == 0:
            return None
        told = self.told or (lambda numbers: numbers * self.deviation)
        missed = np.abs(told(outputs.astype(np.float64)) - told(answers)).mean(axis=0)
        return [float(error) for error in missed]


@dataclass(frozen=True, slots=True)
class NumberGoal:
    """The numbers of one data set, standardised while training; raw outputs are standardised too.

    Attributes:
        truths: the data set.
        mean: float64 (targets,), over the training part.
        deviation: float64 (targets,), positive.
        log: which targets are learnt as logarithms; mean and deviation are of these then.
        groups: int (n,), what belongs together in the data set, or None.
        guesses: float64 (targets,), the middle of the training part: what a guess would be.
        promises: see `Rules`; empty until the validation part decides.
    """

    truths: Truths
    mean: np.ndarray
    deviation: np.ndarray
    log: tuple[bool, ...]
    groups: np.ndarray | None = None
    guesses: np.ndarray | None = None
    promises: tuple[Promise, ...] = ()

    @property
    def task(self) -> "Regress":
        return TASK

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.truths.targets

    @property
    def rules(self) -> Rules:
        return Rules(log=self.log, promises=self.promises)

    @property
    def rescaling(self) -> tuple[np.ndarray, np.ndarray]:
        return self.deviation, self.mean

    def answers(self, members: np.ndarray) -> np.ndarray:
        return (
            logarithms.scaled(self.truths.values[members], self.log) - self.mean
        ) / self.deviation

    def objective(self, config: TrainConfig, train: np.ndarray) -> Numbers:
        return Numbers(config.objective.loss, self.deviation, self.told)

    def closed_form(self, train: Answered, val: Answered, l2: float | None = None) -> Linear:
        path = closed_form.RIDGE_PATH if l2 is None else (l2,)
        return fit_ridge(*train, path, validation=val if l2 is None else None, overwrite=True)

    def told(self, outputs: np.ndarray) -> np.ndarray:
        return self.kept(outputs * self.deviation + self.mean)

    def kept(self, outputs: np.ndarray) -> np.ndarray:
        return logarithms.in_own_units(outputs, self.log)

    def decided(self, members: np.ndarray, told: np.ndarray) -> "NumberGoal":
        groups = None if self.groups is None else self.groups[members]
        truth, answered = (
            logarithms.scaled(numbers, self.log) for numbers in (self.truths.values[members], told)
        )
        count = intervals.group_count(groups, len(members))
        return replace(self, promises=conformal.of_numbers(truth, answered, count))

    def ruled(self, rules: Rules) -> "NumberGoal":
        return replace(self, promises=rules.promises)

    def tempered(self, told: np.ndarray) -> np.ndarray:
        return told

    def summary(self, members: np.ndarray, told: np.ndarray) -> dict[str, Any]:
        groups = None if self.groups is None else self.groups[members]
        truth = self.truths.values[members]
        return _judged(truth, told, self.outputs, self.guesses, groups, self.rules)

    def headline(self, summary: Mapping[str, Any]) -> float | None:
        known = [row["r2"] for row in summary["targets"] if row.get("r2") is not None]
        return float(np.mean(known)) if known else None

    def errors(self, members: np.ndarray, told: np.ndarray) -> np.ndarray:
        return np.abs(told - self.truths.values[members]).mean(axis=0)

    def beside(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        rows = summary["targets"]
        return {
            "val_mae": [row["mae"] for row in rows],
            "baseline_mae": [row.get("baseline_mae") for row in rows],
        }


class Regress:
    """See `tasks.task.Task` for what each of these means."""

    kind = "regress"
    sort = Said("numbers")
    names_classes = False
    one_class_each = False
    answer_prefix = "predicted_"
    answer_type: type[np.floating] = np.float64
    purpose = "Reads numbers off pictures."
    answer_in_words = 'return "\\t".join(f"{name}={x:.6g}" for name, x in zip(names, answers))'
    measure = "R²"

    def is_of(self, truths: Truths) -> bool:
        return truths.values is not None

    def outputs(self, truths: Truths) -> tuple[str, ...]:
        return truths.targets

    def columns(self, truths: Truths) -> dict[str, np.ndarray]:
        return {f"target_{k}": truths.values[:, k] for k in range(len(truths.targets))}

    def read(self, column: Callable[[str], np.ndarray], outputs: int) -> dict[str, np.ndarray]:
        return {"values": np.stack([column(f"target_{k}") for k in range(outputs)], axis=1)}

    def nothing(self, outputs: tuple[str, ...]) -> Columns:
        return {"classes": (), "targets": outputs, "values": np.empty((0, len(outputs)))}

    def flaw(self, truths: Truths) -> str:
        if bool(truths.classes) == bool(truths.targets):
            return Said("it has to have either classes or numbers")
        if truths.classes or any(len(row) != len(truths.targets) for row in truths.values):
            return Said("its numbers do not fit its columns")
        return Said("a picture has a class that is none") if any(truths.labels) else ""

    def truth(self, truths: Truths, rows: np.ndarray) -> np.ndarray:
        return truths.values[rows]

    def truth_keys(self, truths: Truths) -> list[Hashable]:
        return [0] * len(truths.labels)  # two measurements of one picture may well differ

    def described(self, truths: Truths, row: int) -> str:
        return ""

    def strata(self, truths: Truths) -> npt.NDArray[np.int32]:
        return strata(truths.values)

    def counts(self, truths: Truths) -> npt.NDArray[np.int64]:
        return np.bincount(truths.splits, minlength=3)[None, :3].astype(np.int64)

    def renumbered(self, truths: Truths, numbers: np.ndarray, count: int) -> Columns:
        return {}

    def shown_under(self, truths: Truths, label: int) -> np.ndarray:
        return np.ones(len(truths.labels), bool)

    def goes_with(self, truths: Truths, label: int) -> np.ndarray:
        return np.zeros(len(truths.labels), bool)

    def relabelled(
        self,
        truths: Truths,
        rows: np.ndarray,
        labels: np.ndarray,
        count: int,
        *,
        takes: bool = False,
    ) -> Columns:
        return {}  # numbers have no classes

    def joined(self, first: Truths, second: Truths) -> Columns:
        return {"values": np.concatenate((first.values, second.values))}

    def problems(self, truths: Truths, given: set[int]) -> list[Problem]:
        return []

    def goal(
        self, truths: Truths, train: np.ndarray, config: TrainConfig, groups: np.ndarray | None
    ) -> NumberGoal:
        log = tuple(
            config.objective.target_scale == "log" and bool((v > 0).all()) for v in truths.values.T
        )
        learnt = logarithms.scaled(truths.values[train], log)
        spread = learnt.std(axis=0)
        guesses = np.median(truths.values[train], axis=0) if len(train) else None
        deviation = np.where(spread > 0, spread, 1.0)
        return NumberGoal(truths, learnt.mean(axis=0), deviation, log, groups, guesses)

    def judged(
        self,
        truths: Truths,
        truth: np.ndarray,
        told: np.ndarray,
        rules: Rules,
        groups: np.ndarray | None,
    ) -> dict[str, Any]:
        learnt = truths.values[truths.splits == problems.TRAIN]
        middle = np.median(learnt, axis=0) if len(learnt) else None
        return _judged(truth, told, truths.targets, middle, groups, rules)

    def answer_table(self, truth: np.ndarray, told: np.ndarray) -> dict[str, np.ndarray]:
        pairs: dict[str, np.ndarray] = {}
        for k in range(told.shape[1]):
            pairs |= {f"truth_{k}": truth[:, k], f"predicted_{k}": told[:, k]}
        return pairs

    def true_in(self, column: Callable[[str], np.ndarray], outputs: int) -> np.ndarray:
        return np.stack([column(f"truth_{k}") for k in range(outputs)], axis=1)

    def by_example(
        self, truth: np.ndarray, told: np.ndarray, outputs: Sequence[str], rules: Rules
    ) -> list[ByExample]:
        errors = np.abs(told.astype(np.float64) - truth)
        return [
            ByExample(
                f"mae {name}", Said("mean error of {name}", name=name), errors[:, k], False, False
            )
            for k, name in enumerate(outputs)
        ]

    def truth_names(self, truth: np.ndarray, outputs: Sequence[str]) -> list[Hashable]:
        return [tuple(zip(outputs, row, strict=True)) for row in truth.tolist()]

    def flaw_of_rules(self, rules: Rules, outputs: int) -> str:
        fits = not rules.log or len(rules.log) == outputs
        promises = rules.promises
        if any(len(promise.limits) != outputs for promise in promises):
            promises = ()
        return wording.flaw_of_rules(rules, Rules(rules.log if fits else (), promises=promises))

    def activated(self, outputs: np.ndarray, rules: Rules) -> np.ndarray:
        return logarithms.in_own_units(outputs, rules.log)

    def activation(self, outputs: Any, rules: Rules) -> Any:
        return logarithms.exponential_of(outputs, rules.log) if any(rules.log) else outputs

    def answer(self, names: Sequence[str], row: np.ndarray, rules: Rules) -> dict[str, Any]:
        return {"label": "", "probabilities": {}, "numbers": wording.named(names, row)}

    def promised(self, answer: Reply, rules: Rules, promise: Promise) -> Promised:
        told = np.array([list(answer.numbers.values())])
        pairs = zip(*(end[0].tolist() for end in _ends(told, rules, promise)), strict=True)
        return Promised(promise.coverage, ranges=dict(zip(answer.numbers, pairs, strict=True)))

    def doubt(self, answer: Reply, rules: Rules) -> float:
        return 0.0 if answer.unknown is None else 1 - answer.unknown

    def speaks_for(self, output: int, outputs: int) -> np.ndarray:
        return np.eye(outputs, dtype=np.float32)[output]

    def columns_of_answers(self, answers: Sequence[Reply]) -> dict[str, list[object]]:
        return {
            f"predicted {target}": [answer.numbers[target] for answer in answers]
            for target in answers[0].numbers
        }

    def scale(self, expected: np.ndarray) -> np.ndarray:
        # Each number by its own size: a price must not hide a count of rooms.
        return np.maximum(1.0, np.abs(expected).max(axis=0))

    def same_answer(
        self, expected: np.ndarray, found: np.ndarray, rules: Rules, tolerance: float
    ) -> np.ndarray:
        return np.ones(len(expected), bool)  # how far numbers differ says it all

    def in_words(self, summary: Mapping[str, Any]) -> list[str]:
        return wording.rests_on(summary) + [
            f"{row['target']}: off by {row['mae']:.4g} on average (95 % interval "
            f"{row['mae_low']:.4g} to {row['mae_high']:.4g}; always answering the middle: "
            f"{row['baseline_mae']:.4g}), R² {wording.number_or_dash(row['r2'])}"
            for row in summary.get("targets", [])
            if row.get("mae") is not None
        ]

    def score_in_words(self, score: float) -> str:
        return f"R² {score:.3f}"


def _judged(
    truth: np.ndarray,
    told: np.ndarray,
    names: Sequence[str],
    guesses: np.ndarray | None,
    groups: np.ndarray | None,
    rules: Rules,
) -> dict[str, Any]:
    """Return all that is reported of answers, `ranges` for each number: how its promises held."""
    summary = metrics.regression_summary(truth, told, names, guesses, groups)
    ends = [(one, *_ends(told, rules, one)) for one in rules.promises]
    for k, row in enumerate(summary["targets"]):
        if row["mae"] is not None:
            row["ranges"] = [
                conformal.judged_numbers(truth[:, k], low[:, k], high[:, k], one, groups)
                for one, low, high in ends
            ]
    return summary


def _ends(told: np.ndarray, rules: Rules, promise: Promise) -> tuple[np.ndarray, np.ndarray]:
    """Return lowest and highest of each number, each float (n, numbers), in their own units."""
    log = rules.log or (False,) * told.shape[1]
    middle, far = logarithms.scaled(told, log), np.array([promise.limits])
    return logarithms.in_own_units(middle - far, log), logarithms.in_own_units(middle + far, log)


def strata(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Return int32 (n,): up to five ranges of the first target, each with ten values or more.

    Cut by these, every part covers the whole range of what is to be predicted.
    """
    bins = int(np.clip(len(values) // 10, 1, 5))
    order = np.argsort(values[:, 0], kind="stable")
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return (ranks * bins // max(1, len(order))).astype(np.int32)


TASK = Regress()
