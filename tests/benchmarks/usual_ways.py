"""Fine-tuning as it is usually taught, written in plain Keras, on a data set of Graft's and divided alike.

    python -m tests.benchmarks.usual_ways DATASET guide|one_cycle SEED BACKBONE

prints {"accuracy": …, "seconds": …} of the test part as one line of JSON. Both ways start from a head
that knows nothing; pictures are resized by our own code and decoded before the clock starts.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tl_core.backbones import build, catalogue, cut, stages
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST, TRAIN
from tl_core.modalities.picture import pictures, preprocessing

BATCH = 32
DROPOUT = 0.2
STAGE_DECAY = 0.77
"""Of the rates of the starter's 17 stages: about a hundredth from top to bottom, as fast.ai's slice."""


class ByStage(keras.optimizers.AdamW):
    """AdamW whose rate is multiplied by a factor of each variable's own."""

    def __init__(self, *args: Any, factors: dict[str, float], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.factors = factors

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        own = self._trainable_variables[self._get_variable_index(variable)]
        factor = self.factors.get(own.path, 1.0)
        super().update_step(gradient, variable, learning_rate * factor)


def guide(base: keras.Model, model: keras.Model, x: np.ndarray, y: np.ndarray) -> None:
    """Train the head alone, then everything at a hundredth of the rate, as Keras's guide does.

    Reference:
        Chollet 2020, Transfer learning & fine-tuning. keras.io/guides/transfer_learning, "An
        end-to-end example"; ten epochs each, so that both phases come to an end on few pictures.
    """
    base.trainable = False
    _fit(model, keras.optimizers.Adam(1e-3), x, y, 10)
    base.trainable = True
    _fit(model, keras.optimizers.Adam(1e-5), x, y, 10)


def one_cycle(base: keras.Model, model: keras.Model, x: np.ndarray, y: np.ndarray) -> None:
    """Train the head for one epoch, then everything in one cycle, gentler from stage to stage.

    Reference:
        Howard and Gugger 2020, fastai: A layered API for deep learning (`fine_tune`). arXiv:2002.04688.
        Smith 2018, A disciplined approach to neural network hyper-parameters. arXiv:1803.09820.
    """
    base.trainable = False
    _fit(model, _cycle(2e-3, 1, len(x), {}), x, y, 1)
    base.trainable = True
    entries = [stage.node_index for stage in stages.of(base.name)]
    stage_of = cut.stage_of_variable(base, entries)
    factors = {
        variable.path: STAGE_DECAY ** (len(entries) - 1 - stage_of[id(variable)])
        for variable in base.trainable_variables
    }
    _fit(model, _cycle(1e-3, 10, len(x), factors), x, y, 10)


def _cycle(highest: float, epochs: int, count: int, factors: dict[str, float]) -> ByStage:
    """Return AdamW whose rate rises in the first three tenths and falls along a cosine."""
    steps = epochs * -(-count // BATCH)
    rising = max(1, round(0.3 * steps))
    rate = keras.optimizers.schedules.CosineDecay(
        highest / 25, max(1, steps - rising), warmup_target=highest, warmup_steps=rising
    )
    return ByStage(rate, weight_decay=0.01, factors=factors)


def _fit(model: keras.Model, optimizer: Any, x: np.ndarray, y: np.ndarray, epochs: int) -> None:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # XLA would slow it down on a CPU.
    model.compile(optimizer, loss, jit_compile=False)
    model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0)


WAYS: dict[str, tuple[Callable[..., None], bool]] = {
    "guide": (guide, False),
    "one_cycle": (one_cycle, True),
}
"""Each way, and whether batch normalisation updates its statistics."""


def measured(dataset_id: str, way: str, seed: int, backbone: str) -> dict[str, float]:
    """Return the accuracy on the test part, 0 to 1, and the seconds of training."""
    keras.utils.set_random_seed(seed)
    dataset = manifest.load(dataset_id)
    x, x_test = (_scaled(dataset, part, backbone) for part in (TRAIN, TEST))
    y, y_test = (dataset.labels[dataset.splits == part] for part in (TRAIN, TEST))
    train, updates_norm = WAYS[way]
    began = time.perf_counter()
    base = build.backbone(backbone)
    base.name = backbone
    inputs = keras.Input(x.shape[1:])
    changed = keras.layers.RandomFlip("horizontal")(inputs)
    # None: batch normalisation follows the phase of the call. False: it stays as it is.
    features = base(changed, training=None if updates_norm else False)
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    pooled = keras.layers.Dropout(0.0 if updates_norm else DROPOUT)(pooled)
    model = keras.Model(inputs, keras.layers.Dense(len(dataset.classes))(pooled))
    train(base, model, x, y)
    seconds = time.perf_counter() - began
    right = model.predict(x_test, verbose=0).argmax(axis=1) == y_test
    return {"accuracy": float(right.mean()), "seconds": seconds}


def _scaled(dataset: manifest.Dataset, part: int, backbone: str) -> np.ndarray:
    """Return the pictures of a part as the backbone expects them, float32 (n, h, w, 3)."""
    record = catalogue.get(backbone)
    names = dataset.hashes[dataset.splits == part]
    pixels = pictures.pixels(names, record.default_size_px)
    return preprocessing.scale_numpy(record.preprocessing, pixels)


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])))
