"""The control of a run: the same network from random weights, on the same pictures; what pretraining brought."""

from dataclasses import dataclass

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig, as_far_as_known
from tl_core.datasets.manifest import Dataset
from tl_core.evaluation import comparison
from tl_core.jobs import run_actions
from tl_core.methods import registry
from tl_core.pricing import plan
from tl_core.training.compared import CONFIDENCE


@dataclass(frozen=True, slots=True)
class Gain:
    """By how much more test pictures a network is right that began pretrained.

    Attributes:
        gain: -1 to 1.
        low, high: its interval, 8 times in 10, as both judged the same pictures.
        pictures: how many.
    """

    gain: float
    low: float
    high: float
    pictures: int


def has_control(run: store.RunRow) -> bool:
    """Say whether a run began with pretrained weights, so that a control says something."""
    name = registry.name_of(run.config)
    return any(method.name == name and method.is_pretrained for method in registry.METHODS)


def settings(run: store.RunRow) -> TrainConfig:
    """Return the settings of the control: the run's own, but for what learning from nothing needs.

    It has the course that its recipe names: in the few epochs of a fine-tuning it would only look bad.
    """
    own = registry.as_far_as_known(run_actions.settings_of(run.id))
    control = registry.changed(own, registry.CONTROL.name)
    course = {
        name: value for recipe in registry.CONTROL.recipes for name, value in recipe.values.items()
    }
    return registry.settled(control.but(**course))


def price_s(dataset: Dataset, config: TrainConfig) -> float:
    """Return about how many seconds the control takes on this machine."""
    return plan.one(dataset, config).total_s


def start(run_id: str, token: str, *, owner: str | None = None) -> str:
    """Put the control of a run in the queue; return its id.

    Raises:
        UserError: as `run_actions.start_run`.
    """
    run = store.run(run_id, owner=owner)
    return run_actions.start_run(run.dataset_id, settings(run), token, owner=owner)


def find(run: store.RunRow) -> store.RunRow | None:
    """Return the newest control on the same data set that is not given up; None where there is none."""
    network = settings(run).network
    for other in store.runs(dataset_id=run.dataset_id):
        if registry.name_of(other.config) != registry.CONTROL.name or other.status == "failed":
            continue
        if other.status == "cancelled" and not other.metrics:
            continue
        if as_far_as_known(other.config).network == network:
            return other
    return None


def gain(run: store.RunRow, control: store.RunRow) -> Gain | None:
    """Return what pretrained weights brought; None where not all of the run's test pictures were judged by both.

    The two are held against each other as on the page of runs, see `evaluation.comparison`.
    """
    try:
        own, other = (
            comparison.answers_of(ids.run_folder(each.id), each.dataset_id)
            for each in (run, control)
        )
        if not own.task.one_class_each:
            return None
        found = comparison.compare(other, own, confidence=CONFIDENCE)
    except UserError:  # what one of them answered is gone, or nothing was judged by both
        return None
    interval = found.headline.interval
    if interval is None or len(found.rows) < len(own.pictures):
        return None
    return Gain(found.headline.gain, interval.low, interval.high, len(found.rows))
