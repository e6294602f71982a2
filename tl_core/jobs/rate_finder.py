"""What pages and commands ask of the search for a learning rate; see `kinds.rate_search`."""

from pathlib import Path

from tl_core.config import TrainConfig
from tl_core.config.effects import for_one_pass
from tl_core.jobs import answer_kept
from tl_core.jobs.answer_kept import AnswerKept
from tl_core.jobs.kinds.rate_search import FIND_RATE, SearchArguments
from tl_core.methods import registry
from tl_core.training.rates import Sweep

_SEARCHES = AnswerKept(FIND_RATE)
is_working, stop, view = (
    _SEARCHES.is_working,
    _SEARCHES.stop,
    _SEARCHES.view,
)


def start(dataset_id: str, config: TrainConfig) -> str:
    """Begin to search unless that is under way or was done; return the key to ask by.

    Raises:
        UserError: "unknown" data set, "dataset-not-ready".
    """
    config = registry.settled(config)
    key = key_of(dataset_id, config)
    asked = SearchArguments(dataset=dataset_id, config=for_one_pass(config).model_dump(mode="json"))
    _SEARCHES.start(key, dataset_id, asked)
    return key


def key_of(dataset_id: str, config: TrainConfig) -> str:
    """Return what names a search: the data set and every setting that matters to it."""
    config = registry.settled(config)
    return answer_kept.key_of(dataset_id, for_one_pass(config).model_dump_json())


def folder_of(key: str) -> Path:
    """Return the folder of a search, which need not exist."""
    return _SEARCHES.folder(key)


def found(key: str) -> Sweep | None:
    """Return what was found, None when nothing was asked for, the search goes on or was stopped.

    Raises:
        UserError: why the search did not succeed.
    """
    told = _SEARCHES.answer(key)
    return None if told is None else Sweep(tuple(told["rates"]), tuple(told["losses"]))
