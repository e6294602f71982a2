"""What pages and commands ask of the automatic choice; see `kinds.search`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN, VALIDATION
from tl_core.evaluation.search import candidates, halving, tried
from tl_core.evaluation.search.candidates import Candidate
from tl_core.evaluation.search.halving import Heads, Trial
from tl_core.evaluation.search.trial_prices import Prices
from tl_core.evaluation.search.tried import Standing, Tried
from tl_core.jobs import answer_kept, auditioner, run_actions, search_board
from tl_core.jobs.answer_kept import AnswerKept
from tl_core.jobs.kinds.search import SEARCH
from tl_core.jobs.search_board import SearchArguments
from tl_core.methods.method import SOURCE
from tl_core.store import job_rows
from tl_core.tasks import registry as tasks

MINUTE_S = 60.0
MINUTES = (2, 20, 480)
"""A short wait, a longer one, and a night."""
LEAST_MINUTES, MOST_MINUTES = 0.5, 24 * 60
FEWEST_CLASSES = 2
FEWEST_JUDGED = 10
"""Validation pictures; with fewer a single one decides."""

_SEARCHES = AnswerKept(SEARCH)
is_working, shown, stop, view, was_done = (
    _SEARCHES.is_working,
    _SEARCHES.shown,
    _SEARCHES.stop,
    _SEARCHES.view,
    _SEARCHES.was_done,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it is asked for.

    Attributes:
        key: names it.
        arguments: what the job is given.
        heads: what is heard first.
        heads_s: what that takes.
        methods: ways of training that take part, by name.
        judged: validation pictures.
    """

    key: str
    arguments: SearchArguments
    heads: Heads
    heads_s: float
    methods: tuple[str, ...]
    judged: int


@dataclass(frozen=True, slots=True)
class Board:
    """What a search has found so far.

    Attributes:
        trials: everything that was tried, in order.
        standings: what can be chosen, the best first.
        chosen: the one to take, None before anything was tried.
        whole_s: what the whole training of the chosen one takes.
        why_first: why training began where it did, in a sentence; empty before.
        left_out: backbones that were not tried: there was no time for them.
        share: of the pictures that the heads were heard on first.
        used_s: seconds of the budget.
    """

    trials: tuple[Tried, ...]
    standings: tuple[Standing, ...]
    chosen: Standing | None
    whole_s: float
    why_first: str
    left_out: tuple[str, ...]
    share: float
    used_s: float


