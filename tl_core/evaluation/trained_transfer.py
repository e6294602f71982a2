"""Kinds of transfer that train stages, side by side with those that are solved for: a training for each draw.

Each is what a run by that method would be that learns from the drawn examples, with the settings recommended
for so many: validation chooses the epoch, or the exact head where training does not beat it; what adapts is taken as
it stands at the end, since validation shows another domain. From scratch there is no exact head to go back to. What leaves the
frozen part is kept by example, so no draw looks at a picture that another one looked at.

What is answered rightly is written down after each training: a job that was killed goes on behind it.
"""

import gc
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tl_core.backbones import stages
from tl_core.base import files
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.job import Examples
from tl_core.evaluation import side_by_side, transfer_kinds
from tl_core.evaluation.side_by_side import Draw
from tl_core.evaluation.transfer_found import HERE, THERE, Judge
from tl_core.evaluation.transfer_kinds import UNLABELLED, Kind
from tl_core.methods import recipes, registry
from tl_core.methods.method import SOURCE
from tl_core.training import libraries

REPEATS = 5
"""Draws for an amount where something trains: each is a training."""
Labelled = tuple[np.ndarray, np.ndarray]
"""Names of examples in the store, str (n,), and their classes by the target's numbers, int (n,)."""
JUDGED_SHARE = 0.15
"""Of the source, where it is what is learnt from, validation has so much."""
SCRATCH = "training"


def chosen(
    names: Sequence[str], roles: set[str], backbone: str, judge: Judge = HERE
) -> tuple[Kind, ...]:
    """Return the kinds of these names that have all they need and suit a backbone, in their usual order.

    Raises:
        UserError: "side-by-side-kind" for a name that nobody bears.
    """
    transfer_kinds.require_known(names, judge)
    return tuple(kind for kind in possible(roles, backbone, judge) if kind.name in names)


def possible(roles: set[str], backbone: str, judge: Judge = HERE) -> tuple[Kind, ...]:
    """Return the kinds that have all they need and suit a backbone."""
    return tuple(
        kind
        for kind in transfer_kinds.trained(judge)
        if set(kind.needs) <= roles and registry.unfit(_settings(kind, backbone)) is None
    )


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What one draw trains on, and how."""

    dataset: Dataset
    config: TrainConfig
    further: Mapping[str, Examples] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return what names all that it learns from and is judged by: what came of it is kept by that."""
        found = hashlib.sha256(self.config.model_dump_json().encode())
        own = self.dataset
        columns = [own.hashes.tolist(), own.labels.tolist(), own.splits.tolist()]
        for role in sorted(self.further):
            columns += [self.further[role].hashes.tolist(), self.further[role].answers.tolist()]
        found.update(json.dumps(columns).encode())
        return found.hexdigest()[:16]


def training(
    kind: Kind,
    dataset: Dataset,
    backbone: str,
    examples: Mapping[str, Examples],
    draw: Draw,
    judge: Judge = HERE,
) -> Training:
    """Return the training of a kind on one draw; its test part are those that judge.

    Args:
        kind: one that trains.
        dataset: the target.
        backbone: that is trained.
        examples: further ones by role, classes called as the target calls them.
        draw: what is learnt from of the target; where the kind learns elsewhere, what is looked at.
        judge: what judges, the test part or those of the unlabelled whose class is known.
    """
    test = np.flatnonzero(dataset.splits == TEST)
    judges = (dataset.hashes[test], dataset.labels[test])
    if judge == THERE:
        judges = judging_there(examples[UNLABELLED])
    if kind.learns_elsewhere:
        parts = _of_source(examples[SOURCE], dataset)
        further = {UNLABELLED: _seen(dataset.hashes[draw.learnt], examples)}
    else:
        parts = [
            (dataset.hashes[rows], dataset.labels[rows]) for rows in (draw.learnt, draw.choosing)
        ]
        further = {role: examples[role] for role in kind.needs}
    learnt = _of(dataset, [*parts, judges])
    config = recipes.suited(learnt, _settings(kind, backbone), ("trainable_stages", *kind.settings))
    return Training(learnt, registry.settled(config), further)


def judging_there(examples: Examples) -> Labelled:
    """Return those from where the model will be used whose class is known: their names and classes."""
    rows, classes = examples.known()
    return examples.hashes[rows], classes


