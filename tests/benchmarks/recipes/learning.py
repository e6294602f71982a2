"""One epoch of fine-tuning, and the features of pictures, each as one program of JAX.

Everything in which recipes differ is a number that the program is given, so that it is compiled twice
for each backbone at most: with batch normalisation as pretrained, and with it learning.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np

from tests.benchmarks.recipes.packing import PackedBackbone, PackedPictures
from tl_core.modalities.picture import preprocessing

BATCH = 32
JUDGED_AT_ONCE, MOST_JUDGED = 64, 10
"""Pictures in a piece, and pieces in a call."""
FIRST_KEEPS, SECOND_KEEPS, EPSILON = 0.9, 0.999, 1e-7
"""Adam's, as Keras has them."""
NEVER = -1e9
"""The logit of a class that a picture set does not have."""

Tree = Any
"""A tree of arrays: {"stages": list of kernels and biases, "weights": (d, k), "bias": (k,)}."""


class Changes(NamedTuple):
    """How copies of pictures differ from them; see `plan.Recipe`."""

    flip: float
    move: float
    colour: float


class Course(NamedTuple):
    """What one phase of a recipe is to the program.

    Attributes:
        rates: the highest rate of every parameter, as the tree of parameters.
        learning: 1 for each statistic of batch normalisation whose stage learns, else 0.
        classes: (k,), 1 for each class that there is, else 0.
        total: steps of the phase.
        warmup: the share of them in which rates rise.
        is_cosine: 1 or 0.
        changes: of the pictures.
        label_smoothing: see `plan.Recipe`, as the next two.
        weight_decay: for kernels.
        pull: towards the pretrained weights.
        average_keeps: what the running mean of the weights keeps in a step, once it is under way.
    """

    rates: Tree
    learning: list[float]
    classes: Any
    total: float
    warmup: float
    is_cosine: float
    changes: Changes
    label_smoothing: float
    weight_decay: float
    pull: float
    average_keeps: float


class State(NamedTuple):
    """What a step changes.

    Attributes:
        parameters: those that may learn.
        statistics: of batch normalisation.
        first: Adam's running mean of the gradients.
        second: of their squares.
        average: the running mean of the parameters.
        steps: done in this phase.
    """

    parameters: Tree
    statistics: list[Any]
    first: Tree
    second: Tree
    average: Tree
    steps: Any

    def begun_anew(self) -> "State":
        """Return the state that a new phase begins with: a fresh optimiser."""
        nothing = jax.tree.map(jnp.zeros_like, self.parameters)
        return self._replace(first=nothing, second=nothing, steps=jnp.asarray(0.0))


