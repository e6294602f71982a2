"""Tries settings on a data set until a budget of seconds is used up: its subject names what was asked.

Every trial is an ordinary short training that reads the rows which others left; nothing of the test part
is looked at. What was tried is written down after each trial, so that a stop keeps it and a killed
search goes on from there.
"""

import gc
import json
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from tl_core import store
from tl_core.base import files, settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said, packed, unpacked
from tl_core.datasets import goals, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN, VALIDATION
from tl_core.encoding.encode import StoppedError
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.measures import intervals
from tl_core.pricing import costs

BOARD = "board.json"
TELL_EVERY_S = 0.5
RESTARTS = 5
PERCENT = 100
MOST_DEATHS = 2
"""A trial in which so many processes ended is given up."""


class SearchArguments(Arguments):
    """What is searched.

    Attributes:
        dataset: id.
        backbones: whose weights are at hand.
        inputs: ids of what else may be learnt from, by role.
        budget_s: seconds to try settings in.
        longest_s: what the whole training of the chosen settings may take.
        seed: fixes what is drawn and trained.
    """

    dataset: str
    backbones: list[str]
    inputs: dict[str, str] = Field(default_factory=dict)
    budget_s: float = Field(gt=0)
    longest_s: float = Field(gt=0)
    seed: int = 0


def folder(key: str) -> Path:
    """Return the folder of a search, which need not exist."""
    return settings.current().home / "searches" / key


def board(key: str) -> dict[str, Any] | None:
    """Return what was tried as it was last written down, None before anything was."""
    return _read(folder(key))


