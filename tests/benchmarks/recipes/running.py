"""Makes the trainings of a study, cell by cell, and appends each to a journal. Imports JAX.

Needs a packed folder, JAX, Keras, NumPy, SciPy and threadpoolctl; no TensorFlow. A study that was cut off
goes on where it stands when it is called again.
"""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"  # before Keras is imported, below

import jax
import jax.numpy as jnp
import numpy as np

from tests.benchmarks.recipes import journal
from tests.benchmarks.recipes.divisions import Parts, divide
from tests.benchmarks.recipes.journal import Answer, Epoch, Training
from tests.benchmarks.recipes.learning import (
    BATCH,
    JUDGED_AT_ONCE,
    MOST_JUDGED,
    Changes,
    Course,
    Network,
    Programs,
    State,
)
from tests.benchmarks.recipes.packing import PackedBackbone, PackedPictures
from tests.benchmarks.recipes.plan import EXACT, RECIPES, Cell, Phase, Recipe
from tl_core.tasks.closed_form import Linear, fit_softmax


def run(
    study: "Study",
    cells: Iterable[Cell],
    file: Path,
    deadline: float,
    most: int,
    tell: Callable[[str], None] = print,
) -> int:
    """Make the trainings of all cells that no journal beside `file` has; return how many were made.

    Args:
        study: the backbone and its pictures.
        cells: in order.
        file: the journal to append to.
        deadline: seconds of the epoch (as `time.time`) after which no training is begun.
        most: trainings that are made.
        tell: called with a line for each.
    """
    before, count = journal.made(file.parent, study.name), 0
    for cell in cells:
        if cell in before or not study.can_test(cell):
            continue
        if count >= most or time.time() >= deadline:
            break
        training = study.train(cell)
        journal.append(file, training)
        count += 1
        tell(f"{study.name} {cell} took {training.seconds:.1f} s")
    return count


