"""Kinds of transfer side by side, on features that are there already: what each brings over no transfer.

Every kind that has an exact head learns from a few examples of a class, several times other ones, and is
judged by the test part of the target's own data set, or by labelled examples from where the model will be
used; `transfer_kinds` says what either shows. The head is the method's own, so that a run by that
method begins with the same. No transfer is the exact head that learns from the target's examples alone;
all are held against it example by example. A kind that does worse beyond doubt is negative transfer.

Reference:
    Wang, Dai, Póczos and Carbonell 2019, Characterizing and Avoiding Negative Transfer. arXiv:1811.09751.
    Kornblith et al. 2019, Do Better ImageNet Models Transfer Better? arXiv:1805.08974 (amounts of data).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from types import MappingProxyType

import numpy as np

from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.job import Examples
from tl_core.evaluation.transfer_found import (
    ALL,
    CONFIDENCE,
    HERE,
    NO_TRANSFER,
    THERE,
    Cell,
    Found,
    Judge,
)
from tl_core.evaluation.transfer_kinds import (
    NONE,
    NOT_ADAPTED,
    TEACHER,
    UNLABELLED,
    Kind,
    heads_for,
)
from tl_core.measures import intervals, paired, repeated_share
from tl_core.methods.method import NOTE, ROWS, SOURCE, TEACHER_SAYS, ExactHead, Known
from tl_core.tasks import registry as tasks
from tl_core.tasks import task
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal


@dataclass(frozen=True, slots=True, eq=False)
class Judges:
    """Labelled examples from where the model will be used, which judge in place of the test part.

    Attributes:
        features: float32 (m, d).
        answers: int (m,), their classes by the target's numbers.
        groups: int (m,), equal for examples that belong together; None where none do.
    """

    features: np.ndarray
    answers: np.ndarray
    groups: np.ndarray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """All that the kinds learn from, encoded.

    Attributes:
        dataset: the target.
        config: all settings; the features are of its backbone.
        features: float32 (n, d) of the target's examples.
        groups: int (n,), equal for examples that belong together; None where none do.
        examples: of the source, classes called as the target calls them.
        further: features by role, float32 (m, d).
        says: what a teacher says, by part: float (n, classes) of `ROWS` and (m, classes) of the
            unlabelled; rows of the test part are not looked at.
        there: what judges in place of the test part, None where that does.
    """

    dataset: Dataset
    config: TrainConfig
    features: np.ndarray
    groups: np.ndarray | None = None
    examples: Mapping[str, Examples] = field(default_factory=lambda: MappingProxyType({}))
    further: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))
    says: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))
    there: Judges | None = None

    def members(self, part: int) -> np.ndarray:
        """Return the indices of a part of the target, int."""
        return np.flatnonzero(self.dataset.splits == part)

    @property
    def has(self) -> set[str]:
        """Return the roles that there is something for."""
        return {*self.further, *((TEACHER,) if self.says else ())}

    @property
    def judge(self) -> Judge:
        """Return what judges."""
        return HERE if self.there is None else THERE

    @property
    def judged(self) -> int:
        """Return how many examples judge."""
        return len(self.members(TEST)) if self.there is None else len(self.there.answers)

    @property
    def judging_groups(self) -> np.ndarray | None:
        """Return the groups of those that judge, as `groups`."""
        if self.there is not None:
            return self.there.groups
        return None if self.groups is None else self.groups[self.members(TEST)]

    def right(self, head: Linear, goal: Goal) -> np.ndarray:
        """Return which of the examples that judge a head answers rightly, bool (n,)."""
        if self.there is not None:
            return head(self.there.features).argmax(axis=1) == self.there.answers
        test = self.members(TEST)
        return head.of(self.features, test).argmax(axis=1) == goal.answers(test)


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """What is learnt from once: examples of the target, int, and those that choose the strength."""

    learnt: np.ndarray
    choosing: np.ndarray


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """The source, its classes numbered as the target's, as a task reads a data set."""

    classes: tuple[str, ...]
    labels: np.ndarray
    targets: tuple[str, ...] = ()
    values: None = None
    shows: None = None

    @property
    def splits(self) -> np.ndarray:
        return np.full(len(self.labels), TRAIN, np.int8)


