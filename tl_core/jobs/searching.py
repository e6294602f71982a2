"""A search at work: does one trial after the other, and writes down what came of each.

Imported by the process of the job alone; see `kinds.search`.
"""

import gc
import io
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tl_core import store
from tl_core.base import files
from tl_core.base.errors import UserError
from tl_core.base.said import Said, packed
from tl_core.datasets import goals
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN, VALIDATION
from tl_core.evaluation.search import candidates, halving, trial_prices, tried, words
from tl_core.evaluation.search.candidates import Candidate
from tl_core.evaluation.search.halving import Halving, Heads, Trial
from tl_core.evaluation.search.proposals import Proposer
from tl_core.evaluation.search.trial_prices import Prices
from tl_core.evaluation.search.tried import Record, Tried
from tl_core.jobs.job import Context
from tl_core.jobs.search_board import BOARD, HEADS, SCRATCH, SearchArguments
from tl_core.measures import intervals
from tl_core.quality import picture_features
from tl_core.tasks import task
from tl_core.tasks.closed_form import Linear
from tl_core.training import pipeline, rechecks
from tl_core.training.compared import Solved

TELL_EVERY_S = 0.5
PERCENT = 100
MOST_DEATHS = 2
"""A trial in which so many processes ended is given up."""
Work = Callable[[Trial, "Telling"], dict[str, Any]]


