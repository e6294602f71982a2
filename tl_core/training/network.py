"""Trunk and learner as Keras models (imports keras, and TensorFlow where it is the backend)."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import keras
import numpy as np

from tl_core.backbones import build, cut, stages
from tl_core.config import TrainConfig
from tl_core.encoding import trunk
from tl_core.encoding.encode import Encoder
from tl_core.encoding.job import Job
from tl_core.methods import registry
from tl_core.models import heads
from tl_core.tasks.closed_form import Linear
from tl_core.training import rates

REPEATABLE_XLA = ("--xla_gpu_deterministic_ops=true", "--xla_gpu_autotune_level=0")
"""Without the second, XLA may choose another algorithm for the same sum in the next process."""


@dataclass(frozen=True, slots=True)
class Network:
    """A backbone cut in two, with a new head on the upper part.

    Attributes:
        frozen: returns the model of scaled examples to rows, None when every stage trains. Where
            only the head trains it is built at the first call: converted before, it is never needed.
        body: rows to the backbone's last map; None when only the head trains.
        head: the last map, or pooled rows, to logits.
        learner: rows to logits; what is trained.
        rates: share of the learning rate by weight path; the head's is 1 and not named.
        depths: for each weight of the body, by path, how many stages its own is below the top.
        norm_learns: whether batch normalisation of stages that learn does, too.
    """

    frozen: Callable[[], keras.Model | None]
    body: keras.Model | None
    head: keras.Model
    learner: keras.Model
    rates: dict[str, float] = field(default_factory=dict)
    depths: dict[str, int] = field(default_factory=dict)
    norm_learns: bool = False

    def rate(self, variable: keras.Variable) -> float:
        """Return a weight's share of the learning rate."""
        return self.rates.get(variable.path, 1.0)

    def let_learn(self, stages: int) -> None:
        """Let the top `stages` stages of the body learn and freeze the others; the head always learns."""
        self.let_only_learn(range(stages))

    def let_only_learn(self, below_top: Collection[int]) -> None:
        """Let the stages that are so many below the top learn and freeze the others; the head always learns."""
        if self.body is None:
            return
        frozen = {path for path, depth in self.depths.items() if depth not in below_top}
        cut.set_trainable(self.body, self.norm_learns, frozen)

    def last_map(self, rows: np.ndarray) -> np.ndarray:
        """Return the backbone's last map for rows, with the weights as they are now."""
        return rows if self.body is None else np.asarray(self.body.predict_on_batch(rows))

    def start_from(self, linear: Linear) -> bool:
        """Set the head to the closed-form solution; return False for heads that are not one layer.

        A flattened map of h by w places has the pooled solution too: each place gets 1/(h·w) of it.
        """
        layers = self._dense_layers()
        if len(layers) != 1:
            return False
        wide = int(layers[0].get_weights()[0].shape[0])
        places = wide // len(linear.weights)
        layers[0].set_weights([np.tile(linear.weights / places, (places, 1)), linear.bias])
        return True

    def rescale_outputs(self, factor: np.ndarray, offset: np.ndarray) -> None:
        """Let the last layer answer `outputs * factor + offset`."""
        last = self._dense_layers()[-1]
        kernel, bias = last.get_weights()
        last.set_weights([kernel * factor, bias * factor + offset])

    def convert_trunk(self, job: Job) -> Path:
        """Convert the frozen part, once for this machine, and return its file."""
        frozen = self.frozen()
        if frozen is None or job.trunk is None:
            raise ValueError("there is no frozen part to convert")
        return trunk.convert(job.trunk, frozen)

    def encoder(self, job: Job) -> Encoder:
        """Return an encoder that runs the frozen part in Keras, on a GPU in half precision if `job` says so.

        On a processor pictures go through one by one, which takes hardly longer: in a batch, a row's
        last bits depend on its place, and so on what was encoded before an interruption.
        """
        frozen = self.frozen()
        if frozen is None:
            return lambda decoded: decoded
        on_card = has_gpu()
        if on_card and job.half:
            halve(frozen)

        def encode(decoded: np.ndarray) -> np.ndarray:
            scaled, size = job.scale(decoded), len(decoded) if on_card else 1
            parts = [
                np.asarray(frozen.predict_on_batch(scaled[start : start + size]), np.float32)
                for start in range(0, len(scaled), size)
            ]
            return np.concatenate(parts)

        return encode

    def _dense_layers(self) -> list[keras.layers.Dense]:
        return [layer for layer in self.head.layers if isinstance(layer, keras.layers.Dense)]