def _read(place: Path) -> dict[str, Any] | None:
    try:
        return json.loads((place / BOARD).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _search(context: Context) -> Outcome:
    asked: SearchArguments = context.arguments
    dataset = manifest.load(asked.dataset)
    manifest.require_trainable(dataset)
    search = _Search.of(context, dataset)
    while (trial := search.next()) is not None:
        if context.should_stop():
            raise _stopped()
        try:
            search.do(trial)
        except StoppedError as error:
            if context.should_stop():
                raise _stopped() from error
            context.emit("note", text=_over(trial))
            break
    search.write()
    return Outcome(told={"metrics": {"tried": len(search.record.trials)}})


def _over(trial: Any) -> Said:
    from tl_core.evaluation.search import words

    return Said(
        "The time was over before {candidate} had been tried.",
        candidate=words.of_candidate(trial.candidate),
    )


def _stopped() -> UserError:
    return UserError(
        "stopped",
        "The search was stopped; what was tried is kept.",
        "Let it go on, or take the best.",
    )


@dataclass(slots=True)
class _Search:
    """A search at work."""

    context: Context
    prices: Any
    halving: Any
    record: Any
    used_before_s: float = 0.0
    why_first: str = ""
    deaths: tuple[dict[str, Any], int] = field(default_factory=lambda: ({}, 0))
    """The trial that an earlier process ended in, and how many did."""
    _began: float = field(default_factory=time.monotonic, init=False)

    @classmethod
    def of(cls, context: Context, dataset: Dataset) -> "_Search":
        """Return a search that begins, or goes on from what is written down."""
        from tl_core.evaluation.search import candidates, halving, proposals, trial_prices, tried

        asked: SearchArguments = context.arguments
        family = store.dataset(asked.dataset).root_id
        priced = trial_prices.Prices(dataset, asked.inputs, family, asked.seed)
        told = unpacked(_read(context.folder) or {})
        heads = halving.heads(asked.backbones, priced.trial_s, asked.budget_s)
        if told:
            heads = halving.Heads(told["share"], tuple(told["backbones"]), tuple(told["left_out"]))
        propose = proposals.Proposer(priced.prior, priced.recommended, asked.seed)
        decides = halving.Halving(
            space=candidates.space(dataset, heads.backbones, asked.inputs),
            heads=heads,
            seconds=priced.trial_s,
            whole_s=priced.whole_s,
            longest_s=asked.longest_s,
            prior=priced.prior,
            propose=propose,
        )
        record = tried.Record(tuple(map(tried.read, told.get("trials", ()))))
        made = cls(context, priced, decides, record)
        made.used_before_s = told.get("used_s", 0.0)
        made.why_first = told.get("why_first", "")
        if begun := told.get("under_way"):
            made.deaths = (begun, told.get("deaths", 0) + 1)
        made.write()
        return made

    @property
    def used_s(self) -> float:
        """Seconds of the budget that are used up, in all lives of the search."""
        return self.used_before_s + time.monotonic() - self._began

    @property
    def left_s(self) -> float:
        return self.context.arguments.budget_s - self.used_s

    def next(self) -> Any:
        """Return the next trial that there is time for, None at the end."""
        from tl_core.training import libraries

        self.prices.forget()
        import_s = 0.0 if libraries.are_loaded() else costs.IMPORT_S

        def seconds(trial: Any) -> float:
            plain = trial.candidate.is_plain_head
            expected_s = self.prices.trial_s(trial) * self.record.pace(of_heads=plain)
            return expected_s + (0.0 if plain else import_s)

        return replace(self.halving, seconds=seconds).next(self.record, self.left_s)

    def do(self, trial: Any) -> None:
        """Try it, and write down what came of it."""
        from tl_core.evaluation.search import words
        from tl_core.evaluation.search.tried import Tried

        candidate, expected_s = trial.candidate, self.prices.trial_s(trial)
        title = words.of_candidate(candidate)
        telling = _Telling(self, title)
        telling.begin()
        if not candidate.is_plain_head:
            _load_libraries()
            if not self.why_first:
                self.why_first = words.why_first(candidate, self.prices)
                self.context.emit("note", text=self.why_first)
        began, work = time.monotonic(), self._head if candidate.is_plain_head else self._training
        try:
            found = self._first_alive(candidate, work)(trial, telling)
        except UserError as error:
            found: dict[str, Any] = {"fault": str(error.message)}
        told = Tried(candidate, trial.effort, time.monotonic() - began, expected_s, **found)
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

    def _first_alive(self, candidate: Any, work: Any) -> Any:
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
        from tl_core.evaluation.search import tried

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
        return [name for name in self.context.arguments.backbones if name not in heard]

    def _head(self, trial: Any, telling: "_Telling") -> dict[str, Any]:
        """Solve for the exact head of a backbone; nothing is trained."""
        from tl_core.evaluation.search import candidates, trial_prices
        from tl_core.quality import picture_features
        from tl_core.tasks import task
        from tl_core.training import rechecks

        part = self.prices.part(trial.effort)
        config = candidates.settings(trial.candidate, part, self.prices.seed)
        features = picture_features.as_set(
            part, config, lambda *_: telling.tell(), self.context.should_stop
        )
        learnt, judged = (np.flatnonzero(part.splits == each) for each in (TRAIN, VALIDATION))
        goal = goals.of(part, learnt, config)
        head = task.exact_head(goal, features, learnt, judged)
        right = head.of(features, judged).argmax(axis=1) == goal.answers(judged)
        found = _judged(part, judged, right)
        if not trial_prices.cross_validates(part, trial.effort):
            return found
        telling.tell()
        everyone = np.zeros(len(part), bool)
        for rows, outputs in rechecks.out_of_fold(
            part, goal, features, trial_prices.FOLDS, self.prices.seed
        ):
            everyone[rows] = outputs.argmax(axis=1) == goal.answers(rows)
        return found | {"crossed": float(everyone.mean())}

    def _training(self, trial: Any, telling: "_Telling") -> dict[str, Any]:
        """Train as the candidate says for a share of its epochs; validation chooses nothing in it."""
        from tl_core.evaluation.search import candidates, trial_prices
        from tl_core.training import pipeline

        part = self.prices.part(1.0)
        with tempfile.TemporaryDirectory(dir=self.context.folder) as scratch:
            found = pipeline.compare_with_exact_head(
                Path(scratch),
                telling,
                part,
                trial_prices.shortened(trial, part, self.prices.seed),
                self.context.folder,
                named=candidates.inputs_of(trial.candidate, self.prices.named),
                trains=not trial.candidate.is_head,
                until=time.monotonic() + max(0.0, self.left_s),
            )
        _clear()
        return _judged(part, np.flatnonzero(part.splits == VALIDATION), found.trained)


@dataclass(slots=True)
class _Telling:
    """Turns the events of a trial into those of the search: how much of the time is over, and what is done."""

    search: _Search
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
        total_s, used_s = self.search.context.arguments.budget_s, self.search.used_s
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


SEARCH = JobKind(
    name="search",
    title=Said("Searching for the best settings"),
    arguments=SearchArguments,
    folder=folder,
    run=_search,
    needs=Needs(2 * GIB, 2),
    explain=inside_graft,
    died=died(
        "The search ended without a word again and again; most often the machine ran out of memory.",
        "What was tried is kept. Close what else takes memory, then let it go on.",
    ),
    restarts=RESTARTS,
)