@dataclass(frozen=True, slots=True)
class Programs:
    """A backbone with batch normalisation either as pretrained or learning.

    Attributes:
        parameters: pretrained, in the order of `stages`.
        statistics: pretrained, in the order of `statistic_stages`.
        stages: the stage of each parameter, counted from the input.
        statistic_stages: the same of each statistic.
        epoch: (state, pretrained, places (steps, BATCH), counts alike, steps, key, course) to a state.
        features: (parameters, statistics, places (MOST_JUDGED, JUDGED_AT_ONCE), pieces) to float32
            (MOST_JUDGED, JUDGED_AT_ONCE, d), of which only so many pieces are worked out.
    """

    parameters: list[Any]
    statistics: list[Any]
    stages: list[int]
    statistic_stages: list[int]
    epoch: Callable[..., State]
    features: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Network:
    """A packed backbone, its weights, and the pictures it looks at, on the accelerator."""

    packed: PackedBackbone
    model: keras.Model
    pictures: Any
    labels: Any
    most_classes: int

    @classmethod
    def read(cls, folder: Path, packed: PackedBackbone, pictures: PackedPictures) -> "Network":
        model = keras.models.model_from_json(packed.config)
        with np.load(folder / f"{packed.name}.npz") as held:
            model.set_weights([held[key].astype(np.float32) for key in held.files])
        most = int(pictures.labels.max()) + 1
        return cls(
            packed, model, jnp.asarray(pictures.pictures), jnp.asarray(pictures.labels), most
        )

    @property
    def width(self) -> int:
        return self.model.output_shape[-1]

    @property
    def most_steps(self) -> int:
        """Steps of an epoch on all pictures: one shape serves every part of every set."""
        return -(-len(self.labels) // BATCH)

    def scaled(self, pixels: Any) -> Any:
        """Return pictures (n, h, w, 3) of grey levels as the backbone expects them."""
        kind: Any = self.packed.preprocessing
        return preprocessing.scale_layers(kind, pixels)

    def programs(self, trains_norm: bool) -> Programs:
        """Return the programs, compiled when they are first called."""
        model, stage_of = self.model, self.packed.stage_of
        for layer in model.layers:
            is_norm = isinstance(layer, keras.layers.BatchNormalization)
            layer.trainable = trains_norm or not is_norm
        parameters, statistics = model.trainable_variables, model.non_trainable_variables
        return Programs(
            [jnp.asarray(each.value) for each in parameters],
            [jnp.asarray(each.value) for each in statistics],
            [stage_of[each.path] for each in parameters],
            [stage_of.get(each.path, 0) for each in statistics],
            jax.jit(partial(_epoch, self, trains_norm)),
            jax.jit(partial(_features, self)),
        )


def changed(pixels: Any, key: Any, changes: Changes) -> Any:
    """Return changed copies of pictures, float32 (n, h, w, 3) of grey levels 0 to 255.

    Each is mirrored or not, shifted, zoomed along both sides alike, and made darker, lighter, duller
    or brighter, by amounts of its own; what a shift uncovers is black.
    """
    count, side = pixels.shape[:2]
    keys = jax.random.split(key, 5)
    one = (count, 1, 1, 1)
    between = partial(jax.random.uniform, minval=-1, maxval=1)
    mirrored = (jax.random.uniform(keys[0], one) < 0.5) & (changes.flip > 0)
    pixels = jnp.where(mirrored, pixels[:, :, ::-1], pixels)
    zoom = (1 + changes.move * between(keys[1], (count, 1))) * jnp.ones((1, 2))
    shift = changes.move * side * between(keys[2], (count, 2)) + (1 - zoom) * side / 2

    def moved(picture: Any, scale: Any, translation: Any) -> Any:
        return jax.image.scale_and_translate(
            picture, picture.shape, (0, 1), scale, translation, "linear", antialias=False
        )

    pixels = jnp.where(changes.move > 0, jax.vmap(moved)(pixels, zoom, shift), pixels)
    contrast = 1 + changes.colour * between(keys[3], one)
    brightness = changes.colour * 127 * between(keys[4], one)
    mean = pixels.mean((1, 2, 3), keepdims=True)
    return jnp.clip((pixels - mean) * contrast + mean + brightness, 0, 255)


def rate_at(step: Any, course: Course) -> Any:
    """Return the share of the highest rate that a step of a phase has."""
    share, rising = step / course.total, course.warmup * course.total
    climbing = (step + 1) / (rising + 1)
    falling = (1 + jnp.cos(jnp.pi * (share - course.warmup) / (1 - course.warmup))) / 2
    curve = jnp.where(share < course.warmup, climbing, falling)
    return jnp.where(course.is_cosine > 0, curve, 1.0)


def _epoch(
    network: Network,
    trains_norm: bool,
    state: State,
    pretrained: list[Any],
    places: Any,
    counts: Any,
    steps: Any,
    key: Any,
    course: Course,
) -> State:
    """Return the state after an epoch.

    Args:
        network: the backbone and its pictures.
        trains_norm: whether batch normalisation learns.
        state: before.
        pretrained: what the parameters were.
        places: int (most steps, BATCH), pictures of each step.
        counts: float (most steps, BATCH), 0 where a place only fills up the batch.
        steps: how many of them are to be done.
        key: of the random changes.
        course: of the phase.
    """

    def step(number: Any, state: State) -> State:
        pixels = network.pictures[places[number]].astype(jnp.float32)
        pixels = changed(pixels, jax.random.fold_in(key, number), course.changes)
        aims = _aims(network.labels[places[number]], course)
        loss = partial(_loss, network, trains_norm, pretrained, course)
        gradients, statistics = jax.grad(loss, has_aux=True)(
            state.parameters, state.statistics, pixels, aims, counts[number]
        )
        if trains_norm:
            statistics = [
                jnp.where(learns > 0, new, old)
                for learns, new, old in zip(
                    course.learning, statistics, state.statistics, strict=True
                )
            ]
        return _corrected(state._replace(statistics=statistics), gradients, course)

    return jax.lax.fori_loop(0, steps, step, state)


def _aims(labels: Any, course: Course) -> Any:
    """Return what the answers should be, (n, k), smoothed over the classes that there are."""
    exact = jax.nn.one_hot(labels, len(course.classes))
    even = course.classes / course.classes.sum()
    return exact * (1 - course.label_smoothing) + course.label_smoothing * even


def _loss(
    network: Network,
    trains_norm: bool,
    pretrained: list[Any],
    course: Course,
    parameters: Tree,
    statistics: list[Any],
    pixels: Any,
    aims: Any,
    counts: Any,
) -> tuple[Any, list[Any]]:
    """Return the mean cross-entropy, with the pull to the pretrained weights, and new statistics."""
    maps, statistics = network.model.stateless_call(
        parameters["stages"], statistics, network.scaled(pixels), training=trains_norm
    )
    logits = maps.mean((1, 2)) @ parameters["weights"] + parameters["bias"]
    logits = jnp.where(course.classes > 0, logits, NEVER)
    likely = jnp.where(course.classes > 0, jax.nn.log_softmax(logits), 0)
    distance = sum(
        ((now - before) ** 2).sum() * (rate > 0)
        for now, before, rate in zip(
            parameters["stages"], pretrained, course.rates["stages"], strict=True
        )
    )
    surprise = -(aims * likely).sum(-1)
    return (surprise * counts).sum() / counts.sum() + course.pull * distance, statistics


def _corrected(state: State, gradients: Tree, course: Course) -> State:
    """Return the state after one step of AdamW, which leaves parameters of rate 0 as they are."""
    steps = state.steps + 1
    now = rate_at(state.steps, course)
    first = jax.tree.map(
        lambda mean, new: FIRST_KEEPS * mean + (1 - FIRST_KEEPS) * new, state.first, gradients
    )
    second = jax.tree.map(
        lambda mean, new: SECOND_KEEPS * mean + (1 - SECOND_KEEPS) * new**2,
        state.second,
        gradients,
    )

    def stepped(parameter: Any, rate: Any, mean: Any, square: Any) -> Any:
        spread = jnp.sqrt(square / (1 - SECOND_KEEPS**steps)) + EPSILON
        step = mean / (1 - FIRST_KEEPS**steps) / spread
        decay = course.weight_decay * parameter if parameter.ndim > 1 else 0.0
        return parameter - now * rate * (step + decay)

    parameters = jax.tree.map(stepped, state.parameters, course.rates, first, second)
    keeps = jnp.minimum(course.average_keeps, (1 + steps) / (10 + steps))
    average = jax.tree.map(
        lambda mean, new: keeps * mean + (1 - keeps) * new, state.average, parameters
    )
    return State(parameters, state.statistics, first, second, average, steps)


def _features(
    network: Network, parameters: list[Any], statistics: list[Any], places: Any, pieces: Any
) -> Any:
    """Return the pooled features of pictures; see `Programs`."""

    def fill(number: Any, found: Any) -> Any:
        pixels = network.pictures[places[number]].astype(jnp.float32)
        maps, _ = network.model.stateless_call(
            parameters, statistics, network.scaled(pixels), training=False
        )
        return found.at[number].set(maps.mean((1, 2)))

    return jax.lax.fori_loop(0, pieces, fill, jnp.zeros((*places.shape, network.width)))