def _settings(kind: Kind, backbone: str) -> TrainConfig:
    """Return the method's settings with half of the stages open, as a person who chooses it finds them."""
    usual = TrainConfig().but(backbone=backbone, trainable_stages=stages.half(backbone))
    config = registry.changed(usual, kind.method.name)
    return registry.settled(config.but(**kind.settings) if kind.settings else config)


def _of_source(source: Examples, dataset: Dataset) -> list[Labelled]:
    """Return what is learnt from elsewhere, and what validates that."""
    labels = source.numbered(dataset.classes)
    hashes, labels = source.hashes[labels >= 0], labels[labels >= 0]
    validates = np.zeros(len(hashes), bool)
    validates[np.random.default_rng(7).permutation(len(hashes))[: _judges(len(hashes))]] = True
    return [(hashes[rows], labels[rows]) for rows in (~validates, validates)]


def _seen(hashes: np.ndarray, examples: Mapping[str, Examples]) -> Examples:
    """Return what is adapted to: of the target what was drawn, and more that came without a class."""
    if UNLABELLED in examples:
        hashes = np.unique(np.concatenate([hashes, examples[UNLABELLED].hashes]))
    return Examples(hashes, np.zeros(len(hashes), np.int32))


def _judges(count: int) -> int:
    return max(1, round(JUDGED_SHARE * count))


def _of(dataset: Dataset, parts: Sequence[Labelled]) -> Dataset:
    """Return a data set of other examples with the same classes, by part of the split; it is not saved."""
    none = dict.fromkeys(("groups", "twins", "given", "naive", "unseen", "split", "shows"))
    hashes = np.concatenate([names for names, _ in parts])
    sizes = [len(names) for names, _ in parts]
    return replace(
        dataset,
        hashes=hashes,
        names=hashes.astype(object),
        labels=np.concatenate([labels for _, labels in parts]).astype(np.int32),
        splits=np.repeat(np.array([TRAIN, VALIDATION, TEST], np.int8), sizes),
        facts={},
        **none,
    )


@dataclass(slots=True)
class Trainer:
    """Trains on one draw after the other; see `side_by_side.Trains`.

    Attributes:
        dataset: the target.
        backbone: that is trained.
        examples: further ones by role.
        judge: what judges.
        folder: where it is written down what was answered rightly, and where a person asks to stop.
        total: trainings in all.
        tell: called with trainings done and in all, also while one goes on.
    """

    dataset: Dataset
    backbone: str
    examples: Mapping[str, Examples]
    judge: Judge
    folder: Path
    total: int
    tell: Callable[[int, int], None]
    _done: int = 0

    def __call__(self, kind: Kind, amount: int, seed: int) -> np.ndarray:
        """Return which of those that judge a kind answers rightly once trained, bool (n,).

        Raises:
            StoppedError: a person asked for it.
            UserError: as `pipeline.train`.
        """
        draw = side_by_side.draw_of(self.dataset, amount, seed)
        task = training(kind, self.dataset, self.backbone, self.examples, draw, self.judge)
        noted = self.folder / f"{kind.name}-{amount}-{seed}-{task.key}.right"
        if not noted.exists():
            files.write_whole(noted, self._trained(task).astype(np.uint8).tobytes())
        self._done += 1
        self.tell(self._done, self.total)
        return np.frombuffer(noted.read_bytes(), np.uint8).astype(bool)

    def _trained(self, task: Training) -> np.ndarray:
        from tl_core.training import pipeline

        scratch = self.folder / SCRATCH
        shutil.rmtree(scratch, ignore_errors=True)  # a process that was killed left it
        scratch.mkdir()
        try:
            return pipeline.right_on_test(
                scratch,
                lambda event, **fields: self.tell(self._done, self.total),
                task.dataset,
                task.config,
                self.folder,
                task.further,
            )
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            _clear()


def trainings(amounts: Sequence[int], repeats: int, kinds: Sequence[Kind]) -> int:
    """Return how many trainings a comparison takes."""
    return len(kinds) * sum(side_by_side.repeats_of(amount, repeats) for amount in amounts)


def _clear() -> None:
    """Let go of the networks of a training; dozens of them would fill the memory."""
    if libraries.are_loaded():
        import keras

        keras.utils.clear_session()
        gc.collect()