def amounts_for(dataset: Dataset, asked: Sequence[int]) -> tuple[int, ...]:
    """Return the amounts that differ in what is learnt from: those below the largest class, and `ALL`."""
    largest = int(np.bincount(dataset.labels[dataset.splits == TRAIN], minlength=1).max())
    some = sorted({amount for amount in asked if amount != ALL and amount < largest})
    whole = any(amount == ALL or amount >= largest for amount in asked)
    return (*some, ALL) if whole else tuple(some)


def repeats_of(amount: int, repeats: int) -> int:
    """Return how often an amount is drawn: all examples of a class can be taken once only."""
    return 1 if amount == ALL else repeats


Trains = Callable[[Kind, int, int], np.ndarray]
"""From a kind that trains, an amount and the seed of a draw to what is answered rightly, as `answered_right`."""


def _trains_nothing(kind: Kind, amount: int, seed: int) -> np.ndarray:
    raise ValueError(f"there is nothing to train {kind.name} with")


def compare(
    material: Material,
    amounts: Sequence[int],
    repeats: int,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
    trained: Sequence[Kind] = (),
    trains: Trains = _trains_nothing,
) -> Found:
    """Return how each kind does beside no transfer.

    Args:
        material: what is learnt from.
        amounts: how many examples of a class are; `ALL` for all.
        repeats: how often examples are drawn for an amount.
        on_progress: called with heads solved for and heads in all.
        should_stop: asked before each head.
        trained: further kinds, which train; every draw is the same for all kinds.
        trains: trains one of them, once all heads are solved for.

    Raises:
        StoppedError: as `should_stop` asked for.
        UserError: "features-constant" or "features-not-finite".
    """
    solved = (NONE, *heads_for(material.has, material.judge))
    used = amounts_for(material.dataset, amounts)
    draws = [(amount, seed) for amount in used for seed in range(repeats_of(amount, repeats))]
    right: dict[tuple[str, int], list[np.ndarray]] = defaultdict(list)
    of_all_draws: dict[str, np.ndarray] = {}
    for done, (kind, (amount, seed)) in enumerate(product(solved, draws)):
        if should_stop():
            raise StoppedError
        found = of_all_draws.get(kind.name)
        if found is None:
            found = answered_right(material, kind, drawn(material, amount, seed))
        if _is_one(kind):
            of_all_draws[kind.name] = found
        right[kind.name, amount].append(found)
        on_progress(done + 1, len(solved) * len(draws))
    for kind, (amount, seed) in product(trained, draws):
        right[kind.name, amount].append(trains(kind, amount, seed))
    kinds = (*solved, *trained)
    has_control = any(kind.name == NOT_ADAPTED for kind in kinds)
    adapted = [kind for kind in kinds if has_control and kind.learns_elsewhere and kind.adapts]
    comparisons = (len(kinds) - 1 + len(adapted)) * len(used)
    groups = material.judging_groups
    against = _Against(groups, 1 - (1 - CONFIDENCE) / max(1, comparisons))

    def cell(kind: Kind, amount: int) -> Cell:
        own = np.stack(right[kind.name, amount])
        within = repeated_share.interval(own, groups, CONFIDENCE)
        found = Cell(kind.name, amount, len(own), float(own.mean()), within.low, within.high)
        if kind is NONE:
            return found
        gain, low, high = against(own, np.stack(right[NO_TRANSFER, amount]))
        found = replace(found, gain=gain, gain_low=low, gain_high=high)
        if kind not in adapted:
            return found
        gain, low, high = against(own, np.stack(right[NOT_ADAPTED, amount]))
        return replace(found, adapting=gain, adapting_low=low, adapting_high=high)

    return Found(
        cells=tuple(cell(kind, amount) for amount in used for kind in kinds),
        titles={kind.name: kind.title for kind in kinds},
        judged=material.judged,
        groups=intervals.group_count(groups, material.judged),
        comparisons=comparisons,
        judge=material.judge,
        controls=tuple(kind.name for kind in kinds if kind.is_control),
        advice={kind.name: kind.advice for kind in kinds if kind.advice is not None},
    )


@dataclass(frozen=True, slots=True)
class _Against:
    """Holds what is answered rightly against what is by another kind: the mean difference and its interval."""

    groups: np.ndarray | None
    confidence: float

    def __call__(
        self, own: np.ndarray, other: np.ndarray
    ) -> tuple[float, float | None, float | None]:
        """Take bool (repeats, n) each; the interval is None where the examples are too few to tell."""
        apart = own.astype(np.float64) - other
        if len(own) == 1 and self.groups is None:
            found = paired.share_difference(own[0], other[0], self.confidence)
        else:
            found = paired.repeated_difference(apart, self.groups, self.confidence)
        gain = float(apart.mean())
        return (gain, None, None) if found is None else (gain, found.low, found.high)


