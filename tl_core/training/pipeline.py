"""The whole of a run, narrated: encode, closed form, fit, evaluate, save.

Needs nothing but the run's folder. With a converted trunk the first accuracy is told before Keras
is even imported, which happens only inside functions.

Longer than 400 lines because it tells one run from its beginning to its end.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.backbones import catalogue, weights
from tl_core.base import about_run, cores
from tl_core.base.clock import Clock
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig, parse
from tl_core.datasets import goals, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.features import Part
from tl_core.encoding.job import Examples, resolve
from tl_core.methods import inputs, leak_guard, registry
from tl_core.methods.method import ROWS, ExactHead
from tl_core.pricing import lessons, requirements
from tl_core.signals import stopping
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal
from tl_core.training import (
    checkpoint,
    commentary,
    decisions,
    first_answer,
    libraries,
    normalised,
    prediction,
    rates,
)
from tl_core.training.compared import Compared, Solved
from tl_core.training.judgement import Judgement, exact_head_is_better, of_validation
from tl_core.training.libraries import NetworkOnDemand
from tl_core.training.outcome import Outcome
from tl_core.training.run_context import Emit, RunContext
from tl_core.training.run_pictures import Parts, RunPictures, same

if TYPE_CHECKING:
    from tl_core.training.network import Network


def train(run_dir: Path, emit: Emit, *, only_finish: bool = False) -> dict[str, Any]:
    """Do the run whose `config.json` and `run.json` lie in `run_dir`, or go on with it.

    Args:
        run_dir: the run's folder.
        emit: called as emit(event, **fields) with the events of `signals.events` from the first
            phase to `evaluated`.
        only_finish: train no further; make a usable model of the last checkpoint.

    Returns:
        `status` ("finished" or "cancelled"), `metrics` and `seconds`. A run that was stopped
        before it had weights has no metrics, nor has one with `paused`, which is to go on from its
        checkpoint. One that was stopped later has `later`: to be called
        once its end is told, it judges the model if there was no time for that, prepares quick
        predictions, and returns the metrics.

    Raises:
        UserError: something that a person can put right, such as "weights-missing".
        OSError: the disk is full.
    """
    checkpoint.require_one(run_dir / checkpoint.FOLDER)
    clock = Clock()
    try:
        run = _opened(run_dir, emit, clock, only_finish=only_finish)
    except StoppedError:
        return _halted(clock, is_paused=stopping.is_to_pause(run_dir))
    try:
        return run.do()
    except StoppedError:
        return run.halted()


def judge_exact_head(folder: Path, emit: Emit) -> dict[str, Any]:
    """Make a model of the exact head in `folder`, judge and keep it there; nothing is trained.

    Args:
        folder: like a run's; settings whose training begins with the exact head.
        emit: called as emit(event, **fields).

    Returns:
        The metrics, as of a run whose training did not beat the exact head.

    Raises:
        StoppedError: a person asked for it.
        UserError: as `train`, or "no-exact-head" where the head has hidden layers or the method none.
    """
    return _opened(folder, emit).exact_head_judged()["metrics"]


def find_rate(folder: Path, emit: Emit) -> rates.Sweep:
    """Try learning rates from tiny to huge on the job in `folder`, which is like a run's.

    Raises:
        UserError: as `train`, or "stopped".
    """
    try:
        return _opened(folder, emit).sweep()
    except StoppedError as error:
        raise UserError("stopped", "The search was stopped.", "Start it again.") from error


def compare_with_exact_head(
    folder: Path,
    emit: Emit,
    dataset: Dataset,
    config: TrainConfig,
    wishes: Path,
    *,
    named: Mapping[str, str] | None = None,
    trains: bool = True,
    until: float = inf,
    pace: float = 1.0,
    solved: Solved | None = None,
) -> Compared:
    """Train on a data set and say which validation pictures the exact head and the outcome name right.

    Validation chooses nothing: all epochs are done, and the last weights are judged.

    Args:
        folder: an empty one for what is needed meanwhile.
        emit: called as emit(event, **fields).
        dataset: one without test pictures.
        config: settled settings whose training begins with the exact head.
        wishes: the folder where a person asks to stop; further examples that are copies are noted there, for
            all trainings on the same data.
        named: ids of what else the method learns from, by role.
        trains: whether anything is trained; the outcome is the method's exact head where not.
        until: when all is to be done, as `time.monotonic` tells it. Training stops early enough for the
            epochs done by then to be judged, and nothing is begun that cannot be stopped and takes longer.
        pace: by what to multiply what is expected of each part, as this machine goes on now.
        solved: the usual exact head of the backbone, where it was solved for before.

    Raises:
        StoppedError: a person did, or the time was over before the first epoch was.
        UserError: as `train`.
    """
    run = _prepared(folder, emit, Clock(), dataset, config, named or {}, wishes=wishes)
    if until < inf:
        decisions.keep_to(run.run, until, pace)
    return run.compared(trains=trains, solved=solved)


def right_on_test(
    folder: Path,
    emit: Emit,
    dataset: Dataset,
    config: TrainConfig,
    wishes: Path,
    further: Mapping[str, Examples] | None = None,
) -> np.ndarray:
    """Train on a data set and say which test pictures the outcome names right, bool (n,).

    All is as in a run, but that nothing is judged beside, and no model is kept.

    Args:
        folder: an empty one for what is needed meanwhile.
        emit: called as emit(event, **fields).
        dataset: need not be saved.
        config: settled settings.
        wishes: the folder where a person asks to stop.
        further: what else the method learns from, by role.

    Raises:
        StoppedError: a person did.
        UserError: as `train`.
    """
    return _made(folder, emit, Clock(), dataset, config, further or {}, wishes=wishes).right()


def _opened(
    folder: Path, emit: Emit, clock: Clock | None = None, *, only_finish: bool = False
) -> "_Run":
    """Return the run of a folder, once everything that could forbid it was looked at."""
    clock = clock or Clock()
    config = registry.settled(parse(json.loads((folder / "config.json").read_text("utf-8"))))
    about = about_run.read(folder)
    emit("phase", phase="weights", text="Looking for the pictures and the backbone's weights")
    dataset = manifest.load(about.dataset)
    manifest.require_trainable(dataset)
    return _prepared(folder, emit, clock, dataset, config, about.inputs, only_finish=only_finish)


def _prepared(
    folder: Path,
    emit: Emit,
    clock: Clock,
    dataset: Dataset,
    config: TrainConfig,
    named: Mapping[str, str],
    *,
    only_finish: bool = False,
    wishes: Path | None = None,
) -> "_Run":
    further, teacher = inputs.examples(dataset, config, named), inputs.teacher_of(named)
    if further or teacher:
        copies = _guarding(folder, emit, clock, dataset, further, teacher, wishes)
        if any(copies.values()):
            further = inputs.examples(dataset, config, named, copies)
    options: dict[str, Any] = {"only_finish": only_finish, "wishes": wishes, "teacher": teacher}
    return _made(folder, emit, clock, dataset, config, further, **options)


def _guarding(
    folder: Path,
    emit: Emit,
    clock: Clock,
    dataset: Dataset,
    further: Mapping[str, Examples],
    teacher: Path | None,
    wishes: Path | None,
) -> Mapping[str, Sequence[str]]:
    """Return which further examples are copies of what judges a run, names by role, and say so at its first start.

    Those of a search are kept for all its trainings in the folder of wishes.

    Raises:
        StoppedError: a person asked for it.
        UserError: "teacher-leak" where the teacher has learnt from such copies.
    """
    is_first = not (folder / decisions.PLAN).exists()
    if decisions.is_older_than_copies(folder):
        return {}

    def tell(done: int, total: int) -> None:
        emit("progress", phase="copies", done=done, total=total, seconds_left=None)
        if stopping.is_asked(wishes or folder):
            raise StoppedError

    looked_at = {role: each.hashes for role, each in further.items()}
    if teacher:
        looked_at[inputs.TEACHER] = leak_guard.taught_with(teacher, dataset)
    kept_in = wishes or folder
    if looked_at.keys() - leak_guard.kept(kept_in).keys():
        emit(
            "phase",
            phase="copies",
            text="Looking for copies of validation and test pictures among those from elsewhere",
        )
    with clock.timing("copies"):
        copies = leak_guard.found(kept_in, dataset, looked_at, tell)
    if seen := copies.get(inputs.TEACHER):
        raise leak_guard.teacher_has_seen(len(seen))
    for role, examples in further.items() if is_first else ():
        if examples.left_out:
            emit("note", text=commentary.left_out(examples.left_out))
        if copies[role]:
            emit("note", text=commentary.copies_left_out(len(copies[role])))
    return copies


def _halted(clock: Clock, *, is_paused: bool) -> dict[str, Any]:
    done = {"status": "cancelled", "metrics": {}, "seconds": clock.told()}
    return done | ({"paused": True} if is_paused else {})


def _made(
    folder: Path,
    emit: Emit,
    clock: Clock,
    dataset: Dataset,
    config: TrainConfig,
    further: Mapping[str, Examples],
    *,
    teacher: Path | None = None,
    only_finish: bool = False,
    wishes: Path | None = None,
) -> "_Run":
    job = decisions.as_decided(resolve(dataset, config, further, teacher), folder)
    if registry.of(config).is_pretrained and not catalogue.get(config.network.backbone).embedded:
        weights.locate(config.network.backbone)
    requirements.require_memory(job)
    requirements.require_room(job)
    goal = goals.of(dataset, job.members(TRAIN), config)
    run = RunContext(folder, emit, job, clock, only_finish, wishes)
    network = NetworkOnDemand(run, len(goal.outputs))
    return _Run(run, goal, network, RunPictures(run, goal, network))


@dataclass(slots=True)
class _Run:
    run: RunContext
    goal: Goal
    network: NetworkOnDemand
    pictures: RunPictures
    _first: first_answer.FirstAnswer | None = field(default=None, init=False)
    _notes: Mapping[str, np.ndarray] = field(default_factory=dict, init=False)
    _from_exact_head: bool = field(default=False, init=False)
    _had_libraries: bool = field(default=False, init=False)
    _solved_beside: bool = field(default=False, init=False)
    """Whether the exact head was solved for while Keras was being loaded."""
    _epoch_ends: list[float] = field(default_factory=list, init=False)

    def do(self) -> dict[str, Any]:
        self._had_libraries = libraries.are_loaded()
        decisions.tell_the_price(self.run)
        network, parts = self._ready_to_train(refits=self.run.job.config.course.refit)
        is_done = self.run.method.keeps == "start"
        outcome = self._untrained(network, parts) if is_done else self._fit(network, parts)
        if outcome.ended == "stopped" and self.run.is_paused():
            return self.halted()
        could_begin = self._from_exact_head or self.run.job.config.course.start != "closed_form"
        if not could_begin and exact_head_is_better(
            self.run, self.goal, self._first, parts[VALIDATION], outcome
        ):
            done = self._without_hidden_layers().exact_head_judged(outcome)
            self._teach()
            return done
        outcome = self._adapted(network, parts, outcome)
        judgement = Judgement(
            *(self.run, self.goal, network, parts, outcome, self._first, self._from_exact_head),
            further=self.pictures.further,
        )
        if outcome.ended == "stopped":
            return judgement.stopped()
        done = judgement.finished()
        self._teach()
        return done

    def halted(self) -> dict[str, Any]:
        """Return the result of a run that was paused, or stopped before it had a model."""
        return _halted(self.run.clock, is_paused=self.run.is_paused())

    def sweep(self) -> rates.Sweep:
        network, parts = self._ready_to_train()
        from tl_core.training import rate_test

        run = self.run
        run.phase("fit", "Trying learning rates")
        return rate_test.sweep(
            network.learner,
            parts[TRAIN],
            self.goal.objective(run.job.config, parts[TRAIN].answers),
            run.job.config,
            rate=network.rate,
            on_step=lambda done, total: run.emit("progress", phase="fit", done=done, total=total),
            should_stop=run.should_give_up,
        )

    def compared(self, *, trains: bool, solved: Solved | None) -> Compared:
        network, parts = self._ready_to_train(solved=solved)
        judged, stop = parts[VALIDATION], self.run.should_stop
        objective = self.goal.objective(self.run.job.config, parts[TRAIN].answers)

        def right() -> np.ndarray:
            outputs = prediction.predict(network.learner, judged.features, should_stop=stop)
            if len(outputs) < len(judged):
                raise StoppedError
            found = objective.right(outputs, judged.answers)
            return np.zeros(0, bool) if found is None else found

        exact = right() if self._first or solved is None else solved.right
        if not trains:
            return Compared(exact, exact)
        self.run.require_time("first epoch")
        outcome = self._fit(
            network, {**parts, VALIDATION: parts[TEST]}, look=prediction.PREDICT_BATCH
        )
        self.run.until = inf  # time was left for judging what was trained
        if outcome.ended == "stopped" and (stop() or not outcome.epochs):
            raise StoppedError
        return Compared(exact, right(), outcome.epochs / self.run.job.config.course.epochs)

    def right(self) -> np.ndarray:
        network, parts = self._ready_to_train()
        is_done = self.run.method.keeps == "start"
        outcome = self._untrained(network, parts) if is_done else self._fit(network, parts)
        if outcome.ended == "stopped":
            raise StoppedError
        self._adapted(network, parts, outcome)
        judged, stop = parts[TEST], self.run.should_stop
        outputs = prediction.predict(network.learner, judged.features, should_stop=stop)
        if len(outputs) < len(judged):
            raise StoppedError
        objective = self.goal.objective(self.run.job.config, parts[TRAIN].answers)
        found = objective.right(outputs, judged.answers)
        return np.zeros(0, bool) if found is None else found

    def exact_head_judged(self, trained: Outcome | None = None) -> dict[str, Any]:
        """Judge and keep the exact head as the model; return the result of a run that ended so.

        Args:
            trained: how the training ended that is not handed over, where there was one.
        """
        network, parts = self._ready_to_train(refits=self.run.job.config.course.refit)
        if not self._from_exact_head:
            raise UserError(
                "no-exact-head",
                "This training has no exact head that could be its model.",
                "Train with “Start from the exact solution” instead.",
            )
        outcome = self._untrained(network, parts)
        if trained is not None:
            outcome = replace(trained, best_epoch=0, kept=outcome.kept, trained=trained.kept)
        outcome = self._adapted(network, parts, outcome)
        judgement = Judgement(
            *(self.run, self.goal, network, parts, outcome, self._first, True),
            further=self.pictures.further,
        )
        return judgement.finished()

    def _untrained(self, network: "Network", parts: Parts) -> Outcome:
        """Return the outcome of a training that leaves everything as it stands at the start."""
        outputs = prediction.predict(network.learner, parts[VALIDATION].features)
        kept = of_validation(self.goal, self.run.job.config, parts[VALIDATION], outputs)
        return Outcome("epochs", 0, 0, 0, kept=kept)

    def _adapted(self, network: "Network", parts: Parts, outcome: Outcome) -> Outcome:
        further = self.pictures.further
        return normalised.Adapting(self.run, self.goal, network, parts, further).done(outcome)

    def _without_hidden_layers(self) -> "_Run":
        """Return the same run with a head that can be the exact head, and a network that nothing has taught yet."""
        self.run.emit(
            "note",
            text="On validation pictures the exact solution does better than the trained head beyond doubt, so it is the model.",
        )
        job = self.run.job
        config = job.config.but(hidden_units=())
        job = resolve(job.dataset, config, job.further, job.teacher)
        run = replace(self.run, job=decisions.as_decided(job, self.run.folder))
        network = NetworkOnDemand(run, len(self.goal.outputs))
        return _Run(run, self.goal, network, RunPictures(run, self.goal, network))

    def _ready_to_train(
        self, *, refits: bool = False, solved: Solved | None = None
    ) -> "tuple[Network, Parts]":
        """Return the network with the weights that training starts from, and encoded pictures.

        Args:
            refits: whether the exact head is also solved for on validation pictures, to be handed over.
            solved: the usual exact head, which is taken where nothing else follows from the features.
        """
        parts, config = self.pictures.encode(), self.run.job.config
        self._notes = self._told_by_teacher(parts[TRAIN])
        normalised.refresh(self.run, self.network, parts[TRAIN])
        exact_head = self.run.method.exact_head
        if exact_head is None:
            return self.network.loaded(), parts
        if solved is not None and self._begins_with_usual_head():
            network = self.network.loaded()
            self._from_exact_head = network.start_from(solved.head)
            return network, parts
        # Without a tail the closed form comes before Keras is even imported.
        has_tail = config.network.trainable_stages > 0
        last_map = self.network.loaded().last_map if has_tail else same
        starts_from_it = config.course.start == "closed_form" and not config.head.hidden_units
        linear = self._closed_form(parts, last_map, exact_head, refits and starts_from_it)
        network = self.network.loaded()
        if config.course.start == "closed_form":
            self._from_exact_head = network.start_from(linear)
            if not self._from_exact_head:
                self.run.emit("note", text="A head with hidden layers starts at random.")
        if self.run.method.block is not None:
            from tl_core.training import surgery

            surgery.let_block_learn(self.run, network, parts, self.goal)
        return network, parts

    def _begins_with_usual_head(self) -> bool:
        """Say whether training starts from the exact head that any method has, and asks no more of the features."""
        config, method = self.run.job.config, self.run.method
        starts_from_it = config.course.start == "closed_form" and not config.head.hidden_units
        has_own_features = config.changes.augments or config.network.batch_norm == "refreshed"
        asks_more = method.looks_at_further or method.block is not None
        return starts_from_it and not has_own_features and not asks_more

    def _told_by_teacher(self, learnt: Part) -> dict[str, np.ndarray]:
        """Return what the teacher makes of everything that is learnt from, where the method asks one."""
        run, asked = self.run, self.run.method.teacher_tells
        if not asked:
            return {}
        from tl_core.training import teaching

        run.phase("encode", "Asking the teacher about every picture")
        parts = {ROWS: learnt, **self.pictures.further}
        with run.clock.timing("teacher"):
            return teaching.notes_of_parts(parts, asked, self.goal.outputs, run)

    def _closed_form(
        self,
        parts: Parts,
        last_map: Callable[[np.ndarray], np.ndarray],
        exact_head: ExactHead,
        refits: bool,
    ) -> Linear:
        """Return the best linear head; its first accuracy is told."""
        run, ahead = self.run, self.pictures.ahead
        run.phase("closed_form", "Solving for the best linear head")
        self._solved_beside = ahead is not None and ahead.is_alive()
        solver = first_answer.Solver(
            *(run.folder, run.emit, run.job, self.goal, run.clock, exact_head, refits),
            further=self.pictures.further,
            notes=self._notes,
        )
        self._first = solver.solve(parts, last_map, run.should_give_up)
        self._notes = self._first.notes
        return self._first.linear

    def _fit(self, network: "Network", parts: Parts, look: int = prediction.FIRST_LOOK) -> Outcome:
        from tl_core.training import fit, terms

        run, config = self.run, self.run.job.config
        run.phase("fit", "Training")
        with run.clock.timing("fit"):
            return fit.fit(
                network.learner,
                parts[TRAIN],
                parts[VALIDATION],
                self.goal.objective(config, parts[TRAIN].answers),
                config,
                rate=network.rate,
                let_learn=network.let_learn,
                beside=terms.of_method(network, run.job, self.pictures.further, self._notes),
                from_exact_head=self._from_exact_head and run.method.keeps == "best",
                checkpoints=run.checkpoints,
                emit=self._tell_training,
                should_stop=run.should_stop,
                look=look,
            )

    def _tell_training(self, event: str, **fields: Any) -> None:
        self.run.emit(event, **fields)
        if event == "epoch":
            self._epoch_ends.append(time.monotonic())

    def _teach(self) -> None:
        """Correct the machine's calibration by the seconds that this process took."""
        seconds = dict(self.run.clock.seconds)
        if self._solved_beside:
            seconds.pop("refit", None)
        if self._solved_beside or (self._first and self._first.was_solved_before):
            del seconds["closed_form"]
        if self._had_libraries:
            seconds.pop("import", None)
        if (ahead := self.pictures.ahead) is not None:
            # What is left to wait for after that says nothing; what it took of encoding's cores does.
            seconds["import"] = ahead.worked_s
            seconds["encode"] -= min(ahead.worked_s / cores.threads(), seconds["encode"] / 2)
        lessons.learn(
            self.run.job,
            self.pictures.encoded,
            np.diff(self._epoch_ends).tolist(),
            seconds,
            self.pictures.how,
            decoded=self.pictures.decoded,
            got=self.run.clock.got(),
        )
