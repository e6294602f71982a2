"""What a way of training declares, as one frozen record. Imports no Keras.

A method is one module that makes a `Method`, and one line in `registry`. Everybody else asks the
record; nobody compares names.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.encoding.job import Examples
from tl_core.methods.situation import Recipe
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal

Role = Literal["source", "unlabelled", "teacher"]
"""What a further input is to a run: a data set to learn from beside its own, examples without
answers, or a run whose model it learns from."""
Weights = Literal["pretrained", "random"]
ROWS, TARGETS, OUTPUTS = "rows", "targets", "outputs"
"""What a term of the loss sees of the run's own examples, by these names."""
NOTE = "{part}_{what}"
"""The name of what is noted of each example: the part is `ROWS` or a role."""
SOURCE, WEIGHTS = "source", "weights"
"""The role of examples from elsewhere, and the note on how much each counts: float (m,), 1 in the mean."""
ELSEWHERE = "elsewhere"
"""Among a run's metrics: `count` of examples with `Method.judges`, the shares `before` and `after` that are
right with the usual exact head and in the end, and `gain`, the interval of their difference."""
TEACHER_SAYS, TEACHER_SEES = "teacher_says", "teacher_sees"
"""Notes on what a teacher makes of an example: float (n, outputs) answers, in the order of the run's own
outputs, and float (n, channels) features."""


BLOCK = "block"
"""Among a run's metrics: which stages learnt where one block does, see `training.surgery.found`."""
ChosenBy = Literal["gradient", "trial"]


class Settings(BaseModel):
    """The settings that only one method knows; title, description and bounds make the widgets."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Need:
    """A further input of a run.

    Attributes:
        role: what it is to the run; a method needs each role once at most.
        title: the label of the choice.
        help: when to choose what.
        is_optional: whether the method also trains without it.
    """

    role: Role
    title: str
    help: str
    is_optional: bool = False

    @property
    def kind(self) -> Literal["dataset", "run"]:
        """What is named: a data set or a run."""
        return "run" if self.role == "teacher" else "dataset"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a term of the loss may be built from.

    Attributes:
        learner: the Keras model that is trained, rows to raw outputs.
        body: the part of the backbone that learns, rows to its last map; None where only the head does.
        head: the last map, or pooled rows, to raw outputs.
        config: all settings.
        settings: those of the method.
        examples: further examples by role.
        teacher: folder of the run that is learnt from, None where none is named.
        steps: that the whole training takes, if nothing ends it before.
    """

    learner: Any
    body: Any
    head: Any
    config: TrainConfig
    settings: Any
    examples: Mapping[str, Examples] = field(default_factory=lambda: MappingProxyType({}))
    teacher: Path | None = None
    steps: int = 0

    def features(self, rows: Any) -> Any:
        """Return the mean of the last map for rows, (n, channels), as tensors that learn with the body."""
        last_map = rows if self.body is None else self.body(rows)
        sides = tuple(range(1, len(last_map.shape) - 1))
        return tensor_operations().mean(last_map, axis=sides) if sides else last_map


def tensor_operations() -> Any:
    """Return Keras's operations on tensors, imported here; its published types are too narrow."""
    import keras

    return keras.ops


Term = Callable[[Mapping[str, Any]], Any]
"""From what one step sees to a number that joins the loss, as tensors.

The step's own `rows` (n, …), `targets` (n, outputs) and `outputs` (n, outputs), what the learner answers
them; for each role of a data set its rows under the role's name, and under `ROLE_answers` its answers: int
(n,) classes or float (n, numbers) of a source, zeros of what has none; and what is noted of each example,
see `NOTE`. A term that learns weights of its own is a Keras layer; they are kept in every checkpoint, so
that a run goes on exactly.
"""


class ExactHead(Protocol):
    """Solves for the best linear head on features; see `tasks.task.exact_head`."""

    def __call__(
        self,
        goal: Goal,
        features: np.ndarray,
        learnt: np.ndarray,
        choosing: np.ndarray,
        l2: float | None = None,
    ) -> Linear: ...


