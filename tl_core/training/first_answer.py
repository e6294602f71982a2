"""The first answer of a run: the best linear head on what is encoded, solved for exactly.

It needs no Keras where the map of the last block is what was encoded.
"""

import io
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base import files
from tl_core.base.clock import Clock
from tl_core.base.said import Said, counted
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.features import Part, batched, means
from tl_core.encoding.job import Job
from tl_core.methods import registry
from tl_core.methods.method import ExactHead, Known
from tl_core.tasks import closed_form, task
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.head_with_copies import HeadWithCopies
from tl_core.tasks.task import Goal
from tl_core.training import rechecks

FILE = "closed_form.npz"
REFITTED = "refitted.npz"
ALONE = "alone.npz"
"""What a head that learnt from the run's own data set alone answers for the test part."""
NOTES = "notes.npz"
"""What the method noted of each example, by the names that `methods.method.NOTE` makes."""
MEAN_ROWS = 64
FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What is known before anything is trained.

    Attributes:
        linear: the best linear head.
        baseline: how it does on the test part.
        on_validation: how it does on the validation part.
        rechecked: `naive` and `folds` where they were asked for.
        refitted: the same head solved for on training and validation together, at the strength that
            validation chose; None where it was not asked for or nobody could judge it.
        was_solved_before: a run that goes on found it in its folder.
        outputs: float32 (n, outputs), what it answers for the validation part, raw.
        notes: what is noted of each example: what was given, and what the method noted itself.
        elsewhere: what the usual exact head answers to the examples that `Method.judges`, raw; None where
            there are none.
    """

    linear: Linear
    baseline: dict[str, Any]
    on_validation: dict[str, Any]
    rechecked: dict[str, Any]
    was_solved_before: bool
    outputs: np.ndarray
    refitted: Linear | None = None
    notes: Mapping[str, np.ndarray] = field(default_factory=dict)
    elsewhere: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Solver:
    """Solves for the first answer of the run in `folder` and reports it as an event.

    Attributes:
        folder: the run's; the head is kept there.
        emit: called as emit(event, **fields) with `note` and `closed_form`.
        job: pictures and settings.
        goal: what is learnt.
        clock: counts the seconds of every part.
        exact_head: solves for the head where the method has none that looks at further examples.
        refits: whether it is to be solved for on validation pictures, too.
        further: what else the method learns from, by role.
        notes: what is noted of each example already.
    """

    folder: Path
    emit: Callable[..., None]
    job: Job
    goal: Goal
    clock: Clock
    exact_head: ExactHead
    refits: bool = False
    further: Mapping[str, Part] = field(default_factory=dict)
    notes: Mapping[str, np.ndarray] = field(default_factory=dict)

    def solve(
        self,
        parts: Mapping[int, Part],
        last_map: Callable[[np.ndarray], np.ndarray],
        should_stop: Callable[[], bool],
    ) -> FirstAnswer:
        """Return the first answer; its accuracy is reported before the slower second opinions.

        Args:
            parts: encoded pictures of every part.
            last_map: from what is encoded to the map of the last block.
            should_stop: asked after every few pictures.

        Raises:
            StoppedError: as `should_stop` asked for.
        """
        with self.clock.timing("forward"):
            features = self.features(parts, last_map, should_stop)
            known = self._known(features, last_map, should_stop)
            copies = self._copies(parts[TRAIN], features, last_map, should_stop)
        judged = {part: self.job.members(part) for part in (VALIDATION, TEST)}
        val, test = judged.values()
        with self.clock.timing("closed_form"):
            linear = _read(self.folder / FILE)
            was_solved_before = linear is not None
            known = self._noted(known)
            exact_head = self._exact_head(known, copies)
            if linear is None:
                linear = self._best_head(exact_head, features)
                _write(self.folder / FILE, linear)
        raw = {part: linear.of(features, rows) for part, rows in judged.items()}
        told = {part: self.goal.told(outputs) for part, outputs in raw.items()}
        goal = self.goal.decided(val, told[VALIDATION])
        # Calibrated by its own validation answers, as the trained network is: like with like.
        told = {part: goal.tempered(answers) for part, answers in told.items()}
        baseline, summary = goal.summary(test, told[TEST]), goal.summary(val, told[VALIDATION])
        self.emit(
            "closed_form",
            task=goal.task.kind,
            val_accuracy=goal.headline(summary),
            **goal.beside(summary),
        )
        with self.clock.timing("closed_form"):
            self._keep_alone(features, linear)
        with self.clock.timing("recheck"):
            rechecked = self._rechecked(features, exact_head)
        with self.clock.timing("refit"):
            refitted = self._refitted(exact_head, features, linear)
        return FirstAnswer(
            *(linear, baseline, summary, rechecked, was_solved_before, raw[VALIDATION], refitted),
            known.notes,
            self._elsewhere(known, linear),
        )

    def _elsewhere(self, known: Known, linear: Linear) -> np.ndarray | None:
        """Return what the usual exact head answers to the examples that the method judges."""
        method = registry.of(self.job.config)
        if method.judges is None or method.judges not in known.further:
            return None
        if method.head_beside is not None:
            val = self.job.members(VALIDATION)
            linear = self.exact_head(self.goal, known.features, known.learnt, val)
        return linear(known.further[method.judges])

    def _known(
        self,
        features: np.ndarray,
        last_map: Callable[[np.ndarray], np.ndarray],
        should_stop: Callable[[], bool],
    ) -> Known:
        """Return what the method's own head and notes follow from."""
        method, config = registry.of(self.job.config), self.job.config
        further = {}
        if method.looks_at_further:
            for role, part in self.further.items():
                further[role] = _means_of(part, last_map, should_stop)
        own, learnt = registry.settings_of(config), self.job.members(TRAIN)
        return Known(
            *(self.goal, config, own, features, learnt, self.job.further, further, self.notes),
            choosing=self.job.members(VALIDATION),
        )

    def _noted(self, known: Known) -> Known:
        """Return the same with what the method notes itself, once for the run."""
        method, path = registry.of(self.job.config), self.folder / NOTES
        if method.notes is None:
            return known
        if not path.exists():
            buffer, made = io.BytesIO(), method.notes(known)
            np.savez(buffer, allow_pickle=False, **made)
            files.write_whole(path, buffer.getvalue())
            for text in method.says(made):
                self.emit("note", text=text)
        return replace(known, notes={**known.notes, **noted(self.folder)})

    def _exact_head(self, known: Known, copies: np.ndarray) -> ExactHead:
        beside = registry.of(self.job.config).head_beside
        if beside is not None:
            return beside(known)
        if not len(copies):
            return self.exact_head
        origin = np.tile(known.learnt, len(copies) // len(known.learnt))
        return HeadWithCopies(copies, origin)

    def _copies(
        self,
        learnt: Part,
        features: np.ndarray,
        last_map: Callable[[np.ndarray], np.ndarray],
        should_stop: Callable[[], bool],
    ) -> np.ndarray:
        """Return the mean of the last map for changed copies to solve on, view by view: float32 (m, channels).

        None where copies are made anew in every epoch, where the method solves in another way, or where
        they would not find room in memory beside the pictures.
        """
        views, table = learnt.features.views, features[:0]
        has_room = views * len(learnt) <= task.most_rows(self.goal, features)
        solves_otherwise = registry.of(self.job.config).head_beside is not None
        if solves_otherwise or self.exact_head is not task.exact_head or views < 2 or not has_room:
            return table
        tables = [
            _means_of(
                learnt,
                last_map,
                should_stop,
                lambda indices, view=view: learnt.features.seen(indices, view),
            )
            for view in range(1, views)
        ]
        return np.concatenate(tables)

    def _keep_alone(self, features: np.ndarray, linear: Linear) -> None:
        """Keep what no transfer answers for the test part, where the method learns from something else, too.

        The result is held against it; see `evaluation.negative_transfer`.
        """
        path, method = self.folder / ALONE, registry.of(self.job.config)
        # Other methods are for examples that the run is not judged by.
        if not method.needs or method.keeps != "best" or path.exists():
            return
        learnt, val, test = (self.job.members(part) for part in (TRAIN, VALIDATION, TEST))
        if method.head_beside is not None:
            linear = task.exact_head(self.goal, features, learnt, val)
        told = self.goal.told(linear.of(features, test)).astype(np.float32)
        buffer = io.BytesIO()
        np.savez(
            buffer,
            allow_pickle=False,
            pictures=self.job.dataset.hashes[test].astype(str),
            told=told,
        )
        files.write_whole(path, buffer.getvalue())

    def _best_head(self, exact_head: ExactHead, features: np.ndarray) -> Linear:
        learnt, val = (self.job.members(part) for part in (TRAIN, VALIDATION))
        most = task.most_rows(self.goal, features)
        if len(learnt) > most:
            text = counted(
                "To save memory, the best linear head is solved for on {some} of {count} picture to"
                " learn from, a share of every kind.",
                "To save memory, the best linear head is solved for on {some} of {count} pictures to"
                " learn from, a share of every kind.",
                len(learnt),
                some=most,
            )
            self.emit("note", text=text)
        return exact_head(self.goal, features, learnt, val)

    def _refitted(
        self, exact_head: ExactHead, features: np.ndarray, linear: Linear
    ) -> Linear | None:
        """Return the head solved for on all but the test part, which has to be there to judge it."""
        learnt, val, test = (self.job.members(part) for part in (TRAIN, VALIDATION, TEST))
        if not self.refits or not len(val) or not len(test):
            return None
        kept = _read(self.folder / REFITTED)
        if kept is None:
            known = np.sort(np.concatenate([learnt, val]))
            kept = exact_head(self.goal, features, known, val[:0], linear.l2)
            _write(self.folder / REFITTED, kept)
        return kept

    def _rechecked(self, features: np.ndarray, exact_head: ExactHead) -> dict[str, Any]:
        """Add what a split that ignores copies would have claimed, and how much results vary between splits."""
        found, config = {}, self.job.config
        known = (self.job.dataset, self.goal, features)
        if claim := rechecks.naive_claim(*known, exact_head):
            found["naive"] = claim
        if config.course.folds == 1:
            self.emit("note", text=Said("Cross-validation needs two parts or more."))
        if config.course.folds > 1:
            folds = rechecks.cross_validated(
                *known, config.course.folds, config.course.seed, exact_head
            )
            if folds:
                found["folds"] = folds
            judged = len(folds.get("scores", ()))
            if judged < config.course.folds:
                text = Said(
                    "Cross-validation: {judged} of {asked} parts could be judged; the pictures come in too"
                    " few groups for more.",
                    judged=judged,
                    asked=config.course.folds,
                )
                self.emit("note", text=text)
        return found

    def features(
        self,
        parts: Mapping[int, Part],
        last_map: Callable[[np.ndarray], np.ndarray],
        should_stop: Callable[[], bool],
    ) -> np.ndarray:
        """Return the mean of the last map for each picture of the data set, float32 (n, channels)."""
        table = np.empty((0, 1), np.float32)
        for name, part in parts.items():
            members, batches = self.job.members(name), batched(np.arange(len(part)), MEAN_ROWS)
            part.features.expect(batches, 0)
            for indices in batches:
                batch = means(last_map(part.features.batch(indices, 0)))
                if len(table) == 0:
                    table = self._room(batch.shape[-1])
                table[members[indices]] = batch
                if should_stop():
                    raise StoppedError
        return table

    def _room(self, width: int) -> np.ndarray:
        """Return room for a row of every picture: in memory, or in a file where they are many."""
        count = len(self.job.dataset)
        if FLOAT_BYTES * count * width <= closed_form.HELD_BYTES:
            return np.empty((count, width), np.float32)
        with tempfile.TemporaryFile(dir=self.folder) as file:
            # Written once, so that a full disk is an error here and not a crash where it is used.
            for _ in range(count):
                file.write(bytes(FLOAT_BYTES * width))
            file.flush()
            return np.memmap(file, np.float32, "r+", shape=(count, width))


def noted(folder: Path) -> dict[str, np.ndarray]:
    """Return what the method of the run in `folder` noted of each example; nothing where it notes nothing."""
    path = folder / NOTES
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as kept:
        return {name: kept[name] for name in kept}


def alone(folder: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the test pictures of the run in `folder`, str (n,), and what no transfer answers, (n, outputs).

    None where the run is held against nothing.
    """
    path = folder / ALONE
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as kept:
        return kept["pictures"].astype(str), kept["told"]


def _means_of(
    part: Part,
    last_map: Callable[[np.ndarray], np.ndarray],
    should_stop: Callable[[], bool],
    seen: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Return the mean of the last map for each example of a part, float32 (n, channels).

    Args:
        part: the examples.
        last_map: from what is encoded to the map of the last block.
        should_stop: asked after every few of them.
        seen: the rows of some, int (n,), in another view; None for the plain ones.
    """
    found, batches = [], batched(np.arange(len(part)), MEAN_ROWS)
    if seen is None:
        part.features.expect(batches, 0)
    for indices in batches:
        rows = part.features.batch(indices, 0) if seen is None else seen(indices)
        found.append(means(last_map(rows)))
        if should_stop():
            raise StoppedError
    return np.concatenate(found)


def _read(path: Path) -> Linear | None:
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as kept:
        return Linear(kept["weights"], kept["bias"], float(kept["l2"]))


def _write(path: Path, linear: Linear) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, weights=linear.weights, bias=linear.bias, l2=linear.l2)
    files.write_whole(path, buffer.getvalue())
