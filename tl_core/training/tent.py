"""Tent: a copy of a kept model adapts to the examples that it is about to answer, by becoming sure of them.

Batch normalisation is measured on these examples, then its scale and shift, and nothing else, follow the
gradient of the answers' entropy. No label takes part, so nothing proves that it helps: a model that is wrong
there becomes surer of being wrong. The kept model stays as it is.

The authors' networks learnt with batch normalisation that measured their own pictures. One that was fine-tuned
with it frozen still has the statistics of pretraining, so it is first written with those of its own pictures
(see `source_statistics`). Measured for a starter with six open stages that learnt photos of PACS, right in percent
as kept, adapted without that, and adapted (`tests/benchmarks/test_tent.py`): 420 paintings 53, 41, 60; 420
sketches 24, 35, 55. Nearly all of that comes from the statistics; entropy adds about a point, at a rate of 1e-3 in
batches of 64 as with 128 or five passes. Imports Keras only inside functions.

Reference:
    Wang et al. 2020, Tent: Fully Test-time Adaptation by Entropy Minimization. arXiv:2006.10726.
"""

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.backbones import stages, weight_files, weights
from tl_core.base.errors import UserError
from tl_core.encoding.features import batched
from tl_core.methods.method import tensor_operations
from tl_core.modalities import registry as modalities
from tl_core.models import detector_file, persist
from tl_core.models.persist import Description
from tl_core.tasks import registry as tasks
from tl_core.training import light, source_statistics

if TYPE_CHECKING:
    import keras

FEWEST = 20
"""Of fewer examples no mean and no variance can be told."""
MOST = 512
"""More are answered, but not learnt from."""
BATCH = 64
RATE = 1e-3
PASSES = 1
"""As the authors: every example is seen once."""
OLD = 16
"""As so many of them the statistics of before count."""
LEFT_BEHIND = (light.BODY, light.TAIL, light.ABOUT, detector_file.FILE)
"""What belongs to the weights of before."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """What adapting did.

    Attributes:
        learnt_from: how many examples.
        entropy_before: mean over them, in nats.
        entropy_after: see above.
        own: by how many pictures that the model learnt from it was centred before; 0 where it was not.
    """

    learnt_from: int
    entropy_before: float
    entropy_after: float
    own: int = 0


def require_fit(described: Description, count: int) -> None:
    """Refuse a model that has nothing to adapt, and too few examples.

    Raises:
        UserError: "tent-task", "tent-no-batch-norm" or "tent-few".
    """
    if not tasks.get(described.task).one_class_each:
        raise UserError(
            "tent-task",
            "Only a model that answers with one class can adapt by becoming sure of it.",
            "Ask it without adapting.",
        )
    learnt = described.trainable_stages
    infos = stages.of(described.backbone)
    if not sum(info.norm_parameters for info in infos[len(infos) - learnt :]):
        raise UserError(
            "tent-no-batch-norm",
            "In the part of this model that learnt there is no batch normalisation that could adapt.",
            "Ask it without adapting, or train one whose upper stages learn, or adapt (AdaBN).",
        )
    if count < FEWEST:
        raise UserError(
            "tent-few",
            "There are too few pictures to adapt to: {count}.",
            "Give at least {fewest} at once, of different classes.",
            count=count,
            fewest=FEWEST,
        )


def adapt(
    folder: Path,
    opened: Sequence[np.ndarray],
    out: Path,
    seed: int = 0,
    own: Sequence[np.ndarray] = (),
) -> Adapted:
    """Write a copy of the model in `folder` that adapted to examples into `out`.

    Args:
        folder: of the kept model, which stays as it is.
        opened: examples as the network takes them, see `answering.seen`.
        out: a folder that is made.
        seed: fixes which examples are seen together.
        own: examples that the model learnt from, opened likewise; see `source_statistics`. Without any it
            adapts all the same, and is likely to do harm.

    Raises:
        UserError: as `require_fit`, or as `persist.load_model`.
    """
    import keras

    from tl_core.backbones import cut

    require_fit(persist.describe(folder), len(opened))
    assembled = persist.load_model(folder)
    described = assembled.description
    place = stages.cut_for(described.backbone, described.trainable_stages)
    below, body = cut.split(assembled.base, place)
    order = np.random.default_rng(seed).permutation(len(opened))[:MOST]
    rows = _rows(described, below, [opened[index] for index in order])
    learner = keras.Model(body.input, assembled.head(body.output), name="learner")
    before = _entropy(learner, rows)
    centred = 0
    if len(own):
        expected = _rows(described, below, own)
        parts = batched(np.arange(len(expected)), source_statistics.BATCH)
        centred = source_statistics.put_in_place(body, (expected[part] for part in parts))
    _learn(learner, body, rows, seed)
    shutil.copytree(folder, out, ignore=lambda _, names: set(names) & set(LEFT_BEHIND))
    weight_files.save(weight_files.variables(body, assembled.head), out / persist.TAIL)
    sums = {"tail_sha256": weights.file_hash(out / persist.TAIL)}
    persist.describe_as(out, described.model_copy(update=sums))
    return Adapted(len(rows), before, _entropy(learner, rows), len(own) if centred else 0)


def _rows(described: Description, below: "keras.Model", opened: Sequence[np.ndarray]) -> np.ndarray:
    """Return what leaves the frozen part for examples, float32 (n, …)."""
    import keras

    given, scaled = modalities.of(described).layers(described.entry)
    frozen: Any = keras.Model(given, below(scaled))
    return np.concatenate(
        [
            np.asarray(frozen.predict_on_batch(np.stack([opened[index] for index in indices])))
            for indices in batched(np.arange(len(opened)), BATCH)
        ]
    )


def _learn(learner: "keras.Model", body: "keras.Model", rows: np.ndarray, seed: int) -> None:
    import keras

    from tl_core.backbones import cut
    from tl_core.training import statistics

    statistics.refresh(body, Held(rows), seed, old=OLD)
    for layer in cut.within(learner):
        is_norm = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = is_norm or bool(getattr(layer, "layers", ()))
    options: Any = {"optimizer": keras.optimizers.Adam(RATE), "jit_compile": False}
    learner.compile(loss=lambda _, logits: _entropies(logits), **options)
    for turn in range(PASSES):
        indices = np.random.default_rng([seed, turn, 1]).permutation(len(rows))
        for part in np.array_split(indices, math.ceil(len(rows) / BATCH)):
            learner.train_on_batch(rows[part], np.zeros((len(part), 1), np.float32))
    statistics.refresh(body, Held(rows), seed, old=OLD)


def _entropies(logits: Any) -> Any:
    ops = tensor_operations()
    return -ops.sum(ops.softmax(logits) * ops.log_softmax(logits), axis=-1)


def _entropy(learner: "keras.Model", rows: np.ndarray) -> float:
    """Return the mean entropy of the answers to examples, in nats."""
    total = 0.0
    for indices in batched(np.arange(len(rows)), BATCH):
        total += float(np.sum(_entropies(learner.predict_on_batch(rows[indices]))))
    return total / len(rows)


@dataclass(frozen=True, slots=True)
class Held:
    """Rows in memory, as `statistics.refresh` reads them."""

    rows: np.ndarray

    @property
    def views(self) -> int:
        """Return that there is but the plain view."""
        return 1

    def __len__(self) -> int:
        return len(self.rows)

    def seen(self, indices: np.ndarray, view: int) -> np.ndarray:
        """Return some rows, as in any view."""
        return self.rows[indices]

    def expect(self, batches: Any, epoch: int) -> None:
        """Do nothing: all are there already."""

    def batch(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """Return some rows."""
        return self.rows[indices]
