"""Classify: every example has one class of several."""

import itertools
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig
from tl_core.measures import (
    class_intervals,
    conformal,
    intervals,
    metrics,
    reliability,
    temperature,
)
from tl_core.measures.conformal import Promise
from tl_core.tasks import closed_form, comparing, problems, wording
from tl_core.tasks.class_objective import Classes
from tl_core.tasks.closed_form import (
    Linear,
    fit_softmax,
    softmax,
)
from tl_core.tasks.comparing import ByExample
from tl_core.tasks.problems import Problem
from tl_core.tasks.promised import Promised
from tl_core.tasks.task import Answered, Columns, Reply, Rules, Truths

PROBABILITY_DIGITS = 4
NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class ClassGoal:
    """The classes of one data set; raw outputs are logits.

    Attributes:
        truths: the data set.
        train: indices of its training part.
        balanced: whether every class counts alike, however rare.
        groups: int (n,), what belongs together in the data set, or None.
        rules: what the validation part decided about answers.
    """

    truths: Truths
    train: np.ndarray
    balanced: bool
    groups: np.ndarray | None = None
    rules: Rules = NO_RULES

    @property
    def task(self) -> "Classify":
        return TASK

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.truths.classes

    @property
    def rescaling(self) -> None:
        return None

    @property
    def majority(self) -> int:
        """Return the commonest class of the training part."""
        return int(self._counts().argmax())

    def answers(self, members: np.ndarray) -> np.ndarray:
        return self.truths.labels[members]

    def objective(self, config: TrainConfig, train: np.ndarray) -> Classes:
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
        return TASK.activated(outputs, self.rules)

    def kept(self, outputs: np.ndarray) -> np.ndarray:
        return self.told(outputs)

    def decided(self, members: np.ndarray, told: np.ndarray) -> "ClassGoal":
        groups = None if self.groups is None else self.groups[members]
        truth, count = self.answers(members), intervals.group_count(groups, len(members))
        divisor = temperature.of_classes(truth, told, count)
        promises = conformal.of_classes(truth, temperature.tempered(told, divisor), count)
        return self.ruled(Rules(temperature=divisor, promises=promises))

    def ruled(self, rules: Rules) -> "ClassGoal":
        return replace(self, rules=rules)

    def tempered(self, told: np.ndarray) -> np.ndarray:
        return temperature.tempered(told, self.rules.temperature)

    def summary(self, members: np.ndarray, told: np.ndarray) -> dict[str, Any]:
        groups = None if self.groups is None else self.groups[members]
        truth = self.answers(members)
        return _judged(truth, told, self.outputs, self.majority, groups, self.rules)

    def headline(self, summary: Mapping[str, Any]) -> float | None:
        return summary.get("accuracy")

    def errors(self, members: np.ndarray, told: np.ndarray) -> np.ndarray:
        return np.array([float(np.mean(told.argmax(axis=1) != self.answers(members)))])

    def beside(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        return {"baseline": summary.get("baseline")}

    def _counts(self) -> np.ndarray:
        return np.bincount(self.truths.labels[self.train], minlength=len(self.outputs))


class Classify:
    """See `tasks.task.Task` for what each of these means."""

    kind = "classify"
    sort = Said("classes")
    names_classes = True
    one_class_each = True
    answer_prefix = "p_"
    answer_type: type[np.floating] = np.float32
    purpose = "Says what is in pictures: the name of the class and how sure the model is."
    answer_in_words = 'return f"{names[answers.argmax()]}\\t{answers.max():.3f}"'
    measure = "accuracy"

    def is_of(self, truths: Truths) -> bool:
        return truths.values is None and truths.shows is None

    def outputs(self, truths: Truths) -> tuple[str, ...]:
        return truths.classes

    def columns(self, truths: Truths) -> dict[str, np.ndarray]:
        return {}

    def read(self, column: Callable[[str], np.ndarray], outputs: int) -> dict[str, np.ndarray]:
        return {}

    def nothing(self, outputs: tuple[str, ...]) -> Columns:
        return {"classes": outputs, "targets": ()}

    def flaw(self, truths: Truths) -> str:
        return wording.flaw_of_classes(truths)

    def truth(self, truths: Truths, rows: np.ndarray) -> np.ndarray:
        return truths.labels[rows]

    def truth_keys(self, truths: Truths) -> list[Hashable]:
        return truths.labels.tolist()

    def described(self, truths: Truths, row: int) -> str:
        return truths.classes[int(truths.labels[row])]

    def strata(self, truths: Truths) -> npt.NDArray[np.int32]:
        return truths.labels

    def counts(self, truths: Truths) -> npt.NDArray[np.int64]:
        table = np.zeros((max(1, len(truths.classes)), 3), np.int64)
        np.add.at(table, (truths.labels, truths.splits), 1)
        return table

    def renumbered(self, truths: Truths, numbers: np.ndarray, count: int) -> Columns:
        # One that goes has no example any more.
        return {"labels": np.maximum(numbers, 0)[truths.labels].astype(np.int32)}

    def shown_under(self, truths: Truths, label: int) -> np.ndarray:
        return truths.labels == label

    def goes_with(self, truths: Truths, label: int) -> np.ndarray:
        return truths.labels == label

    def relabelled(
        self,
        truths: Truths,
        rows: np.ndarray,
        labels: np.ndarray,
        count: int,
        *,
        takes: bool = False,
    ) -> Columns:
        changed = truths.labels.copy()
        changed[rows] = labels
        return {"labels": changed}

    def joined(self, first: Truths, second: Truths) -> Columns:
        return {}

    def problems(self, truths: Truths, given: set[int]) -> list[Problem]:
        return problems.of_classes(truths.classes, self.counts(truths), given)

    def goal(
        self, truths: Truths, train: np.ndarray, config: TrainConfig, groups: np.ndarray | None
    ) -> ClassGoal:
        return ClassGoal(truths, train, config.objective.class_weights == "balanced", groups)

    def judged(
        self,
        truths: Truths,
        truth: np.ndarray,
        told: np.ndarray,
        rules: Rules,
        groups: np.ndarray | None,
    ) -> dict[str, Any]:
        learnt = truths.labels[truths.splits == problems.TRAIN]
        majority = int(np.bincount(learnt, minlength=len(truths.classes)).argmax())
        return _judged(truth, told, truths.classes, majority, groups, rules)

    def answer_table(self, truth: np.ndarray, told: np.ndarray) -> dict[str, np.ndarray]:
        shares = {f"p_{k}": told[:, k].astype(np.float32) for k in range(told.shape[1])}
        return {"truth": truth, "predicted": told.argmax(axis=1), **shares}

    def true_in(self, column: Callable[[str], np.ndarray], outputs: int) -> np.ndarray:
        return column("truth")

    def by_example(
        self, truth: np.ndarray, told: np.ndarray, outputs: Sequence[str], rules: Rules
    ) -> list[ByExample]:
        given = told[np.arange(len(truth)), truth].astype(np.float64)
        surprise = -np.log(np.maximum(given, metrics.SMALLEST_PROBABILITY))
        return [
            comparing.accuracy(told.argmax(axis=1) == truth),
            ByExample("log_loss", Said("log loss"), surprise, False, False),
        ]

    def truth_names(self, truth: np.ndarray, outputs: Sequence[str]) -> list[Hashable]:
        return [outputs[int(label)] for label in truth]

    def flaw_of_rules(self, rules: Rules, outputs: int) -> str:
        fits = all(len(promise.limits) == 1 for promise in rules.promises)
        promises = rules.promises if fits else ()
        return wording.flaw_of_rules(rules, Rules(temperature=rules.temperature, promises=promises))

    def activated(self, outputs: np.ndarray, rules: Rules) -> np.ndarray:
        return softmax(outputs / rules.temperature)

    def activation(self, outputs: Any, rules: Rules) -> Any:
        import keras

        if rules.temperature != 1:
            outputs = keras.layers.Rescaling(1 / rules.temperature, name="temperature")(outputs)
        return keras.layers.Softmax(name="probabilities")(outputs)

    def answer(self, names: Sequence[str], row: np.ndarray, rules: Rules) -> dict[str, Any]:
        return {"label": names[int(row.argmax())], "probabilities": wording.named(names, row)}

    def promised(self, answer: Reply, rules: Rules, promise: Promise) -> Promised:
        names = sorted(answer.probabilities, key=lambda name: -answer.probabilities[name])
        row = np.array([[answer.probabilities[name] for name in names]])
        belongs = conformal.chosen(row, promise)[0]
        return Promised(promise.coverage, tuple(itertools.compress(names, belongs)))

    def doubt(self, answer: Reply, rules: Rules) -> float:
        return 1 - max(answer.probabilities.values(), default=0.0)

    def speaks_for(self, output: int, outputs: int) -> np.ndarray:
        # What is added to all classes alike changes no probability, so it is left out.
        return np.eye(outputs, dtype=np.float32)[output] - np.float32(1 / outputs)

    def columns_of_answers(self, answers: Sequence[Reply]) -> dict[str, list[object]]:
        shares = [
            round(answer.probabilities[answer.label], PROBABILITY_DIGITS) for answer in answers
        ]
        return {
            "answer": [answer.label for answer in answers],
            "probability": list(shares),
            **wording.probability_columns(answers),
        }

    def scale(self, expected: np.ndarray) -> float:
        return 1.0

    def same_answer(
        self, expected: np.ndarray, found: np.ndarray, rules: Rules, tolerance: float
    ) -> np.ndarray:
        # Of two that are as probable either will do.
        rows, label = np.arange(len(expected)), found.argmax(axis=1)
        return expected.max(axis=1) - expected[rows, label] <= tolerance

    def in_words(self, summary: Mapping[str, Any]) -> list[str]:
        if summary.get("accuracy") is None:
            return wording.rests_on(summary)
        low, high = summary["accuracy_low"], summary["accuracy_high"]
        return [
            f"accuracy: {summary['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%}), "
            + counted(
                "{right} of {count} picture",
                "{right} of {count} pictures",
                summary["count"],
                right=summary["right"],
            ),
            *wording.rests_on(summary),
            f"always answering {summary['baseline_class']!r}: {summary['baseline']:.1%}",
            *wording.of_certainty(summary),
        ]

    def score_in_words(self, score: float) -> str:
        return f"{score:.1%}"


def _judged(
    truth: np.ndarray,
    told: np.ndarray,
    names: Sequence[str],
    majority: int,
    groups: np.ndarray | None,
    rules: Rules,
) -> dict[str, Any]:
    """Return all that is reported of answers: numbers, their intervals, and how sure is how right."""
    summary = metrics.summary(truth, told, names, majority, groups)
    if not len(truth):
        return summary
    trusted = class_intervals.with_intervals(summary, truth, told, groups)
    if not np.isfinite(told).all():
        return trusted
    certainty = reliability.before_and_after(truth, told, groups, rules.temperature)
    sets = [conformal.judged(truth, told, promise, groups) for promise in rules.promises]
    return trusted | {"certainty": certainty, "sets": sets}


TASK = Classify()