class Study:
    """One backbone on all packed pictures.

    Args:
        folder: what `packing.pack` wrote.
        backbone: its name.
    """

    def __init__(self, folder: Path, backbone: str) -> None:
        self.name = backbone
        packed = PackedBackbone.read(folder, backbone)
        self.pictures = PackedPictures.read(folder, packed.size_px)
        self.network = Network.read(folder, packed, self.pictures)
        self.total_stages = packed.total_stages
        self._programs: dict[bool, Programs] = {}
        self._latest: tuple[Any, Linear, Epoch] | None = None

    @property
    def sets(self) -> list[str]:
        return [str(name) for name in self.pictures.names]

    def train(self, cell: Cell) -> Training:
        """Return the training of a cell."""
        recipe, parts = RECIPES[cell.recipe], self._parts(cell)
        linear, exact = self._exact_head(cell, parts)
        began = time.perf_counter()
        epochs, ran_away = (exact,), False
        if cell.recipe != EXACT:
            epochs, ran_away = self._fine_tuned(cell, recipe, parts, linear)
        counts = np.bincount(self.pictures.labels[parts.train])
        return Training(
            backbone=self.name,
            cell=cell,
            total_stages=self.total_stages,
            pictures=len(parts.train),
            classes=len(counts),
            median=float(np.median(counts)),
            tested=len(parts.test),
            seconds=round(time.perf_counter() - began, 2),
            epochs=epochs,
            ran_away=ran_away,
        )

    def can_test(self, cell: Cell) -> bool:
        """Say whether the set is so large that pictures are left for testing."""
        return len(self._parts(cell).test) > 0

    def _parts(self, cell: Cell) -> Parts:
        """Return the places of the parts among all pictures."""
        members = np.flatnonzero(self.pictures.sets == self.sets.index(cell.set))
        parts = divide(self.pictures.labels[members], cell.set, cell.per_class, cell.division)
        return Parts(*(members[part] for part in parts))

    def _programs_for(self, trains_norm: bool) -> Programs:
        if trains_norm not in self._programs:
            self._programs[trains_norm] = self.network.programs(trains_norm)
        return self._programs[trains_norm]

    def _exact_head(self, cell: Cell, parts: Parts) -> tuple[Linear, Epoch]:
        """Return the exact head and how good it is; that of the latest division is remembered."""
        key = (cell.set, cell.per_class, cell.division)
        if self._latest is None or self._latest[0] != key:
            programs = self._programs_for(False)
            found = [
                self._features(programs, programs.parameters, programs.statistics, part)
                for part in parts
            ]
            labels = [self.pictures.labels[part] for part in parts]
            classes = int(labels[0].max()) + 1
            plain = fit_softmax(found[0], labels[0], classes, validation=(found[1], labels[1]))
            both = np.concatenate(found[:2]), np.concatenate(labels[:2])
            refitted = fit_softmax(*both, classes, (plain.l2,))
            validation, truths = (plain(found[1]), labels[1]), labels[2]
            answers = {
                kind: Answer.of(validation, (head(found[2]), truths))
                for kind, head in ((journal.PLAIN, plain), (journal.REFITTED, refitted))
            }
            self._latest = key, plain, Epoch(0, answers)
        return self._latest[1], self._latest[2]

    def _fine_tuned(
        self, cell: Cell, recipe: Recipe, parts: Parts, linear: Linear
    ) -> tuple[tuple[Epoch, ...], bool]:
        """Return what was seen after each epoch that is looked at, and whether the loss ran away."""
        programs = self._programs_for(recipe.trains_norm)
        state = self._start(programs, recipe, linear)
        classes, number, epochs = linear.weights.shape[1], 0, []
        for phase in recipe.phases:
            state = state.begun_anew()
            steps = -(-len(parts.train) // BATCH)
            course = self._course(programs, cell, recipe, phase, classes, steps)
            for left in reversed(range(phase.epochs)):
                number += 1
                places, counts = _batches(
                    parts.train, cell.division, number, self.network.most_steps
                )
                key = jax.random.PRNGKey(1000 * cell.division + number)
                state = programs.epoch(
                    state, programs.parameters, places, counts, steps, key, course
                )
                if number % recipe.look_every and left:
                    continue
                answers = self._answers(programs, state, parts, classes)
                if answers is None:
                    return tuple(epochs), True
                epochs.append(Epoch(number, answers))
        return tuple(epochs), False

    def _start(self, programs: Programs, recipe: Recipe, linear: Linear) -> State:
        shape = self.network.width, self.network.most_classes
        weights, bias = np.zeros(shape, np.float32), np.zeros(shape[1], np.float32)
        if recipe.starts_from_exact_head:
            weights[:, : len(linear.bias)], bias[: len(linear.bias)] = linear.weights, linear.bias
        parameters = {
            "stages": programs.parameters,
            "weights": jnp.asarray(weights),
            "bias": jnp.asarray(bias),
        }
        nothing = jax.tree.map(jnp.zeros_like, parameters)
        steps = jnp.asarray(0.0)
        return State(parameters, programs.statistics, nothing, nothing, parameters, steps)

    def _course(
        self,
        programs: Programs,
        cell: Cell,
        recipe: Recipe,
        phase: Phase,
        classes: int,
        steps: int,
    ) -> Course:
        lowest, top = self.total_stages - cell.stages, self.total_stages - 1
        rates = [
            jnp.float32(phase.tail_rate * recipe.stage_decay ** (top - stage) * (stage >= lowest))
            for stage in programs.stages
        ]
        head = jnp.float32(phase.head_rate)
        return Course(
            rates={"stages": rates, "weights": head, "bias": head},
            learning=[jnp.float32(stage >= lowest) for stage in programs.statistic_stages],
            classes=jnp.asarray(np.arange(self.network.most_classes) < classes, jnp.float32),
            total=jnp.float32(phase.epochs * steps),
            warmup=jnp.float32(phase.warmup),
            is_cosine=jnp.float32(phase.is_cosine),
            changes=Changes(*map(jnp.float32, (recipe.flip, recipe.move, recipe.colour))),
            label_smoothing=jnp.float32(recipe.label_smoothing),
            weight_decay=jnp.float32(recipe.weight_decay),
            pull=jnp.float32(recipe.pull),
            average_keeps=jnp.float32(1 - 1 / steps),
        )

    def _answers(
        self, programs: Programs, state: State, parts: Parts, classes: int
    ) -> dict[str, Answer] | None:
        """Return how good the weights are; None where they no longer answer with finite numbers."""
        judged, border = np.concatenate([parts.validation, parts.test]), len(parts.validation)
        labels = self.pictures.labels[judged]
        answers = {}
        for kind, parameters in (
            (journal.LATEST, state.parameters),
            (journal.AVERAGED, state.average),
        ):
            found = self._features(programs, parameters["stages"], state.statistics, judged)
            logits = found @ np.asarray(parameters["weights"]) + np.asarray(parameters["bias"])
            logits = logits[:, :classes]
            if not np.isfinite(logits).all():
                return None
            answers[kind] = Answer.of(
                (logits[:border], labels[:border]), (logits[border:], labels[border:])
            )
        return answers

    def _features(
        self, programs: Programs, parameters: list[Any], statistics: list[Any], places: np.ndarray
    ) -> np.ndarray:
        """Return the pooled features of pictures, float32 (n, d)."""
        found, at_once = [], MOST_JUDGED * JUDGED_AT_ONCE
        for start in range(0, len(places), at_once):
            some = places[start : start + at_once]
            room = np.zeros(at_once, np.int32)
            room[: len(some)] = some
            table = jnp.asarray(room.reshape(MOST_JUDGED, JUDGED_AT_ONCE))
            pieces = -(-len(some) // JUDGED_AT_ONCE)
            answer = programs.features(parameters, statistics, table, pieces)
            found.append(np.asarray(answer).reshape(at_once, -1)[: len(some)])
        return np.concatenate(found)


def _batches(train: np.ndarray, division: int, epoch: int, most_steps: int) -> tuple[Any, Any]:
    """Return the pictures of each step of an epoch, and which places only fill up batches."""
    order = np.random.default_rng([division, 7, epoch]).permutation(train)
    places, counts = np.zeros((2, most_steps * BATCH))
    places[: len(order)], counts[: len(order)] = order, 1
    shape = most_steps, BATCH
    return (
        jnp.asarray(places.reshape(shape), jnp.int32),
        jnp.asarray(counts.reshape(shape), jnp.float32),
    )