@dataclass(slots=True)
class Search:
    """A search at work."""

    context: Context
    asked: SearchArguments
    prices: Prices
    halving: Halving
    record: Record
    used_before_s: float = 0.0
    why_first: str = ""
    deaths: tuple[dict[str, Any], int] = field(default_factory=lambda: ({}, 0))
    """The trial that an earlier process ended in, and how many did."""
    began: float = field(default_factory=time.monotonic, init=False)

    @classmethod
    def of(
        cls,
        context: Context,
        asked: SearchArguments,
        dataset: Dataset,
        told: Mapping[str, Any] | None,
        began: float,
    ) -> "Search":
        """Return a search that begins, or goes on from what is written down.

        Args:
            context: where it works.
            asked: what is searched.
            dataset: whole.
            told: what was written down, None at the beginning.
            began: when this life of it began, as `time.monotonic` tells it; looking for prices takes time, too.
        """

        family = store.dataset(asked.dataset).root_id
        priced = Prices(dataset, asked.inputs, family, asked.seed, asked.renamed)
        told = told or {}
        heads = halving.heads(asked.backbones, priced.trial_s, asked.budget_s)
        if told:
            heads = Heads(told["share"], tuple(told["backbones"]), tuple(told["left_out"]))
        propose = Proposer(priced.prior, priced.recommended, seed=asked.seed)
        decides = Halving(
            space=candidates.space(dataset, heads.backbones, asked.inputs),
            heads=heads,
            seconds=priced.trial_s,
            whole_s=priced.whole_s,
            longest_s=asked.longest_s,
            prior=priced.prior,
            propose=propose,
        )
        record = Record(tuple(map(tried.read, told.get("trials", ()))))
        made = cls(context, asked, priced, decides, record)
        made.used_before_s, made.began = told.get("used_s", 0.0), began
        made.why_first = told.get("why_first", "")
        if begun := told.get("under_way"):
            made.deaths = (begun, told.get("deaths", 0) + 1)
        made.write()
        return made

    @property
    def used_s(self) -> float:
        """Seconds of the budget that are used up, in all lives of the search."""
        return self.used_before_s + time.monotonic() - self.began

    @property
    def left_s(self) -> float:
        return self.asked.budget_s - self.used_s

    def _should_stop(self) -> bool:
        """Say whether a trial is to end: a person asked for it, or the time is over; not before the first is done."""
        is_over = bool(self.record.trials) and self.left_s < 0
        return is_over or self.context.should_stop()

    def next(self) -> Trial | None:
        """Return the next trial that there is time for, None at the end."""

        self.prices.forget()
        import_s = trial_prices.libraries_s()

        def seconds(trial: Trial) -> float:
            plain = trial.candidate.is_plain_head
            expected_s = self.prices.trial_s(trial) * self.record.pace(of_heads=plain)
            return expected_s + (0.0 if plain else import_s)

        def whole_s(candidate: Candidate) -> float:
            return self.prices.whole_s(candidate) * self.record.pace(of_heads=candidate.is_head)

        decides = replace(self.halving, seconds=seconds, whole_s=whole_s)
        return decides.next(self.record, self.left_s)

    def do(self, trial: Trial) -> None:
        """Try it, and write down what came of it."""

        candidate, expected_s = trial.candidate, self.prices.trial_s(trial)
        title = words.of_candidate(candidate)
        telling = Telling(self, title)
        telling.begin()
        if not candidate.is_plain_head:
            _load_libraries()
            if not self.why_first:
                exact = self.record.level_of(candidate.backbone)
                self.why_first = words.why_first(candidate, self.prices, exact)
                self.context.emit("note", text=self.why_first)
        began, work = time.monotonic(), self._head if candidate.is_plain_head else self._training
        try:
            found = self._first_alive(candidate, work)(trial, telling)
        except UserError as error:
            found: dict[str, Any] = {"fault": str(error.message)}
        effort = trial.effort * found.pop("done", 1.0)
        told = Tried(candidate, effort, time.monotonic() - began, expected_s, **found)
        self.record += told
        self.write()
        text = Said(
            "{candidate}: {share} % of validation right",
            candidate=title,
            share=round(PERCENT * told.level),
        )
        if told.has_failed:
            text = Said(
                "{candidate} could not be tried: {fault}", candidate=title, fault=told.fault
            )
        self.context.emit("note", text=text)

    def tell_that_time_is_over(self, trial: Trial) -> None:
        """Say what was begun and not brought to its end."""
        text = Said(
            "The time was over before {candidate} had been tried.",
            candidate=words.of_candidate(trial.candidate),
        )
        self.context.emit("note", text=text)

    def _first_alive(self, candidate: Candidate, work: Work) -> Work:
        """Return the work of a trial, noted as begun; refuse one that ended two processes."""
        begun, deaths = self.deaths
        if begun != candidate.told():
            self.deaths = (candidate.told(), 0)
        elif deaths >= MOST_DEATHS:
            raise UserError(
                "process-ended", "the process ended in it, most often for want of memory", ""
            )
        self.write(under_way=True)
        return work

    def write(self, *, under_way: bool = False) -> None:
        """Write down what was tried and how all stand, whole.

        Args:
            under_way: whether the trial of `deaths` is being tried.
        """

        heads = self.halving.heads
        standings = self.record.standings(self.prices.prior)
        chosen = tried.chosen(standings, self.prices.whole_s)
        told = {
            "share": heads.share,
            "backbones": list(heads.backbones),
            "left_out": self._not_heard(),
            "used_s": self.used_s,
            "why_first": self.why_first,
            "trials": [one.told() for one in self.record.trials],
            "standings": [one.told() for one in standings],
            "chosen": None if chosen is None else standings.index(chosen),
            "whole_s": None if chosen is None else self.prices.whole_s(chosen.candidate),
            "under_way": self.deaths[0] if under_way else None,
            "deaths": self.deaths[1] if under_way else 0,
        }
        files.write_whole(self.context.folder / BOARD, json.dumps(packed(told)).encode())

    def _not_heard(self) -> list[str]:
        """Return the backbones whose head was not solved for yet, or could not be."""
        heard = {one.candidate.backbone for one in self.record.trials if not one.has_failed}
        return [name for name in self.asked.backbones if name not in heard]

    def _head(self, trial: Trial, telling: "Telling") -> dict[str, Any]:
        """Solve for the exact head of a backbone; nothing is trained."""

        part = self.prices.part(trial.effort)
        config = self.prices.settings(trial.candidate, part)
        features = picture_features.as_set(
            part, config, lambda *_: telling.tell(), self._should_stop
        )
        learnt, judged = (np.flatnonzero(part.splits == each) for each in (TRAIN, VALIDATION))
        goal = goals.of(part, learnt, config)
        head = task.exact_head(goal, features, learnt, judged)
        right = head.of(features, judged).argmax(axis=1) == goal.answers(judged)
        if trial.effort == 1:
            self._keep(trial.candidate.backbone, head)
        found = _judged(part, judged, right)
        if not trial_prices.cross_validates(part, trial.effort):
            return found
        everyone, folds = np.zeros(len(part), bool), (trial_prices.FOLDS, self.prices.seed)
        for rows, outputs in rechecks.out_of_fold(part, goal, features, *folds):
            if self._should_stop():
                return found  # validation alone tells it then
            telling.tell()
            everyone[rows] = outputs.argmax(axis=1) == goal.answers(rows)
        return found | {"crossed": float(everyone.mean()), "counted": len(everyone)}

    def _keep(self, backbone: str, head: Linear) -> None:
        """Keep the exact head that saw all pictures: trainings begin with it."""
        kept = io.BytesIO()
        np.savez(kept, weights=head.weights, bias=head.bias, l2=head.l2)
        place = self.context.folder / HEADS
        place.mkdir(exist_ok=True)
        files.write_whole(place / f"{backbone}.npz", kept.getvalue())

    def _solved(self, backbone: str) -> Solved | None:
        """Return the exact head of a backbone, None where it has not seen all pictures."""
        path, heard = self.context.folder / HEADS / f"{backbone}.npz", self.record.head_of(backbone)
        if heard is None or not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as kept:
            head = Linear(kept["weights"], kept["bias"], float(kept["l2"]))
        return Solved(head, heard.hits)

    def _training(self, trial: Trial, telling: "Telling") -> dict[str, Any]:
        """Train as the candidate says for a share of its epochs; validation chooses nothing in it.

        Where the time is over before all of them are done, those count that are.
        """

        part, scratch = self.prices.part(1.0), self.context.folder / SCRATCH
        candidate = trial.candidate
        shutil.rmtree(scratch, ignore_errors=True)  # a process that was killed left it
        scratch.mkdir()
        try:
            found = pipeline.compare_with_exact_head(
                scratch,
                telling,
                part,
                trial_prices.shortened(trial, part, self.prices),
                self.context.folder,
                named=candidates.inputs_of(candidate, self.prices.named),
                trains=not candidate.is_head,
                until=time.monotonic() + max(0.0, self.left_s),
                pace=self.record.pace(of_heads=False),
                solved=None if candidate.is_head else self._solved(candidate.backbone),
            )
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            _clear()
        judged = _judged(part, np.flatnonzero(part.splits == VALIDATION), found.trained)
        return judged | {"done": found.done}


