"""What all kinds of transfer learn from beside a data set: gathered by role, classes matched, the useless refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import class_matching
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN
from tl_core.encoding.job import Examples
from tl_core.evaluation.transfer_found import HERE, THERE, Judge
from tl_core.evaluation.transfer_kinds import TEACHER, UNLABELLED, heads_for
from tl_core.methods import inputs, registry, target_domain
from tl_core.methods.method import SOURCE, Given
from tl_core.tasks import closed_form
from tl_core.tasks import registry as tasks

FEWEST = 10
"""Pictures to judge by, or to learn from elsewhere: of fewer nothing can be told."""
MOST_FROM_ELSEWHERE = 2000
"""Labelled pictures of the source that are learnt from, each class in its share: more take minutes a draw."""


@dataclass(frozen=True, slots=True, eq=False)
class Further:
    """What is learnt from beside a data set.

    Attributes:
        examples: by role; classes of the source are called as the data set calls them.
        teacher: folder of the run that is learnt from, None where none is named.
        classes: which class of theirs was taken for which of the data set's, "" for none.
        left_out: copies of what the data set holds that were left out, by role.
    """

    examples: Mapping[str, Examples]
    teacher: Path | None
    classes: Mapping[str, str]
    left_out: Mapping[str, int]

    @property
    def roles(self) -> set[str]:
        """Return the roles that there is something for."""
        return {*self.examples, *((TEACHER,) if self.teacher else ())}

    def without(self, role: str, copied: np.ndarray) -> "Further":
        """Return the same without some examples of a role, bool (n,).

        Raises:
            UserError: "source-copies" where too few are left.
        """
        left = self.examples[role].only(~copied)
        if len(left) < FEWEST:
            raise UserError(
                "source-copies",
                "Nearly all pictures from elsewhere are in this data set, too, or are copies of its pictures: {count} are others.",
                "Choose pictures that this data set does not have.",
                count=len(left),
            )
        counts = {**self.left_out, role: self.left_out.get(role, 0) + int(copied.sum())}
        return replace(self, examples={**self.examples, role: left}, left_out=counts)


def gathered(
    dataset: Dataset,
    config: TrainConfig,
    named: Mapping[str, str],
    renamed: Mapping[str, str],
    *,
    or_nothing: bool = False,
    judge: Judge = HERE,
) -> Further:
    """Return what a person named, by role.

    Args:
        dataset: the target.
        config: all settings.
        named: ids of data sets and runs by role.
        renamed: which class of the source is which of the data set's, where the name does not tell.
        or_nothing: whether what is named need not be enough to transfer from, as stages are to train.
        judge: what judges. Where that are pictures from where the model will be used, they are not among
            those of the source, and no teacher is asked.

    Raises:
        UserError: "side-by-side-task", "side-by-side-few" or "side-by-side-nothing"; "source-few"; as
            `require_judges`; or why `inputs.of_need` or a method refuses what it is given.
    """
    require_one_class_each(dataset)
    _require_enough(dataset, judge)
    examples: dict[str, Examples] = {}
    classes: dict[str, str] = {}
    if named.get(SOURCE):
        found = inputs.of_need(registry.get("instances").needs[0], named[SOURCE], dataset)
        if found.answers.ndim == 1:
            classes = class_matching.corrected(found.names, dataset.classes, renamed)
            found = replace(found, names=tuple(classes[name] for name in found.names))
        _refuse_source(dataset, config, found, tuple(classes))
        examples[SOURCE] = _of_shared_classes(found, dataset)
    if named.get(UNLABELLED):
        found = inputs.of_need(target_domain.NEED, named[UNLABELLED], dataset)
        target_domain.refuses(Given(dataset, config, {UNLABELLED: found}))
        examples[UNLABELLED] = found
    teacher = inputs.teacher_of(named) if judge == HERE else None
    registry.get("distillation").refuses(Given(dataset, config, examples, teacher))
    left_out = {role: each.left_out for role, each in examples.items() if each.left_out}
    further = Further(examples, teacher, classes, left_out)
    if not or_nothing or teacher is not None:
        _require_something(further, judge)
    if judge == THERE:
        require_judges(further)
        further = _without_judges(further)
    return further


def count_of_judges(dataset: Dataset, other: str) -> int:
    """Return how many pictures of a data set from where the model will be used could judge: their class is known.

    Raises:
        UserError: why it cannot be read, or has nothing of use.
    """
    judged = inputs.of_need(target_domain.NEED, other, dataset).judged
    return 0 if judged is None else int((judged >= 0).sum())


def require_judges(further: Further) -> None:
    """Refuse to judge by pictures from where the model will be used where too few of them have a known class.

    Raises:
        UserError: "side-by-side-there".
    """
    examples = further.examples.get(UNLABELLED)
    known = None if examples is None else examples.judged
    count = 0 if known is None else int((known >= 0).sum())
    if count < FEWEST:
        raise UserError(
            "side-by-side-there",
            "Too few pictures from where the model will be used have a class of this data set to judge by: {count}.",
            "Label some of every class there, {fewest} in all at least; or judge by the test pictures of this data set.",
            count=count,
            fewest=FEWEST,
        )


def _without_judges(further: Further) -> Further:
    """Leave out of the source what judges: nothing is judged by what it learnt from."""
    source, there = further.examples.get(SOURCE), further.examples[UNLABELLED]
    if source is None or there.judged is None:
        return further
    same = np.isin(source.hashes, there.hashes[there.judged >= 0])
    return further.without(SOURCE, same) if same.any() else further


def require_one_class_each(dataset: Dataset) -> None:
    """Refuse a data set whose answers are not right or wrong as a whole.

    Raises:
        UserError: "side-by-side-task".
    """
    task = tasks.of(dataset)
    if not task.one_class_each:
        raise UserError(
            "side-by-side-task",
            "The side by side is for pictures that have one class each, and this data set holds {sort}.",
            "Train by one method after another on the Train page, and compare the runs on Runs.",
            sort=task.sort,
        )


def _refuse_source(
    dataset: Dataset, config: TrainConfig, found: Examples, theirs: tuple[str, ...]
) -> None:
    """Refuse what the method refuses; of classes in other words it is told as they are called there.

    Raises:
        UserError: "source-few", or as the method of weighed instances.
    """
    shares_a_class = bool(set(found.names) & set(dataset.classes))
    shown = found if shares_a_class or not theirs else replace(found, names=theirs)
    if not shares_a_class and set(theirs) & set(dataset.classes):
        raise UserError(
            "source-classes-unused",
            "None of the classes from elsewhere is taken for one of this data set.",
            "Say for at least one which class it is.",
        )
    registry.get("instances").refuses(Given(dataset, config, {SOURCE: shown}))
    count = int((found.numbered(dataset.classes) >= 0).sum())
    if count < FEWEST:
        raise UserError(
            "source-few",
            "Too few pictures from elsewhere have a class of this data set: {count}.",
            "Choose a data set with more; there have to be {fewest}.",
            count=count,
            fewest=FEWEST,
        )


def _of_shared_classes(found: Examples, dataset: Dataset) -> Examples:
    shared = np.flatnonzero(found.numbered(dataset.classes) >= 0)
    some = closed_form.spread(found.answers[shared], MOST_FROM_ELSEWHERE)
    return found.only(shared[some])


def _require_enough(dataset: Dataset, judge: Judge) -> None:
    learnt = dataset.labels[dataset.splits == TRAIN]
    judged = int((dataset.splits == TEST).sum())
    if len(np.unique(learnt)) < 2 or (judge == HERE and judged < FEWEST):
        raise UserError(
            "side-by-side-few",
            "There is too little to compare with. Pictures to judge by: {judged}; classes to learn: {classes}.",
            "There have to be {fewest} test pictures and two classes. Add pictures, or divide them anew.",
            judged=judged,
            classes=len(np.unique(learnt)),
            fewest=FEWEST,
        )


def _require_something(further: Further, judge: Judge) -> None:
    if any(kind.needs for kind in heads_for(further.roles, judge)):
        return
    if further.teacher:
        raise UserError(
            "teacher-alone",
            "A teacher passes on what it knows through pictures without a class, and there are none.",
            "Choose a data set of such pictures, too.",
        )
    raise UserError(
        "side-by-side-nothing",
        "There is nothing to transfer from yet.",
        "Choose labelled pictures from elsewhere, or a teacher with pictures without a class.",
    )
