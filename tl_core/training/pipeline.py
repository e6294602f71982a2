"""The whole of a run, narrated: encode, closed form, fit, evaluate, save.

Needs nothing but the run's folder. With a converted trunk the first accuracy is told before Keras
is even imported, which happens only inside functions.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.backbones import catalogue, weights
from tl_core.base import accelerator, files, ids
from tl_core.base.clock import Clock
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.config import parse
from tl_core.datasets import goals, manifest
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding import cache, encode, trunk
from tl_core.encoding.encode import Encoder, Reader, StoppedError, Wanted
from tl_core.encoding.features import Part
from tl_core.encoding.job import Examples, Job, LightEncoder, resolve
from tl_core.encoding.pixels import PixelReader
from tl_core.encoding.rows import Rows
from tl_core.methods import inputs, registry
from tl_core.methods.method import ExactHead, Method, Setup
from tl_core.pricing import calibration, costs, plan
from tl_core.signals import stopping
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal
from tl_core.training import checkpoint, first_answer, rates, results

if TYPE_CHECKING:
    from tl_core.training.fit import Outcome
    from tl_core.training.network import Network
    from tl_core.training.terms import Beside

Emit = Callable[..., None]
Parts = dict[int, Part]

PLAN = "plan.json"
CHECKPOINTS = "checkpoints"
ENCODES_IN_KERAS = "encodes-in-keras"
LIBRARIES = "tl_core.training.network"
"""The module that imports Keras."""
JUDGE_WITHIN_S = 4.0
"""A stopped run that cannot be judged within this long after the wish tells its end first."""
LOAD_BESIDE_S = 5.0
"""Seconds of encoding that hide the loading of Keras."""


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
    checkpoint.require_one(run_dir / CHECKPOINTS)
    run = _opened(run_dir, emit, only_finish=only_finish)
    try:
        return run.do()
    except StoppedError:
        return run.halted()


def find_rate(folder: Path, emit: Emit) -> rates.Sweep:
    """Try learning rates from tiny to huge on the job in `folder`, which is like a run's.

    Raises:
        UserError: as `train`, or "stopped".
    """
    try:
        return _opened(folder, emit).sweep()
    except StoppedError as error:
        raise UserError("stopped", "The search was stopped.", "Start it again.") from error


def _opened(folder: Path, emit: Emit, *, only_finish: bool = False) -> "_Run":
    """Return the run of a folder, once everything that could forbid it was looked at."""
    clock = Clock()
    config = registry.settled(parse(json.loads((folder / "config.json").read_text("utf-8"))))
    about = json.loads((folder / "run.json").read_text("utf-8"))
    emit("phase", phase="weights", text="Looking for the pictures and the backbone's weights")
    dataset = manifest.load(about["dataset"])
    manifest.require_trainable(dataset)
    named = about.get("inputs") or {}
    further = inputs.examples(dataset, config, named)
    if not (folder / PLAN).exists():
        _tell_left_out(emit, further)
    job = _as_decided(resolve(dataset, config, further), folder)
    if registry.of(config).is_pretrained and not catalogue.get(config.network.backbone).embedded:
        weights.locate(config.network.backbone)
    plan.require_memory(job)
    plan.require_room(job)
    goal = goals.of(dataset, job.members(TRAIN), config)
    return _Run(folder, emit, job, goal, clock, named, only_finish)


def _tell_left_out(emit: Emit, further: Mapping[str, Examples]) -> None:
    """Say that some of what was named is not learnt from, as the run is judged by it."""
    for examples in further.values():
        if examples.left_out:
            text = counted(
                "{count} further picture is left out: it is in the validation or test part.",
                "{count} further pictures are left out: they are in the validation or test part.",
                examples.left_out,
            )
            emit("note", text=text)


def _as_decided(job: Job, folder: Path) -> Job:
    """Return `job` keeping what the plan finds cheaper; for a run that goes on, what it kept before."""
    try:
        kept = json.loads((folder / PLAN).read_text("utf-8"))
    except FileNotFoundError:
        return plan.keeping(job)
    job = replace(job, keeps=kept.get("keeps", "rows"), half=kept.get("half", False))
    # Pictures that find no room any more are read anew: their pixels are the same.
    return replace(job, keeps="nothing") if job.keeps_pixels and not plan.Stock().fits(job) else job


@dataclass(slots=True)
class _Run:
    folder: Path
    emit: Emit
    job: Job
    goal: Goal
    clock: Clock
    inputs: Mapping[str, str]
    only_finish: bool = False
    _stock: plan.Stock = field(default_factory=plan.Stock, init=False)
    _network: "Network | None" = field(default=None, init=False)
    _further: dict[str, Part] = field(default_factory=dict, init=False)
    _encoded: int = field(default=0, init=False)
    _decoded: int | None = field(default=None, init=False)
    _how: costs.Encoding = field(default="encode", init=False)
    _said: dict[str, float] = field(default_factory=dict, init=False)
    _first: first_answer.FirstAnswer | None = field(default=None, init=False)
    _had_libraries: bool = field(default=False, init=False)
    _epoch_ends: list[float] = field(default_factory=list, init=False)

    @property
    def method(self) -> Method:
        return registry.of(self.job.config)

    def do(self) -> dict[str, Any]:
        self._say_the_price()
        network, parts = self._ready_to_train()
        outcome = self._fit(network, parts)
        return self._results(network, parts, outcome)

    def _say_the_price(self) -> None:
        """Note what the plan expects at the first start, to compare it with what happens."""
        price = plan.price(self.job, calibration.current(), self._stock)
        self._had_libraries = LIBRARIES in sys.modules
        if self._had_libraries:
            price = replace(price, import_s=0.0)
        self._said = price.by_phase()
        kept = self.folder / PLAN
        if not kept.exists():
            files.write_whole(kept, json.dumps(price.told()).encode())
            self.emit("planned", phases=self._said, total_s=price.total_s)
        if price.keeps != "rows":
            self.emit("note", text=plan.reason(price))

    def halted(self) -> dict[str, Any]:
        """Return the result of a run that was paused, or stopped before it had a model."""
        done = {"status": "cancelled", "metrics": {}, "seconds": self.clock.told()}
        return done | ({"paused": True} if self._is_paused() else {})

    def sweep(self) -> rates.Sweep:
        network, parts = self._ready_to_train()
        from tl_core.training import rate_test

        self._phase("fit", "Trying learning rates")
        return rate_test.sweep(
            network.learner,
            parts[TRAIN],
            self.goal.objective(self.job.config, parts[TRAIN].answers),
            self.job.config,
            rate=network.rate,
            on_step=lambda done, total: self.emit("progress", phase="fit", done=done, total=total),
            should_stop=self._should_give_up,
        )

    def _ready_to_train(self) -> "tuple[Network, Parts]":
        """Return the network with the weights that training starts from, and encoded pictures."""
        rows = None if self.job.keeps == "nothing" else self._rows()
        wanted = [] if rows is None else self.job.wanted()
        missing = [] if rows is None else encode.missing(rows, wanted)
        # With every row known the frozen part has nothing to do, so nothing is loaded for it.
        encoder = self._encoder() if missing or self.job.passes_again else _same
        read = self._encode(rows, encoder, missing, known=len(wanted) - len(missing))
        parts = {part: self._part(rows, encoder, read, part) for part in (TRAIN, VALIDATION, TEST)}
        self._further = {
            role: Part(
                self.job.further_features(role, rows, encoder, read),
                examples.answers,
                examples.hashes,
            )
            for role, examples in self.job.further.items()
        }
        if self.method.exact_head is None:
            return self._network_loaded(), parts
        # Without a tail the closed form comes before Keras is even imported.
        last_map = (
            _same
            if self.job.config.network.trainable_stages == 0
            else self._network_loaded().last_map
        )
        linear = self._closed_form(parts, last_map, self.method.exact_head)
        network = self._network_loaded()
        if self.job.config.course.start == "closed_form" and not network.start_from(linear):
            self.emit("note", text="A head with hidden layers starts at random.")
        return network, parts

    # Encoding

    def _rows(self) -> Rows:
        """Open the table, emptied where only that makes room for this run's rows."""
        if self._stock.starts_anew(self.job):
            cache.drop(self.job.rows_dir)
        return self.job.rows()

    def _encoder(self) -> Encoder:
        """Return what turns pixels into what the tail takes, the lightest that will do."""
        if self.job.trunk is None:
            return _same
        path = self._converted(self.job.trunk)
        if path is not None:
            return LightEncoder(self.job, path)
        network = self._network_loaded()
        with self.clock.timing("load"):
            network.frozen()
        if not accelerator.converts() or not self._pays_to_convert():
            self._how = "encode-keras"
            return network.encoder(self.job)
        self._phase("convert", "Preparing the frozen part for speed, once for this machine")
        with self.clock.timing("convert"):
            return LightEncoder(self.job, network.convert_trunk(self.job))

    def _converted(self, frozen: trunk.Trunk) -> Path | None:
        """Return the converted frozen part if this run is to use it and it is there."""
        if accelerator.gpu() or (self.folder / ENCODES_IN_KERAS).exists():
            return None
        if trunk.is_preparing(frozen):
            self._phase("convert", "Preparing the frozen part for speed, begun while you chose")
        return trunk.joined(frozen, self._should_give_up)

    def _pays_to_convert(self) -> bool:
        """Say whether converting pays, as the plan finds; a run that goes on keeps its first decision."""
        decided = self.folder / ENCODES_IN_KERAS
        if not decided.exists() and plan.converts(self.job):
            return True
        decided.touch()
        self.emit("note", text="So few pictures are encoded sooner without converting anything.")
        return False

    def _encode(
        self, rows: Rows | None, encoder: Encoder, missing: list[Wanted], *, known: int
    ) -> Reader:
        """Add the rows that are missing; return what reads pictures that are used later."""
        if rows is None:
            return self.job.reader(PixelReader(self.job.size_px, self.job.config.network.resize))
        beside = Said(", {count} known", count=known) if known else ""
        count = len(missing)
        if self.job.keeps_pixels:
            text = counted(
                "Reading {count} picture{known}",
                "Reading {count} pictures{known}",
                count,
                known=beside,
            )
        else:
            text = counted(
                "Encoding {count} picture{known}",
                "Encoding {count} pictures{known}",
                count,
                known=beside,
            )
        self._phase("encode", text)
        frozen = trunk.converted(self.job.trunk) if self.job.trunk else None
        keep = {rows.folder} | ({frozen} if frozen else set())
        needed_bytes = len(missing) * rows.row_bytes
        cache.make_room(needed_bytes, keep=keep)
        plain, read = None, self.job.read
        if not self.job.keeps_pixels and (missing or self.job.fresh_views):
            config = self.job.config
            plain = PixelReader(self.job.size_px, config.network.resize, needed_bytes)
            read = self.job.reader(plain)
        # Beside a short encoding it would only slow the closed form down, whose answer comes first.
        if self._said.get("encode", 0.0) > LOAD_BESIDE_S:
            load_ahead()
        with self.clock.timing("encode"):
            self._encoded = self.job.encode(
                rows,
                missing,
                plain,
                _same if self.job.keeps_pixels else encoder,
                on_progress=self._progress,
                should_stop=self._should_give_up,
            )
            if plain:
                plain.flush()
                self._decoded = plain.decoded
        return read

    def _part(self, rows: Rows | None, encoder: Encoder, read: Reader, part: int) -> Part:
        members = self.job.members(part)
        features = self.job.features(rows, encoder, part, read)
        return Part(features, self.goal.answers(members), self.job.dataset.hashes[members])

    def _closed_form(
        self, parts: Parts, last_map: Callable[[np.ndarray], np.ndarray], exact_head: ExactHead
    ) -> Linear:
        """Return the best linear head; its first accuracy is told."""
        self._phase("closed_form", "Solving for the best linear head")
        solver = first_answer.Solver(
            self.folder, self.emit, self.job, self.goal, self.clock, exact_head
        )
        self._first = solver.solve(parts, last_map, self._should_give_up)
        return self._first.linear

    # Training

    def _network_loaded(self) -> "Network":
        if self._network is None:
            self._phase("load", "Loading Keras and the network")
            with self.clock.timing("import"):
                from tl_core.training import network
            # A head alone has nothing to be loaded.
            with self.clock.timing("load" if self.job.config.network.trainable_stages else "fit"):
                self._network = network.build_network(self.job, len(self.goal.outputs))
        return self._network

    def _fit(self, network: "Network", parts: Parts) -> "Outcome":
        from tl_core.training import fit

        self._phase("fit", "Training")
        with self.clock.timing("fit"):
            return fit.fit(
                network.learner,
                parts[TRAIN],
                parts[VALIDATION],
                self.goal.objective(self.job.config, parts[TRAIN].answers),
                self.job.config,
                rate=network.rate,
                let_learn=lambda stages: network.let_learn(
                    stages, self.job.config.network.train_batch_norm
                ),
                beside=self._beside(network),
                checkpoints=self.folder / CHECKPOINTS,
                emit=self._tell_training,
                should_stop=self._should_stop,
            )

    def _beside(self, network: "Network") -> "Beside | None":
        """Return what the method adds to every step, if it adds anything."""
        if self.method.term is None:
            return None
        from tl_core.training.terms import Beside

        config, teacher = self.job.config, self.inputs.get("teacher")
        setup = Setup(
            network.learner,
            network.body,
            network.head,
            config,
            registry.settings_of(config),
            self.job.further,
            ids.run_folder(teacher) if teacher else None,
        )
        return Beside(network.learner, self.method.term(setup), self._further, config)

    def _tell_training(self, event: str, **fields: Any) -> None:
        self.emit(event, **fields)
        if event == "epoch":
            self._epoch_ends.append(time.monotonic())

    # Results

    def _results(self, network: "Network", parts: Parts, outcome: "Outcome") -> dict[str, Any]:
        if outcome.ended == "stopped" and self._is_paused():
            return self.halted()
        if outcome.ended == "stopped":
            return self._stopped_results(network, parts, outcome)
        self._phase("evaluate", "Judging on pictures that training never saw")
        with self.clock.timing("evaluate"):
            metrics = self._judge(network, parts, outcome, self.goal.told)
        self._phase("save", "Keeping the model")
        with self.clock.timing("save"):
            results.save_model(self.folder, self.job, self.goal, network)
            self._keep(metrics)
            self._save_light_tail(network)
        self._teach()
        return {"status": "finished", "metrics": metrics, "seconds": self.clock.told()}

    def _teach(self) -> None:
        """Correct the machine's calibration by the seconds that this process took."""
        seconds = dict(self.clock.seconds)
        if self._first and self._first.was_solved_before:
            del seconds["closed_form"]
        if self._had_libraries:
            seconds.pop("import", None)
        epochs_s = np.diff(self._epoch_ends).tolist()
        plan.learn(self.job, self._encoded, epochs_s, seconds, self._how, decoded=self._decoded)

    def _stopped_results(
        self, network: "Network", parts: Parts, outcome: "Outcome"
    ) -> dict[str, Any]:
        """Save the model first: whoever presses Stop waits for nothing that can be made later."""
        self._phase("save", "Keeping the model")
        with self.clock.timing("save"):
            results.save_model(self.folder, self.job, self.goal, network)
        # What was saved answers in the targets' own units.
        told = self.goal.kept
        self._phase("evaluate", "Judging on pictures that training never saw")
        with self.clock.timing("evaluate"):
            metrics = self._judge(network, parts, outcome, told, self._is_out_of_time)
        if metrics:
            self._keep(metrics)

        def later() -> dict[str, Any]:
            found = metrics or self._judge(network, parts, outcome, told, self._is_wanted_back)
            if found and not metrics:
                self._keep(found)
            if not self._is_wanted_back():
                self._save_light_tail(network)
            return found

        done = {"status": "cancelled", "metrics": metrics, "seconds": self.clock.told()}
        return done | {"later": later}

    def _judge(
        self,
        network: "Network",
        parts: Parts,
        outcome: "Outcome",
        told: Callable[[np.ndarray], np.ndarray],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Return the metrics and write the answers; nothing when there was no time for all."""
        from tl_core.training import fit

        answers = {}
        for part in (VALIDATION, TEST):
            raw = fit.predict(network.learner, parts[part].features, should_stop=should_stop)
            if len(raw) < len(parts[part]):
                return {}
            answers[part] = told(raw)
        self.goal = self.goal.decided(self.job.members(VALIDATION), answers[VALIDATION])
        results.write_predictions(self.folder, self.job.dataset, self.goal, answers)
        return self._metrics(answers, outcome)

    def _keep(self, metrics: dict[str, Any]) -> None:
        results.note_rules(self.folder, self.goal.rules)
        results.write_metrics(self.folder, metrics)
        self.emit("evaluated", metrics=metrics)

    def _save_light_tail(self, network: "Network") -> None:
        if accelerator.converts():
            results.save_light_tail(self.folder, self.job, network)

    def _metrics(self, answers: dict[int, np.ndarray], outcome: "Outcome") -> dict[str, Any]:
        test, val = (
            self.goal.summary(self.job.members(part), answers[part]) for part in (TEST, VALIDATION)
        )
        first = self._first
        return {
            "task": self.goal.task.kind,
            "test_accuracy": self.goal.headline(test),
            "val_accuracy": self.goal.headline(val),
            "closed_form_accuracy": self.goal.headline(first.baseline) if first else None,
            "test": test,
            "val": val,
            "closed_form": first.baseline if first else {},
            **(first.rechecked if first else {}),
            "ended": outcome.ended,
            "epochs": outcome.epochs,
            "best_epoch": outcome.best_epoch,
            "steps": outcome.steps,
        }

    # Telling

    def _phase(self, phase: str, text: str) -> None:
        self.emit("phase", phase=phase, text=text, expected_s=self._said.get(phase))

    def _progress(self, done: int, total: int, seconds_left: float) -> None:
        # Before the first pictures are done nobody knows.
        left = round(seconds_left, 1) if done else None
        self.emit("progress", phase="encode", done=done, total=total, seconds_left=left)

    def _should_stop(self) -> bool:
        return self.only_finish or stopping.is_asked(self.folder)

    def _should_give_up(self) -> bool:
        """Say whether to end before training: to pause, or where no checkpoint is there to be judged."""
        if not self._should_stop():
            return False
        return checkpoint.newest(self.folder / CHECKPOINTS) is None or self._is_paused()

    def _is_paused(self) -> bool:
        return stopping.is_to_pause(self.folder) and not self.only_finish

    def _is_out_of_time(self) -> bool:
        waited_s = stopping.waited_s(self.folder)
        return waited_s is None or waited_s > JUDGE_WITHIN_S

    def _is_wanted_back(self) -> bool:
        """Say whether the stopped run was taken up again, by another process that waits."""
        return not stopping.is_asked(self.folder)


def load_ahead() -> None:
    """Import Keras beside encoding, which needs none of it.

    The thread is no daemon: a process that ended in the middle of an import could crash.
    """
    if LIBRARIES not in sys.modules:
        threading.Thread(target=import_module, args=(LIBRARIES,), name="load").start()


def _same(rows: np.ndarray) -> np.ndarray:
    return rows
