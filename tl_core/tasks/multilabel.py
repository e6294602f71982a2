"""Multi-label: every example may show several classes at once, or none of them."""

import itertools
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.measures import conformal, intervals, reliability, temperature
from tl_core.measures import labels as measures
from tl_core.measures.conformal import Promise
from tl_core.tasks import closed_form, one_against_rest, problems, wording
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.comparing import ByExample
from tl_core.tasks.one_against_rest import binary_cross_entropy, binary_losses, sigmoid
from tl_core.tasks.problems import Problem
from tl_core.tasks.promised import Promised
from tl_core.tasks.task import Answered, Columns, Reply, Rules, Truths

JOINT = "; "
"""Stands between the labels of one picture in tables and words."""
HALF = 0.5
NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Labels:
    """Binary cross-entropy over logits; answers are bool (n, labels)."""

    outputs: int

    def loss(self) -> Any:
        import keras

        return keras.losses.BinaryCrossentropy(from_logits=True)

    def metrics(self) -> list[str]:
        return []

    def targets(self, answers: np.ndarray) -> np.ndarray:
        return answers.astype(np.float32)

    def weights(self, answers: np.ndarray) -> np.ndarray:
        return np.ones(len(answers), np.float32)

    def measure(self, outputs: np.ndarray, answers: np.ndarray) -> tuple[float, float | None]:
        if len(answers) == 0:
            return 0.0, None
        return (
            binary_cross_entropy(outputs, answers),
            measures.mean_average_precision(answers, outputs),
        )

    def score(self, outputs: np.ndarray, answers: np.ndarray) -> list[float]:
        loss, precision = self.measure(outputs, answers)
        return [precision or 0.0, -loss]

    def losses(self, outputs: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return binary_losses(outputs, answers).mean(axis=1)

    def right(self, outputs: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return ((outputs >= 0) == answers).all(axis=1)

    def mean_errors(self, outputs: np.ndarray, answers: np.ndarray) -> None:
        return None


@dataclass(frozen=True, slots=True)
class LabelGoal:
    """The labels of one data set; raw outputs are logits.

    Attributes:
        truths: the data set.
        usual: bool (labels,), what a guess would always give, by the training part.
        groups: int (n,), what belongs together in the data set, or None.
        rules: what the validation part decided about answers.
    """

    truths: Truths
    usual: np.ndarray
    groups: np.ndarray | None = None
    rules: Rules = NO_RULES

    @property
    def task(self) -> "MultiLabel":
        return TASK

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.truths.classes

    @property
    def rescaling(self) -> None:
        return None

    def answers(self, members: np.ndarray) -> np.ndarray:
        return self.truths.shows[members]

    def objective(self, config: TrainConfig, train: np.ndarray) -> Labels:
        return Labels(len(self.outputs))

    def closed_form(self, train: Answered, val: Answered, l2: float | None = None) -> Linear:
        return one_against_rest.fit(
            *train,
            closed_form.L2_PATH if l2 is None else (l2,),
            validation=val if l2 is None else None,
            overwrite=True,
        )

    def told(self, outputs: np.ndarray) -> np.ndarray:
        return TASK.activated(outputs, self.rules)

    def kept(self, outputs: np.ndarray) -> np.ndarray:
        return self.told(outputs)

    def decided(self, members: np.ndarray, told: np.ndarray) -> "LabelGoal":
        groups = None if self.groups is None else self.groups[members]
        truth, count = self.answers(members), intervals.group_count(groups, len(members))
        divisor = temperature.of_labels(truth, told, count)
        shares = temperature.tempered_each(told, divisor)
        promises = conformal.of_labels(truth, shares, count)
        thresholds = measures.thresholds(truth, shares)
        return self.ruled(Rules((), thresholds, divisor, promises))

    def ruled(self, rules: Rules) -> "LabelGoal":
        return replace(self, rules=rules)

    def tempered(self, told: np.ndarray) -> np.ndarray:
        return temperature.tempered_each(told, self.rules.temperature)

    def summary(self, members: np.ndarray, told: np.ndarray) -> dict[str, Any]:
        groups = None if self.groups is None else self.groups[members]
        return _judged(self.answers(members), told, self.outputs, self.usual, groups, self.rules)

    def headline(self, summary: Mapping[str, Any]) -> float | None:
        return summary.get("map")

    def errors(self, members: np.ndarray, told: np.ndarray) -> np.ndarray:
        return np.array([1 - (measures.mean_average_precision(self.answers(members), told) or 0.0)])

    def beside(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        return {"baseline": summary.get("map_baseline")}


class MultiLabel:
    """See `tasks.task.Task` for what each of these means."""

    kind = "multilabel"
    sort = Said("several labels a picture")
    names_classes = True
    one_class_each = False
    answer_prefix = "p_"
    answer_type: type[np.floating] = np.float32
    purpose = "Says which of several things pictures show: every label above its threshold."
    answer_in_words = (
        "given = [name for name, share, least in zip(names, answers, THRESHOLDS or [0.5] * len(names)) if share >= least]\n"
        'return "; ".join(given) or "-"'
    )
    measure = "mean average precision"

    def is_of(self, truths: Truths) -> bool:
        return truths.shows is not None

    def outputs(self, truths: Truths) -> tuple[str, ...]:
        return truths.classes

    def columns(self, truths: Truths) -> dict[str, np.ndarray]:
        return {"shows": np.packbits(np.asarray(truths.shows, bool), axis=1)}

    def read(self, column: Callable[[str], np.ndarray], outputs: int) -> dict[str, np.ndarray]:
        return {"shows": np.unpackbits(column("shows"), axis=1, count=outputs).astype(bool)}

    def nothing(self, outputs: tuple[str, ...]) -> Columns:
        return {"classes": outputs, "targets": (), "shows": np.zeros((0, len(outputs)), bool)}

    def flaw(self, truths: Truths) -> str:
        if any(len(row) != len(truths.classes) for row in truths.shows):
            return Said("its labels do not fit its classes")
        return wording.flaw_of_classes(truths)

    def truth(self, truths: Truths, rows: np.ndarray) -> np.ndarray:
        return truths.shows[rows]

    def truth_keys(self, truths: Truths) -> list[Hashable]:
        return [row.tobytes() for row in truths.shows]

    def described(self, truths: Truths, row: int) -> str:
        shown = np.flatnonzero(truths.shows[row])
        return JOINT.join(truths.classes[label] for label in shown)

    def strata(self, truths: Truths) -> npt.NDArray[np.int32]:
        # By its rarest label: common ones find their share of themselves.
        counts = truths.shows.sum(axis=0)
        rarity = np.where(truths.shows, counts, len(truths.shows) + 1)
        none = ~truths.shows.any(axis=1)
        return np.where(none, truths.shows.shape[1], rarity.argmin(axis=1)).astype(np.int32)

    def counts(self, truths: Truths) -> npt.NDArray[np.int64]:
        parts = [truths.shows[truths.splits == part].sum(axis=0) for part in range(3)]
        return np.stack(parts, axis=1).astype(np.int64)

    def renumbered(self, truths: Truths, numbers: np.ndarray, count: int) -> Columns:
        shows = np.zeros((len(truths.shows), count), bool)
        for old, new in enumerate(numbers):
            if new >= 0:
                shows[:, new] |= truths.shows[:, old]
        return {"shows": shows, "labels": first_of(shows)}

    def shown_under(self, truths: Truths, label: int) -> np.ndarray:
        return truths.shows[:, label]

    def goes_with(self, truths: Truths, label: int) -> np.ndarray:
        return truths.shows[:, label] & (truths.shows.sum(axis=1) == 1)

    def relabelled(
        self,
        truths: Truths,
        rows: np.ndarray,
        labels: np.ndarray,
        count: int,
        *,
        takes: bool = False,
    ) -> Columns:
        shows = np.zeros((len(truths.shows), count), bool)
        shows[:, : truths.shows.shape[1]] = truths.shows
        shows[rows, labels] = not takes
        return {"shows": shows, "labels": first_of(shows)}

    def joined(self, first: Truths, second: Truths) -> Columns:
        return {"shows": np.concatenate((first.shows, second.shows))}

    def problems(self, truths: Truths, given: set[int]) -> list[Problem]:
        found = problems.of_classes(truths.classes, self.counts(truths), given)
        # One label alone is a question of yes and no.
        return [problem for problem in found if problem.code != "one-class"]

    def goal(
        self, truths: Truths, train: np.ndarray, config: TrainConfig, groups: np.ndarray | None
    ) -> LabelGoal:
        return LabelGoal(truths, measures.usual_labels(truths.shows[train]), groups)

    def judged(
        self,
        truths: Truths,
        truth: np.ndarray,
        told: np.ndarray,
        rules: Rules,
        groups: np.ndarray | None,
    ) -> dict[str, Any]:
        usual = measures.usual_labels(truths.shows[truths.splits == problems.TRAIN])
        return _judged(truth, told, truths.classes, usual, groups, rules)

    def answer_table(self, truth: np.ndarray, told: np.ndarray) -> dict[str, np.ndarray]:
        columns: dict[str, np.ndarray] = {}
        for k in range(told.shape[1]):
            columns |= {f"truth_{k}": truth[:, k], f"p_{k}": told[:, k].astype(np.float32)}
        return columns

    def true_in(self, column: Callable[[str], np.ndarray], outputs: int) -> np.ndarray:
        return np.stack([column(f"truth_{k}") for k in range(outputs)], axis=1)

    def by_example(
        self, truth: np.ndarray, told: np.ndarray, outputs: Sequence[str], rules: Rules
    ) -> list[ByExample]:
        levels = np.array(rules.thresholds or (HALF,) * len(outputs))
        right = (told >= levels) == truth.astype(bool)
        title = Said("share of labels that are given or left out rightly")
        every = Said("share of pictures with all labels right")
        return [
            ByExample("label_accuracy", title, right.mean(axis=1), True, True),
            ByExample("exact", every, right.all(axis=1).astype(np.float64), True, True),
        ]

    def truth_names(self, truth: np.ndarray, outputs: Sequence[str]) -> list[Hashable]:
        names = np.array(outputs, object)
        return [frozenset(names[row]) for row in truth.astype(bool)]

    def flaw_of_rules(self, rules: Rules, outputs: int) -> str:
        fits = not rules.thresholds or len(rules.thresholds) == outputs
        thresholds = rules.thresholds if fits else ()
        may_promise = all(len(promise.limits) == 1 for promise in rules.promises)
        promises = rules.promises if may_promise else ()
        allowed = Rules((), thresholds, rules.temperature, promises)
        return wording.flaw_of_rules(rules, allowed)

    def activated(self, outputs: np.ndarray, rules: Rules) -> np.ndarray:
        return sigmoid(outputs / rules.temperature)

    def activation(self, outputs: Any, rules: Rules) -> Any:
        import keras

        if rules.temperature != 1:
            outputs = keras.layers.Rescaling(1 / rules.temperature, name="temperature")(outputs)
        return keras.layers.Activation("sigmoid", name="probabilities")(outputs)

    def answer(self, names: Sequence[str], row: np.ndarray, rules: Rules) -> dict[str, Any]:
        given = row >= levels(rules, len(names))
        shown = tuple(name for name, gives in zip(names, given, strict=True) if gives)
        return {
            "label": JOINT.join(shown),
            "probabilities": wording.named(names, row),
            "labels": shown,
        }

    def promised(self, answer: Reply, rules: Rules, promise: Promise) -> Promised:
        names = sorted(answer.probabilities, key=lambda name: -answer.probabilities[name])
        row = np.array([[answer.probabilities[name] for name in names]])
        belongs = conformal.named(row, promise)[0]
        return Promised(promise.coverage, tuple(itertools.compress(names, belongs)))

    def doubt(self, answer: Reply, rules: Rules) -> float:
        """Of the label that is nearest to its threshold: 1 upon it, 0 at probability 0 or 1."""
        told = np.array(list(answer.probabilities.values()))
        limits = levels(rules, len(told))
        room = np.where(told < limits, limits, 1 - limits)
        sure = np.abs(told - limits) / np.maximum(room, np.finfo(float).eps)
        return float(1 - sure.min(initial=1.0))

    def speaks_for(self, output: int, outputs: int) -> np.ndarray:
        return np.eye(outputs, dtype=np.float32)[output]

    def columns_of_answers(self, answers: Sequence[Reply]) -> dict[str, list[object]]:
        return {
            "labels": [JOINT.join(answer.labels) for answer in answers],
            **wording.probability_columns(answers),
        }

    def scale(self, expected: np.ndarray) -> float:
        return 1.0

    def same_answer(
        self, expected: np.ndarray, found: np.ndarray, rules: Rules, tolerance: float
    ) -> np.ndarray:
        least = levels(rules, expected.shape[1])
        # What lies at the threshold itself may fall to either side.
        at_edge = np.abs(expected - least) <= tolerance
        return (((expected >= least) == (found >= least)) | at_edge).all(axis=1)

    def in_words(self, summary: Mapping[str, Any]) -> list[str]:
        if summary.get("map") is None:
            return wording.rests_on(summary)
        titles = {
            "map": "mean average precision",
            "micro_f1": "micro F1",
            "macro_f1": "macro F1",
        }
        lines = [
            f"{title}: {summary[name]:.1%} ({wording.share_between(summary, name)}; guessing: "
            f"{summary[f'{name}_baseline']:.1%})"
            for name, title in titles.items()
        ]
        return [
            *lines,
            f"all labels right: {summary['exact']:.1%} of {summary['count']} pictures"
            + (f" ({wording.share_between(summary, 'exact')})" if "exact_low" in summary else ""),
            *wording.rests_on(summary),
        ]

    def score_in_words(self, score: float) -> str:
        return f"mean average precision {score:.1%}"


def _judged(
    truth: np.ndarray,
    told: np.ndarray,
    names: Sequence[str],
    usual: np.ndarray,
    groups: np.ndarray | None,
    rules: Rules,
) -> dict[str, Any]:
    """Return all that is reported of answers: measures, their intervals, and how sure is how right."""
    summary = measures.summary(truth, told, names, rules.thresholds, usual, groups)
    if not truth.size or not np.isfinite(told).all():
        return summary
    certainty = {
        "temperature": rules.temperature,
        "bins": reliability.label_bins(truth, told, groups),
    }
    sets = [conformal.judged_labels(truth, told, promise, groups) for promise in rules.promises]
    return summary | {"certainty": certainty, "sets": sets}


def levels(rules: Rules, outputs: int) -> np.ndarray:
    """Return from which probability on each label is given, float (outputs,)."""
    return np.array(rules.thresholds or (HALF,) * outputs)


def first_of(shows: np.ndarray) -> npt.NDArray[np.int32]:
    """Return int32 (n,): the first label that each picture shows, 0 where it shows none."""
    return (
        shows.argmax(axis=1).astype(np.int32) if shows.shape[1] else np.zeros(len(shows), np.int32)
    )


TASK = MultiLabel()