@dataclass(slots=True)
class Telling:
    """Turns the events of a trial into those of the search: how much of the time is over, and what is done."""

    search: Search
    title: str
    _told_at: float = field(default=-float("inf"), init=False)

    def begin(self) -> None:
        number = len(self.search.record.trials) + 1
        text = Said("Trying number {number}: {candidate}", number=number, candidate=self.title)
        self.search.context.emit("phase", phase="search", text=text)
        self.tell()

    def __call__(self, event: str, **fields: Any) -> None:
        """Take an event of a training; only that time goes by is of interest."""
        self.tell()

    def tell(self) -> None:
        now = time.monotonic()
        if now - self._told_at < TELL_EVERY_S:
            return
        self._told_at = now
        total_s, used_s = self.search.asked.budget_s, self.search.used_s
        self.search.context.emit(
            "progress",
            phase="search",
            done=round(min(used_s, total_s)),
            total=round(total_s),
            seconds_left=max(0.0, total_s - used_s),
        )


def _judged(part: Dataset, judged: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """Return what is noted of a trial, given which validation pictures were named right."""
    groups = goals.belonging(part)
    within = intervals.share(right, None if groups is None else groups[judged]).interval
    return {
        "right": "".join("01"[hit] for hit in right.astype(int)),
        "level": float(right.mean()),
        "low": within.low,
        "high": within.high,
    }


def _load_libraries() -> None:
    """Import Keras, so that no trial is charged with it."""
    from importlib import import_module

    from tl_core.training import libraries

    import_module(libraries.LIBRARIES)


def _clear() -> None:
    """Let go of the networks of a trial; hundreds of them would fill the memory."""
    import keras

    keras.utils.clear_session()
    gc.collect()