def priced(
    dataset: Dataset,
    minutes: float,
    named: Mapping[str, str] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Asked:
    """Return a search with what it takes, once everything that could forbid it was looked at.

    Args:
        dataset: whole; nothing of its test part is looked at.
        minutes: to try settings in; the training of the chosen ones may take as long again.
        named: ids of what else may be learnt from, by role; empty ones are passed over.
        renamed: which class of the source is which of the data set's, where the name does not tell; passed
            over where there is no source.

    Raises:
        UserError: "search-minutes", "search-task", "search-few", or what forbids an input.
    """
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise UserError(
            "search-minutes",
            "{minutes} minutes are not to be searched for.",
            "Give {least} to {most} minutes.",
            minutes=f"{minutes:g}",
            least=LEAST_MINUTES,
            most=MOST_MINUTES,
        )
    refuse(dataset)
    backbones, budget_s = auditioner.at_hand(dataset.modality), minutes * MINUTE_S
    inputs = {role: name for role, name in sorted((named or {}).items()) if name}
    store.require_inputs(dataset.id, inputs)
    called = dict(sorted((renamed or {}).items())) if SOURCE in inputs else {}
    candidates.require_inputs(dataset, inputs, called)
    arguments = SearchArguments(
        dataset=dataset.id,
        backbones=list(backbones),
        inputs=inputs,
        renamed=called,
        budget_s=budget_s,
        longest_s=max(budget_s, MINUTE_S),
    )
    family = store.dataset(dataset.id).root_id
    prices = Prices(dataset, inputs, family, arguments.seed, called)
    heads = halving.heads(backbones, prices.trial_s, budget_s)
    unsaid = set() if called else {"renamed"}  # as searches were named before
    return Asked(
        answer_kept.key_of(arguments.model_dump_json(exclude=unsaid)),
        arguments,
        heads,
        sum(prices.trial_s(Trial(Candidate(name), heads.share)) for name in heads.backbones),
        candidates.methods_for(dataset, inputs),
        int((dataset.splits == VALIDATION).sum()),
    )


def refuse(dataset: Dataset) -> None:
    """Refuse a data set on which nothing can be chosen.

    Raises:
        UserError: "search-task" where examples have no one class each, "search-few" where too few
            validation pictures could choose, "search-classes" where one class alone is learnt from.
    """
    task, learnt = tasks.of(dataset), dataset.labels[dataset.splits == TRAIN]
    if not task.one_class_each:
        raise UserError(
            "search-task",
            "The search compares shares of right answers, and this data set holds {sort}.",
            "Choose the settings on the Train page; the audition above compares backbones for it.",
            sort=task.sort,
        )
    if len(np.unique(learnt)) < FEWEST_CLASSES:
        raise UserError(
            "search-classes",
            "There is only one class with pictures to learn from.",
            "Add pictures of something else.",
        )
    judged = int((dataset.splits == VALIDATION).sum())
    if judged < FEWEST_JUDGED:
        raise UserError(
            "search-few",
            "There are too few validation pictures to choose by: {count}.",
            "Add pictures, or put more of them into the validation part on the Data page; {fewest} are needed at least.",
            count=judged,
            fewest=FEWEST_JUDGED,
        )


def refusal(dataset: Dataset) -> UserError | None:
    """Return why nothing can be chosen on a data set, None where something can."""
    try:
        refuse(dataset)
    except UserError as error:
        return error
    return None


def start(asked: Asked) -> None:
    """Begin, or go on after a stop, unless that is under way or was done.

    Raises:
        UserError: "unknown" data set, "dataset-not-ready".
    """
    _SEARCHES.start(asked.key, asked.arguments.dataset, asked.arguments)


def last(dataset_id: str) -> str | None:
    """Return the key of the search that was asked for last on a data set, None where none was."""
    return next((row.subject for row in _SEARCHES.asked_about(dataset_id)), None)


def folder_of(key: str) -> Path:
    """Return the folder of a search, which need not exist."""
    return _SEARCHES.folder(key)


def failure(key: str) -> UserError | None:
    """Return why it did not come to its end; None where it did, goes on, or was stopped."""
    try:
        _SEARCHES.answer(key)
    except UserError as error:
        return error
    return None


def board(key: str) -> Board | None:
    """Return what was found so far, None before anything was tried."""
    told = search_board.board(key)
    if told is None or not told["trials"]:
        return None
    standings = tuple(map(tried.read_standing, told["standings"]))
    return Board(
        trials=tuple(map(tried.read, told["trials"])),
        standings=standings,
        chosen=None if told["chosen"] is None else standings[told["chosen"]],
        whole_s=told["whole_s"] or 0.0,
        why_first=told["why_first"],
        left_out=tuple(told["left_out"]),
        share=told["share"],
        used_s=told["used_s"],
    )


def seconds_of(found: Board) -> dict[Candidate, float]:
    """Return what all trials of each candidate took."""
    took: dict[Candidate, float] = {}
    for one in found.trials:
        took[one.candidate] = took.get(one.candidate, 0.0) + one.seconds
    return took


def settings(key: str) -> TrainConfig:
    """Return all settings of a training with what a search has chosen so far.

    Raises:
        UserError: "search-nothing" where nothing was tried yet.
    """
    asked, candidate = _chosen(key)
    dataset = manifest.load(asked.dataset)
    return candidates.settings(candidate, dataset, asked.seed, asked.renamed)


def inputs(key: str) -> dict[str, str]:
    """Return what a training with the chosen settings learns from beside the data set, ids by role.

    Raises:
        UserError: "search-nothing" where nothing was tried yet.
    """
    asked, candidate = _chosen(key)
    return candidates.inputs_of(candidate, asked.inputs)


def train(key: str, token: str, *, owner: str | None = None) -> str:
    """Put a run with the chosen settings into the queue, as any other; return its id.

    Args:
        key: of the search.
        token: one per click; the same token again gives the same run.

    Raises:
        UserError: "search-nothing" where nothing was tried yet, or what forbids training.
    """
    asked, _ = _chosen(key)
    taken = inputs(key)
    return run_actions.start_run(asked.dataset, settings(key), token, inputs=taken, owner=owner)


def _chosen(key: str) -> tuple[SearchArguments, Candidate]:
    found, row = board(key), job_rows.job(SEARCH.name, key)
    if found is None or found.chosen is None or row is None:
        raise UserError(
            "search-nothing", "Nothing has been tried yet.", "Let the search go on for a while."
        )
    return SearchArguments.model_validate(row.arguments or {}), found.chosen.candidate
