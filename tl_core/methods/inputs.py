"""What a run learns from beside its data set, gathered by role. Imports no Keras.

Nothing that the run judges itself by is among it: a picture of its validation or test part is left
out wherever it lies, and so is what `leak_guard` found to be a copy of one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import class_matching, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.encoding.job import Examples
from tl_core.methods import registry
from tl_core.methods.method import SOURCE, Given, Method, Need, Role
from tl_core.modalities import registry as modalities
from tl_core.tasks import registry as tasks

TEACHER: Role = "teacher"
RENAMED = "renamed"
"""The setting of methods with a labelled source that says which of its classes is which, as `class_matching.written`."""


def examples(
    dataset: Dataset,
    config: TrainConfig,
    inputs: Mapping[str, str],
    copies: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> dict[str, Examples]:
    """Return the further examples of a training by their role.

    Args:
        dataset: what is trained on.
        config: its method says which roles there are.
        inputs: ids of data sets and runs by role; roles that it does not name are passed over.
        copies: names in the store of what `leak_guard` found to be left out, by role.

    Raises:
        UserError: "method"; "input-modality"; "input-empty"; why the data set of a role cannot be read; or
            why the method refuses what it is given.
    """
    method = registry.of(config)
    if inputs:  # a price without them is a first idea
        _refuse_task(method, dataset)
    found = {
        need.role: of_need(need, inputs[need.role], dataset, copies.get(need.role, ()))
        for need in method.needs
        if need.kind == "dataset" and need.role in inputs
    }
    if SOURCE in found:
        found[SOURCE] = _as_called_here(found[SOURCE], dataset, renamed_of(config) or {})
    if inputs:
        method.refuses(Given(dataset, config, found, teacher_of(inputs)))
    return found


def renamed_of(config: TrainConfig) -> dict[str, str] | None:
    """Return what a person said otherwise of a source's classes; None where the method cannot be told."""
    line = getattr(registry.settings_of(config), RENAMED, None)
    return None if line is None else class_matching.read(line)


def _as_called_here(source: Examples, dataset: Dataset, renamed: Mapping[str, str]) -> Examples:
    """Return a source whose classes are called as the data set calls those that they are."""
    if source.answers.ndim > 1:
        return source
    own = class_matching.corrected(source.names, dataset.classes, renamed)
    called = [own[name] or ("" if name in dataset.classes else name) for name in source.names]
    return replace(source, names=tuple(called))


def warnings(dataset: Dataset, config: TrainConfig, inputs: Mapping[str, str]) -> Sequence[str]:
    """Return what a person should know of what they chose before they start; arguments as of `examples`.

    Raises:
        UserError: "method".
    """
    return registry.of(config).warns(Given(dataset, config, teacher=teacher_of(inputs)))


def methods_for(dataset: Dataset) -> list[Method]:
    """Return the methods that can train on a data set at all."""
    has_one = tasks.of(dataset).one_class_each
    return [method for method in registry.METHODS if has_one or not method.needs_one_class]


def _refuse_task(method: Method, dataset: Dataset) -> None:
    if method not in methods_for(dataset):
        raise UserError(
            "method-task",
            "{method} is for examples that have one class each, and this data set holds {sort}.",
            "Choose another method.",
            method=method.title,
            sort=tasks.of(dataset).sort,
        )


def teacher_of(inputs: Mapping[str, str]) -> Path | None:
    """Return the folder of the run that is learnt from, None where none is named."""
    return ids.run_folder(inputs[TEACHER]) if inputs.get(TEACHER) else None


def of_need(
    need: Need, identifier: str, dataset: Dataset, copies: Collection[str] = ()
) -> Examples:
    """Return the examples of one data set that serve as what is needed.

    Args:
        need: what they are to the run.
        identifier: of the data set that a person named.
        dataset: what is trained on; nothing that it is judged by is returned.
        copies: names in the store of more that is not.

    Raises:
        UserError: "input-modality", "input-empty", or why the data set cannot be read.
    """
    named = dataset if identifier == dataset.id else manifest.load(identifier)
    if named.modality != dataset.modality:
        raise UserError(
            "input-modality",
            "The data set {name!r} holds {found}, and this run learns from {wanted}.",
            "Choose another one.",
            name=named.name,
            found=modalities.of(named).examples,
            wanted=modalities.of(dataset).examples,
        )
    found = _without_answers(named, dataset) if need.role == "unlabelled" else _with_answers(named)
    judged = {*dataset.hashes[dataset.splits != TRAIN].tolist(), *copies}
    free = np.array([digest not in judged for digest in found.hashes.tolist()], bool)
    if not free.any():
        raise UserError(
            "input-empty",
            "The data set {name!r} has nothing for “{input}” that is not learnt from or judged by already.",
            "Choose another data set there.",
            name=named.name,
            input=need.title,
        )
    return replace(found.only(free), left_out=int(len(free) - free.sum()))


def _with_answers(named: Dataset) -> Examples:
    """Return all of a source, whatever part it was in there: nothing is judged by it here."""
    task = tasks.of(named)
    answers = task.truth(named, np.arange(len(named)))
    return Examples(named.hashes, answers, task.outputs(named))


def _without_answers(named: Dataset, dataset: Dataset) -> Examples:
    """Return what came without an answer, and of another data set everything, its answers unread."""
    from tl_core.intake import unlabelled  # what it brings along is of no use to any other run

    hashes = unlabelled.load(named.id).hashes.tolist()
    if named.id != dataset.id:
        hashes = [*named.hashes.tolist(), *hashes]
    learnt = set(dataset.hashes[dataset.splits == TRAIN].tolist())  # with their answers already
    once = [digest for digest in dict.fromkeys(hashes) if digest not in learnt]
    nothing, judged = np.zeros(len(once), np.int32), _known_classes(named, dataset, once)
    return Examples(np.array(once, dtype="<U64"), nothing, judged=judged)


def _known_classes(named: Dataset, dataset: Dataset, hashes: Sequence[str]) -> np.ndarray | None:
    """Return the classes that another data set gives to examples, by the run's own numbers, -1 for none."""
    both = tasks.of(named), tasks.of(dataset)
    if named.id == dataset.id or not all(task.one_class_each for task in both):
        return None
    places = {name: place for place, name in enumerate(dataset.classes)}
    same = class_matching.matched(named.classes, dataset.classes)
    own = [places.get(same[name], -1) for name in named.classes]
    known = dict(zip(named.hashes.tolist(), (own[label] for label in named.labels), strict=True))
    judged = np.array([known.get(digest, -1) for digest in hashes], np.int64)
    return judged if (judged >= 0).any() else None