@dataclass(frozen=True, slots=True)
class Given:
    """What a person wants a method to train on, before anything runs.

    Attributes:
        dataset: the run's own.
        config: all settings.
        examples: further examples by role.
        teacher: folder of the run that is learnt from, None where none is named.
    """

    dataset: Dataset
    config: TrainConfig
    examples: Mapping[str, Examples] = field(default_factory=lambda: MappingProxyType({}))
    teacher: Path | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of all examples before anything is trained.

    Attributes:
        goal: what is to be answered.
        config: all settings.
        settings: those of the method.
        features: float32 (n, d) of the run's data set, a row for every example; may lie in a file.
        learnt: which of them are learnt from, int.
        examples: further examples by role.
        further: their features by role, float32 (m, d).
        notes: what is noted of each example, see `NOTE`; those of `ROWS` are of `learnt`, in that order.
        choosing: which examples of the run's data set validation chooses by, int.
    """

    goal: Goal
    config: TrainConfig
    settings: Any
    features: np.ndarray
    learnt: np.ndarray
    examples: Mapping[str, Examples] = field(default_factory=lambda: MappingProxyType({}))
    further: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))
    notes: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))
    choosing: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has a result, as the result page's additions see it: settings and numbers."""

    config: Mapping[str, Any]
    metrics: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewStatistics:
    """Batch normalisation measured anew: on the run's own examples for the exact head, then on others for use.

    Attributes:
        role: of the examples that it is measured on.
        old: how many of them the old statistics count as, by the method's settings.
    """

    role: Role
    old: Callable[[Any], int]


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring stages of which one block learns and all others are frozen.

    Attributes:
        stages: how many stages there are in it.
        by: what chooses it: the largest gradient relative to its weights, or a trial on validation.
    """

    stages: int
    by: ChosenBy


def _fixes_nothing(config: TrainConfig) -> Mapping[str, Any]:
    return {}


def _decomposes_nothing(own: Any, learnt: int, looked_at: int, channels: int) -> float:
    return 0.0


def _once(config: TrainConfig) -> float:
    return 1.0


def _as_usual(config: TrainConfig, roles: Collection[str]) -> float:
    return 1.0


def _refuses_nothing(given: Given) -> None:
    pass


def _warns_of_nothing(given: Given) -> Sequence[str]:
    return ()


def _says_nothing(notes: Mapping[str, np.ndarray]) -> Sequence[str]:
    return ()


def _suits_all(config: TrainConfig) -> UserError | None:
    return None


def _explains_nothing(config: TrainConfig) -> Sequence[str]:
    return ()


def _tells_nothing(notes: Mapping[str, np.ndarray]) -> Mapping[str, Any]:
    return {}


def _adds_nothing(run: Ended, others: Sequence[Ended]) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way of training.

    Attributes:
        name: key in the registry, used in settings and on the command line.
        title, sentence: what a beginner should know.
        paper: authors, year, where.
        weights: what the backbone begins with; "random" needs no file of weights.
        needs: what it learns from beside the data set. The examples of a data set that is named pass
            through the frozen part as those of the run do, changed copies too: the extra rows.
        settings: its own settings; kept in `TrainConfig.method.method_settings`.
        choices: what each value of its settings is called that is one of several.
        fixes: settings of a training that are not to be chosen with it, by field name.
        exact_head: solves for the best linear head before anything is trained; None where such a head
            would say nothing of the method.
        head_beside: makes such a solver that also learns from further examples and what is noted of them;
            None where `exact_head` is all there is.
        head_work: how often the usual exact head could be solved for in the time that this one takes.
        decomposes: operations, 1e9, of what its own exact head decomposes, by its settings, how many examples
            it learns from and looks at, and the number of features; see `decomposing`.
        tries: how often its own exact head could be solved for until the one that is kept is there, by the
            settings; 1 where nothing is tried.
        notes: works out what is noted of each example beside what a teacher says, once for a run.
        says: sentences for the person, from what it noted.
        tells: what of it stands among the run's metrics.
        teacher_tells: which notes a teacher makes.
        refuses: raises UserError where it cannot train on what it is given.
        warns: sentences on why it can, but will hardly be worth it; further examples are not read for that.
        needs_stages: whether stages of the backbone have to learn; chosen where none does, half of them do.
        unfit: why settings make no training by it, None where they do.
        begins: changes the part of the backbone that learns, a Keras model, before it does.
        code: what `begins` does, as lines of the program that people take home; `body` is that part.
        term: builds what joins the loss in every step (may import Keras); None for nothing.
        block: which block of the stages that could learn does, by the method's settings; None for all.
        work_share: what a step costs with further examples of some roles, where one without the method's
            additions is 1.
        judges: the role of examples by which the result is also judged, where their classes are known.
        adapts_to: whose means and variances batch normalisation has in the end, in place of those that it
            learnt with; None where these stay.
        needs_one_class: whether it is for examples that have one class each alone.
        keeps: whose weights are the result: those that validation finds best; the last ones, or those at
            the start with nothing trained, where validation shows other examples than the model is for.
        recipes: which settings are recommended in which situation, see `methods.recipes`.
        drawing: name of its drawing in `assets/drawings`, "" for none.
        formula: what it comes down to, in LaTeX, in short lines; "" for none.
        explains: what the formula means with these settings, and when it hurts.
        adds: sentences for the result page, from the run and others that ended on the same data set.
    """

    name: str
    title: str
    sentence: str
    paper: str
    weights: Weights = "pretrained"
    needs: tuple[Need, ...] = ()
    settings: type[Settings] = Settings
    choices: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    fixes: Callable[[TrainConfig], Mapping[str, Any]] = _fixes_nothing
    exact_head: ExactHead | None = None
    head_beside: Callable[[Known], ExactHead] | None = None
    head_work: float = 1.0
    decomposes: Callable[[Any, int, int, int], float] = _decomposes_nothing
    tries: Callable[[TrainConfig], float] = _once
    notes: Callable[[Known], Mapping[str, np.ndarray]] | None = None
    says: Callable[[Mapping[str, np.ndarray]], Sequence[str]] = _says_nothing
    tells: Callable[[Mapping[str, np.ndarray]], Mapping[str, Any]] = _tells_nothing
    teacher_tells: tuple[str, ...] = ()
    refuses: Callable[[Given], None] = _refuses_nothing
    warns: Callable[[Given], Sequence[str]] = _warns_of_nothing
    needs_stages: bool = False
    unfit: Callable[[TrainConfig], UserError | None] = _suits_all
    begins: Callable[[Any], None] | None = None
    code: str = ""
    term: Callable[[Setup], Term] | None = None
    block: Callable[[Any], Block] | None = None
    work_share: Callable[[TrainConfig, Collection[str]], float] = _as_usual
    judges: Role | None = None
    adapts_to: NewStatistics | None = None
    needs_one_class: bool = False
    keeps: Literal["best", "last", "start"] = "best"
    recipes: tuple[Recipe, ...] = ()
    drawing: str = ""
    formula: str = ""
    explains: Callable[[TrainConfig], Sequence[str]] = _explains_nothing
    adds: Callable[[Ended, Sequence[Ended]], Sequence[str]] = _adds_nothing

    @property
    def looks_at_further(self) -> bool:
        """Whether the features of further examples are looked at before anything is trained."""
        asked = (self.head_beside, self.notes, self.judges)
        return any(one is not None for one in asked)

    @property
    def is_solved(self) -> bool:
        """Whether the result is the exact head as it begins, with nothing trained after it."""
        return self.keeps == "start"

    @property
    def is_pretrained(self) -> bool:
        """Whether it stands on a file of pretrained weights."""
        return self.weights == "pretrained"
