"""Kinds of transfer that train stages, side by side with those that are solved for: a training for each draw.

Each is what a run by that method would be that learns from the drawn examples, with the settings recommended
for so many: validation chooses the epoch, or the exact head where training does not beat it. What leaves the
frozen part is kept by example, so no draw looks at a picture that another one looked at.

What is answered rightly is written down after each training: a job that was killed goes on behind it.
"""

import gc
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tl_core.backbones import stages
from tl_core.base import files
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.job import Examples
from tl_core.evaluation import side_by_side
from tl_core.evaluation.side_by_side import UNLABELLED, Draw, Kind
from tl_core.methods import recipes, registry
from tl_core.methods.method import SOURCE
from tl_core.training import libraries

REPEATS = 5
"""Draws for an amount where something trains: each is a training."""
JUDGED_SHARE = 0.15
"""Of the source, where it is what is learnt from, validation has so much."""
SCRATCH = "training"
KINDS: tuple[Kind, ...] = (
    Kind("fine_tune", Said("Fine-tuning"), registry.get("fine_tune"), trains=True),
    Kind("gradual", Said("Gradual unfreezing"), registry.get("gradual"), trains=True),
    Kind("surgical", Said("Surgical fine-tuning"), registry.get("surgical"), trains=True),
    Kind(
        "adabn",
        Said("Learnt elsewhere, batch normalisation adapted (AdaBN)"),
        registry.get("adabn"),
        needs=(SOURCE,),
        learns_elsewhere=True,
        trains=True,
    ),
)


def chosen(names: Sequence[str], roles: set[str], backbone: str) -> tuple[Kind, ...]:
    """Return the kinds of these names that have all they need and suit a backbone, in their usual order.

    Raises:
        UserError: "side-by-side-kind" for a name that nobody bears.
    """
    known = {kind.name for kind in KINDS}
    if strange := [name for name in names if name not in known]:
        raise UserError(
            "side-by-side-kind",
            "No kind of transfer that trains is called {name!r}.",
            "Choose from: {names}.",
            name=strange[0][:80],
            names=", ".join(kind.name for kind in KINDS),
        )
    return tuple(kind for kind in possible(roles, backbone) if kind.name in names)


def possible(roles: set[str], backbone: str) -> tuple[Kind, ...]:
    """Return the kinds that have all they need and suit a backbone."""
    return tuple(
        kind
        for kind in KINDS
        if set(kind.needs) <= roles and registry.unfit(_settings(kind, backbone)) is None
    )


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What one draw trains on, and how."""

    dataset: Dataset
    config: TrainConfig
    further: Mapping[str, Examples] = field(default_factory=dict)


def training(
    kind: Kind, dataset: Dataset, backbone: str, examples: Mapping[str, Examples], draw: Draw
) -> Training:
    """Return the training of a kind on one draw.

    Args:
        kind: one that trains.
        dataset: the target; its test part judges.
        backbone: that is trained.
        examples: further ones by role, classes called as the target calls them.
        draw: what is learnt from of the target; where the kind learns elsewhere, what is looked at.
    """
    test, further = np.flatnonzero(dataset.splits == TEST), {}
    if kind.learns_elsewhere:
        source = examples[SOURCE]
        labels = source.numbered(dataset.classes)
        hashes = source.hashes[labels >= 0]
        labels = labels[labels >= 0]
        parts = np.full(len(hashes), TRAIN, np.int8)
        parts[np.random.default_rng(7).permutation(len(hashes))[: _judges(len(hashes))]] = (
            VALIDATION
        )
        learnt = _of(
            dataset,
            np.concatenate([hashes, dataset.hashes[test]]),
            np.concatenate([labels, dataset.labels[test]]),
            np.concatenate([parts, np.full(len(test), TEST, np.int8)]),
        )
        seen = dataset.hashes[draw.learnt]
        if UNLABELLED in examples:
            seen = np.unique(np.concatenate([seen, examples[UNLABELLED].hashes]))
        further[UNLABELLED] = Examples(seen, np.zeros(len(seen), np.int32))
    else:
        rows = np.concatenate([draw.learnt, draw.choosing, test])
        sizes = (len(draw.learnt), len(draw.choosing), len(test))
        parts = np.repeat(np.array([TRAIN, VALIDATION, TEST], np.int8), sizes)
        learnt = _of(dataset, dataset.hashes[rows], dataset.labels[rows], parts)
    config = recipes.suited(learnt, _settings(kind, backbone), ("trainable_stages",))
    return Training(learnt, registry.settled(config), further)


def _settings(kind: Kind, backbone: str) -> TrainConfig:
    """Return the method's settings with half of the stages open, as a person who chooses it finds them."""
    usual = TrainConfig().but(backbone=backbone, trainable_stages=stages.half(backbone))
    return registry.settled(registry.changed(usual, kind.method.name))


def _judges(count: int) -> int:
    return max(1, round(JUDGED_SHARE * count))


def _of(dataset: Dataset, hashes: np.ndarray, labels: np.ndarray, parts: np.ndarray) -> Dataset:
    """Return a data set of other examples with the same classes; it is not saved."""
    none = dict.fromkeys(("groups", "twins", "given", "naive", "unseen", "split", "shows"))
    return replace(
        dataset,
        hashes=hashes,
        names=hashes.astype(object),
        labels=labels.astype(np.int32),
        splits=parts.astype(np.int8),
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
        folder: where it is written down what was answered rightly, and where a person asks to stop.
        total: trainings in all.
        tell: called with trainings done and in all, also while one goes on.
    """

    dataset: Dataset
    backbone: str
    examples: Mapping[str, Examples]
    folder: Path
    total: int
    tell: Callable[[int, int], None]
    _done: int = 0

    def __call__(self, kind: Kind, amount: int, seed: int) -> np.ndarray:
        """Return which examples of the test part a kind answers rightly once trained, bool (n,).

        Raises:
            StoppedError: a person asked for it.
            UserError: as `pipeline.train`.
        """
        noted = self.folder / f"{kind.name}-{amount}-{seed}.right"
        if not noted.exists():
            files.write_whole(noted, self._trained(kind, amount, seed).astype(np.uint8).tobytes())
        self._done += 1
        self.tell(self._done, self.total)
        return np.frombuffer(noted.read_bytes(), np.uint8).astype(bool)

    def _trained(self, kind: Kind, amount: int, seed: int) -> np.ndarray:
        from tl_core.training import pipeline

        draw = side_by_side.draw_of(self.dataset, amount, seed)
        task = training(kind, self.dataset, self.backbone, self.examples, draw)
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