def drawn(material: Material, amount: int, seed: int) -> Draw:
    """Return so many examples of each class, and as large a share of validation to choose a strength by."""
    return draw_of(material.dataset, amount, seed)


def draw_of(dataset: Dataset, amount: int, seed: int) -> Draw:
    """Return what is learnt from and chosen by in one draw; see `drawn`."""
    learnt, choosing = (np.flatnonzero(dataset.splits == part) for part in (TRAIN, VALIDATION))
    if amount == ALL:
        return Draw(learnt, choosing)
    random, labels = np.random.default_rng([seed, amount, 11]), dataset.labels
    share = len(choosing) / max(1, len(learnt))
    return Draw(
        _some(learnt, labels, amount, random),
        _some(choosing, labels, max(1, round(amount * share)), random),
    )


def answered_right(material: Material, kind: Kind, draw: Draw) -> np.ndarray:
    """Return which of the examples that judge a kind of transfer answers rightly, bool (n,)."""
    goal = tasks.of(material.dataset).goal(material.dataset, draw.learnt, material.config, None)
    if kind.learns_elsewhere:
        head = _learnt_elsewhere(material, kind, draw, goal)
    else:
        known = _known(material, kind, draw, goal)
        head = _solver(kind, known)(goal, material.features, draw.learnt, draw.choosing)
    return material.right(head, goal)


def _known(material: Material, kind: Kind, draw: Draw, goal: Goal) -> Known:
    notes = {}
    if TEACHER in kind.needs:
        notes[NOTE.format(part=ROWS, what=TEACHER_SAYS)] = material.says[ROWS][draw.learnt]
        of_others = NOTE.format(part=UNLABELLED, what=TEACHER_SAYS)
        notes[of_others] = material.says[UNLABELLED]
    roles = [role for role in kind.needs if role in material.further]
    return Known(
        goal,
        material.config,
        kind.of_method,
        material.features,
        draw.learnt,
        {role: material.examples[role] for role in roles if role in material.examples},
        {role: material.further[role] for role in roles},
        notes,
        draw.choosing,
    )


def _solver(kind: Kind, known: Known) -> ExactHead:
    """Return the method's own solver, once it noted what it notes."""
    method = kind.method
    if method.notes is not None:
        known = replace(known, notes={**known.notes, **method.notes(known)})
    if method.head_beside is not None:
        return method.head_beside(known)
    return method.exact_head or task.exact_head


def _learnt_elsewhere(material: Material, kind: Kind, draw: Draw, goal: Goal) -> Linear:
    """Return a head that learnt from the source; the target's examples are looked at without their classes."""
    numbers = material.examples[SOURCE].numbered(goal.outputs)
    shared = numbers >= 0
    theirs = _Elsewhere(goal.outputs, numbers[shared])
    rows = np.arange(int(shared.sum()))
    there = tasks.of(material.dataset).goal(theirs, rows, material.config, None)
    seen = [material.features[draw.learnt]]
    if UNLABELLED in material.further:
        seen.append(material.further[UNLABELLED])
    features = material.further[SOURCE][shared]
    known = Known(
        *(there, material.config, kind.of_method, features, rows),
        further={UNLABELLED: np.concatenate(seen)},
    )
    return _solver(kind, known)(there, features, rows, rows[:0])


def _some(
    members: np.ndarray, labels: np.ndarray, amount: int, random: np.random.Generator
) -> np.ndarray:
    taken = random.permutation(members)
    each = [taken[labels[taken] == label][:amount] for label in np.unique(labels[members])]
    return np.sort(np.concatenate(each)) if each else members


def heads(
    amounts: Sequence[int], repeats: int, kinds: Sequence[Kind]
) -> Iterator[tuple[int, Kind]]:
    """Yield the amount and the kind of every head that `compare` solves for."""
    draws = [amount for amount in amounts for _ in range(repeats_of(amount, repeats))]
    for kind in (NONE, *kinds):
        yield from ((amount, kind) for amount in (draws[:1] if _is_one(kind) else draws))


def _is_one(kind: Kind) -> bool:
    """Say whether a head is the same for all draws: nothing of the target is looked at."""
    return kind.learns_elsewhere and not kind.adapts
