"""The seam of tasks: what may be learnt from examples, and all that depends on it.

A member says how answers are stored, learnt, judged, worded and exported. It lies in one module
of this folder and in one line of `registry`; whoever needs to know asks it, so that nobody else
asks which task it is. What the pages draw of it stands in `pages/parts/shared/tasks`.

Imports neither TensorFlow nor Keras; members import Keras inside what needs it.

Longer than 400 lines because all that a member may say is declared in one place.

Longer than 400 lines because a seam is read as a whole: what a member has to tell stands in one place.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.measures.conformal import Promise
from tl_core.tasks import closed_form
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.comparing import ByExample
from tl_core.tasks.objective import Objective
from tl_core.tasks.problems import Problem
from tl_core.tasks.promised import Promised
from tl_core.tasks.reply import Reply

Answered = tuple[np.ndarray, np.ndarray]
"""Features, float (n, d), and what is to be answered."""
Columns = Mapping[str, Any]
"""Columns of a data set by their names."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a trained model's description says about its answers, beside their names.

    Attributes:
        log: which numbers come out as logarithms; empty for none.
        thresholds: from which probability on each label is given; empty for one half.
        temperature: by what raw outputs are divided before they become probabilities, so that the
            model is as sure as it is right; see `measures.temperature`.
        promises: what is answered beside the one answer, so that the truth is among it as often as
            promised; see `measures.conformal`.
    """

    log: tuple[bool, ...] = ()
    thresholds: tuple[float, ...] = ()
    temperature: float = 1.0
    promises: tuple[Promise, ...] = ()


class Truths(Protocol):
    """What a task reads of a data set; see `datasets.manifest.Dataset` for the columns."""

    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def targets(self) -> tuple[str, ...]: ...
    @property
    def labels(self) -> Any: ...
    @property
    def splits(self) -> Any: ...
    @property
    def values(self) -> Any: ...
    @property
    def shows(self) -> Any: ...


class Goal(Protocol):
    """A task on one data set: what a run learns, and how its answers become results."""

    @property
    def task(self) -> "Task": ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the names of the outputs."""
        ...

    @property
    def rules(self) -> Rules:
        """Return what the kept model's description says about its answers."""
        ...

    @property
    def rescaling(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return by what a kept model multiplies its raw outputs and what it adds; None for nothing."""
        ...

    def answers(self, members: np.ndarray) -> np.ndarray:
        """Return what is to be learnt of some examples, by index."""
        ...

    def objective(self, config: TrainConfig, train: np.ndarray) -> Objective:
        """Return what training minimises; `train` is what `answers` gave for the training part."""
        ...

    def closed_form(self, train: Answered, val: Answered, l2: float | None = None) -> Linear:
        """Return the best linear head on features, given with their answers; those of `train` are overwritten.

        `val` chooses the strength, unless `l2` says it.
        """
        ...

    def told(self, outputs: np.ndarray) -> np.ndarray:
        """Return probabilities, or numbers in their own units, from raw outputs."""
        ...

    def kept(self, outputs: np.ndarray) -> np.ndarray:
        """Return the same from the outputs of the model as it was kept."""
        ...

    def decided(self, members: np.ndarray, told: np.ndarray) -> "Goal":
        """Return the goal with what the validation part decides about answers, given as `told` gives them."""
        ...

    def ruled(self, rules: Rules) -> "Goal":
        """Return the goal with what the description of a kept model says about its answers."""
        ...

    def tempered(self, told: np.ndarray) -> np.ndarray:
        """Return answers that were given before the validation part decided as they are given now."""
        ...

    def summary(self, members: np.ndarray, told: np.ndarray) -> dict[str, Any]:
        """Return everything that is reported about answers on some examples."""
        ...

    def headline(self, summary: Mapping[str, Any]) -> float | None:
        """Return the one number that runs are compared by, 1 at best; None where there is none."""
        ...

    def errors(self, members: np.ndarray, told: np.ndarray) -> np.ndarray:
        """Return what is left to gain on some examples, float (k,), 0 at best: in shares, or in the unit of each number."""
        ...

    def beside(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the first answer reports beside the headline: what guessing would reach."""
        ...


class Task(Protocol):
    """One kind of question that examples answer: which class, which numbers, which labels."""

    kind: str
    """What it is called in files: manifests, models, metrics, readings."""
    sort: Said
    """What examples come with, in a word that fits into a sentence."""
    names_classes: bool
    """Whether answers are classes, which a person may rename, merge and delete."""
    one_class_each: bool
    """Whether every example has exactly one class: only then can a label be doubted or exchanged."""
    answer_prefix: str
    """What the columns of a run's answers are called, before their number."""
    answer_type: type[np.floating]
    """In what precision answers are kept."""
    purpose: str
    """What the exported script is for, in a sentence."""
    answer_in_words: str
    """The lines of the exported script that return the `answers` as words, given `names`: what is answered first, what
    belongs to it behind tabulators. THRESHOLDS stands for the list of the model's."""
    measure: str
    """What the headline is called, for the command line."""

    # Data sets

    def is_of(self, truths: Truths) -> bool:
        """Say whether a data set sets this task."""
        ...

    def outputs(self, truths: Truths) -> tuple[str, ...]:
        """Return the names of what a model answers with."""
        ...

    def columns(self, truths: Truths) -> dict[str, np.ndarray]:
        """Return what a manifest keeps beside the columns that every task has, each (n,) or (n, k)."""
        ...

    def read(self, column: Callable[[str], np.ndarray], outputs: int) -> dict[str, np.ndarray]:
        """Return the fields of a data set that `columns` was made from."""
        ...

    def nothing(self, outputs: tuple[str, ...]) -> Columns:
        """Return the fields of a data set without examples, for a model that came alone."""
        ...

    def flaw(self, truths: Truths) -> str:
        """Return what does not fit together in a data set of unknown origin, "" for nothing."""
        ...

    def truth(self, truths: Truths, rows: np.ndarray) -> np.ndarray:
        """Return what is true of some examples, in its own unit."""
        ...

    def truth_keys(self, truths: Truths) -> list[Hashable]:
        """Return for each example something that is equal where the same class was given."""
        ...

    def described(self, truths: Truths, row: int) -> str:
        """Return what an example is known to show, in plain text; "" where only numbers are known."""
        ...

    def strata(self, truths: Truths) -> npt.NDArray[np.int32]:
        """Return int32 (n,): kinds of examples, of which every part is to have its share."""
        ...

    def counts(self, truths: Truths) -> npt.NDArray[np.int64]:
        """Return int64 (outputs, 3): examples of each in training, validation and test."""
        ...

    def renumbered(self, truths: Truths, numbers: np.ndarray, count: int) -> Columns:
        """Return the fields of a data set whose classes are numbered anew.

        Args:
            truths: a data set.
            numbers: int (classes,), the new number of each class, -1 for one that goes; several may
                become one.
            count: how many classes there are then.
        """
        ...

    def shown_under(self, truths: Truths, label: int) -> np.ndarray:
        """Return bool (n,): the examples that are shown where a person looks at a class."""
        ...

    def goes_with(self, truths: Truths, label: int) -> np.ndarray:
        """Return bool (n,): the examples that go where a class is deleted."""
        ...

    def relabelled(
        self,
        truths: Truths,
        rows: np.ndarray,
        labels: np.ndarray,
        count: int,
        *,
        takes: bool = False,
    ) -> Columns:
        """Return the fields of a data set whose examples in `rows` are given further `labels`.

        Where each has one class it takes the place of the former one.

        Args:
            truths: a data set.
            rows: int (m,).
            labels: int (m,) or one for all.
            count: how many classes there are then.
            takes: whether the labels are taken away, where there may be several.
        """
        ...

    def joined(self, first: Truths, second: Truths) -> Columns:
        """Return the fields of both below each other that only this task has."""
        ...

    def problems(self, truths: Truths, given: set[int]) -> list[Problem]:
        """Return what speaks against training; `given` are the judging parts that came with the examples."""
        ...

    # Learning and judging

    def goal(
        self, truths: Truths, train: np.ndarray, config: TrainConfig, groups: np.ndarray | None
    ) -> Goal:
        """Return the goal that a data set sets.

        Args:
            truths: a data set.
            train: indices of its training part.
            config: the settings of the run.
            groups: int (n,), equal for what belongs together; None where nothing does.
        """
        ...

    def judged(
        self,
        truths: Truths,
        truth: np.ndarray,
        told: np.ndarray,
        rules: Rules,
        groups: np.ndarray | None,
    ) -> dict[str, Any]:
        """Return what is reported of answers that a run kept, as `Goal.summary` does.

        Args:
            truths: the data set, whose training part tells what a guess would be.
            truth: what was true, as `truth` gives it.
            told: what was answered.
            rules: of the model.
            groups: (n,), equal for what belongs together; None where nothing does.
        """
        ...

    def answer_table(self, truth: np.ndarray, told: np.ndarray) -> dict[str, np.ndarray]:
        """Return the columns of a run's answers: what was true and what was answered."""
        ...

    def true_in(self, column: Callable[[str], np.ndarray], outputs: int) -> np.ndarray:
        """Return what was true, from columns that `answer_table` made."""
        ...

    def by_example(
        self, truth: np.ndarray, told: np.ndarray, outputs: Sequence[str], rules: Rules
    ) -> Sequence[ByExample]:
        """Return the measures by which two models are compared, the headline's first.

        Args:
            truth: (n, ...), as `true_in` gives it.
            told: (n, outputs), what was answered.
            outputs: names of what the model answers with.
            rules: of the model.
        """
        ...

    def truth_names(self, truth: np.ndarray, outputs: Sequence[str]) -> list[Hashable]:
        """Return for each example what is equal where two data sets say the same of it."""
        ...

    # Models

    def flaw_of_rules(self, rules: Rules, outputs: int) -> str:
        """Return why a model of this task cannot have these rules, "" where it can."""
        ...

    def activated(self, outputs: np.ndarray, rules: Rules) -> np.ndarray:
        """Return the answers of a kept model from its raw outputs."""
        ...

    def activation(self, outputs: Any, rules: Rules) -> Any:
        """Return the same in stock Keras layers (imports Keras)."""
        ...

    def answer(self, names: Sequence[str], row: np.ndarray, rules: Rules) -> dict[str, Any]:
        """Return one answer of a model as the fields of a `Prediction`."""
        ...

    def promised(self, answer: Reply, rules: Rules, promise: Promise) -> Promised:
        """Return all that one example may be, so that the truth is among it as often as promised."""
        ...

    def doubt(self, answer: Reply, rules: Rules) -> float:
        """Return how unsure one answer is, 0 to 1; how strange the example is, where answers say nothing of that."""
        ...

    def speaks_for(self, output: int, outputs: int) -> np.ndarray:
        """Return the weights of raw outputs whose sum tells how much speaks for one, float32 (outputs,)."""
        ...

    def columns_of_answers(self, answers: Sequence[Reply]) -> dict[str, list[object]]:
        """Return answers as columns of a table to take away."""
        ...

    def scale(self, expected: np.ndarray) -> np.ndarray | float:
        """Return by what differences between two tables of answers are divided, to be compared."""
        ...

    def same_answer(
        self, expected: np.ndarray, found: np.ndarray, rules: Rules, tolerance: float
    ) -> np.ndarray:
        """Return for each row whether two tables of answers come to the same, bool (n,)."""
        ...

    # Words of the command line

    def in_words(self, summary: Mapping[str, Any]) -> list[str]:
        """Return a summary's numbers in lines of text."""
        ...

    def score_in_words(self, score: float) -> str:
        """Return a headline as text."""
        ...


def most_rows(goal: Goal, features: np.ndarray) -> int:
    """Return of how many examples a linear head is solved for at most, for memory's sake."""
    each = closed_form.fit_bytes(1, features.shape[1], len(goal.outputs))
    return closed_form.FIT_BYTES // each


def exact_head(
    goal: Goal,
    features: np.ndarray,
    learnt: np.ndarray,
    choosing: np.ndarray,
    l2: float | None = None,
) -> Linear:
    """Return the best linear head on some examples of a data set.

    Where they are too many for memory, a part of them that has each class in its share.

    Args:
        goal: what is to be answered.
        features: float32 (n, d), a row for every example; may lie in a file.
        learnt: which examples to solve for, int.
        choosing: which ones choose the strength, int; may be empty.
        l2: the strength where it is known already.
    """
    most = most_rows(goal, features)
    learnt = learnt[closed_form.spread(goal.answers(learnt), most)]
    choosing = choosing[closed_form.spread(goal.answers(choosing), most // 4)]
    train, val = ((features[rows], goal.answers(rows)) for rows in (learnt, choosing))
    return goal.closed_form(train, val, l2)