def has_gpu() -> bool:
    """Say whether Keras's backend computes on a GPU."""
    if keras.backend.backend() == "jax":
        import jax  # pyright: ignore[reportMissingImports]

        return jax.default_backend() == "gpu"
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def halve(model: keras.Model) -> None:
    """Let a frozen model compute in float16, its weights still in float32.

    Reference: Micikevicius et al. 2018, arXiv 1710.03740.
    """
    for layer in model.layers:
        layer.dtype_policy = keras.DTypePolicy("mixed_float16")


def prepare(seed: int) -> None:
    """Make everything random and every parallel sum repeatable in this process."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    elif keras.backend.backend() == "jax":  # which reads them when it looks for its devices
        given = os.environ.get("XLA_FLAGS", "").split()
        os.environ["XLA_FLAGS"] = " ".join(dict.fromkeys([*given, *REPEATABLE_XLA]))


def build_network(job: Job, outputs: int) -> Network:
    """Build the network of `job`; the new head is random, fixed by the seed.

    Args:
        job: backbone, cut, size and head.
        outputs: number of classes or of targets.
    """
    prepare(job.config.course.seed)
    rows = job.cut.trunk_shape(job.size)
    inputs = keras.Input(rows[-1:] if job.pooled else rows, name="rows")
    if job.config.network.trainable_stages == 0:
        last_map, shape = inputs, rows
        if job.pooled and len(rows) > 1:  # a map of one place, whose average is itself
            shape = (*[1] * (len(rows) - 1), rows[-1])
            last_map = keras.layers.Reshape(shape, name="one_place")(inputs)
        head = heads.head(job.config, shape, outputs)
        learner = keras.Model(inputs, head(last_map), name="learner")
        return Network(cache(lambda: _whole(job)), None, head, learner)
    method = registry.of(job.config)
    weights_from = "pretrained" if method.is_pretrained else None
    base = build.backbone(job.config.network.backbone, job.size, weights_from)
    below, body = cut.split(base, job.cut)
    if method.begins is not None:
        method.begins(body)
    norm_learns = job.config.network.batch_norm == "learning"
    cut.set_trainable(body, norm_learns)
    heads.penalise(body, job.config.head.l2)
    heads.pull_back(body, job.config.steps.toward_pretrained)
    head = heads.head(job.config, base.output_shape[1:], outputs)
    learner = keras.Model(inputs, head(body(inputs)), name="learner")
    depths = _depths(job.config, base, body)
    shares = {path: rates.stage_rate(job.config, depth) for path, depth in depths.items()}
    frozen = None if job.trunk is None else below
    return Network(lambda: frozen, body, head, learner, shares, depths, norm_learns)


def convert_again(frozen: trunk.Trunk) -> Path:
    """Convert a trunk that the cache dropped, and return its file."""
    base = build.backbone(frozen.backbone, frozen.size_px)
    if frozen.pooled:
        return trunk.convert(frozen, pooled(base))
    depths = range(len(stages.of(frozen.backbone)) + 1)
    place = next(
        found
        for found in (stages.cut_for(frozen.backbone, depth) for depth in depths)
        if found.node_index == frozen.cut
    )
    return trunk.convert(frozen, cut.split(base, place)[0])


def _whole(job: Job) -> keras.Model:
    """Build the backbone that is frozen from end to end."""
    base = build.backbone(job.config.network.backbone, job.size)
    return pooled(base) if job.pooled else base


def pooled(base: keras.Model) -> keras.Model:
    """Return a backbone that ends in the average over all places of its last map."""
    sides = len(base.output_shape) - 2
    if not sides:
        return base
    pool = (
        keras.layers.GlobalAveragePooling1D if sides == 1 else keras.layers.GlobalAveragePooling2D
    )
    return keras.Model(base.input, pool(name="pool")(base.output), name=f"{base.name}_pooled")


def _depths(config: TrainConfig, base: keras.Model, body: keras.Model) -> dict[str, int]:
    """Return for every weight in `body`, by path, how many stages its own is below the top."""
    infos = stages.of(config.network.backbone)
    stage = cut.stage_of_variable(base, [info.node_index for info in infos])
    return {
        variable.path: len(infos) - 1 - stage[id(variable)]
        for variable in body.variables
        if id(variable) in stage
    }
