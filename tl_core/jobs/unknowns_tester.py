"""What pages ask of trying a model on what it was never taught; see `kinds.none_of_these`."""

from typing import Any

from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.evaluation import unknowns_tried
from tl_core.jobs import queue, run_actions, watch
from tl_core.jobs.followed import Followed
from tl_core.jobs.kinds.none_of_these import NONE_OF_THESE, TryUnknownArguments
from tl_core.methods import registry
from tl_core.pricing import plan

BEGINS_S = 6.0
"""To begin, to make sample pictures and to look at them."""
EACH_CLASS_S = 1.5
CLASSES = 6

_WORK = Followed(NONE_OF_THESE)
is_working, stop, view, failure = (
    _WORK.is_working,
    _WORK.stop,
    _WORK.view,
    _WORK.failure,
)


def settings(run: store.RunRow) -> TrainConfig:
    """Return the settings of a run without its changed copies, which nobody looks at."""
    own = registry.as_far_as_known(run_actions.settings_of(run.id))
    return own.model_copy(update={"changes": TrainConfig().changes})


def price_s(dataset: Dataset, config: TrainConfig) -> float:
    """Return about how many seconds it takes on this machine.

    Raises:
        UserError: as `pricing.plan.one`.
    """
    price = plan.one(dataset, config)
    classes = min(CLASSES, len(dataset.classes))
    return BEGINS_S + price.convert_s + price.encode_s + classes * EACH_CLASS_S


def start(run_id: str, *, owner: str | None = None) -> None:
    """Begin, unless that is under way.

    Raises:
        UserError: "unknown" run, "not-ended" while it is at work.
    """
    run = run_actions.ended(run_id, owner=owner)
    queue.ask(NONE_OF_THESE, run.id, TryUnknownArguments(), owner=run.owner)
    watch.take_up(NONE_OF_THESE)


def found(run_id: str) -> dict[str, Any] | None:
    """Return what was found out about a run's model as it is now, None where nothing was.

    Returns:
        `left_out`: for each class what `evaluation.left_out.Told` holds; `samples`: the same for sample
        pictures, or None.
    """
    return unknowns_tried.read(ids.run_folder(run_id))
