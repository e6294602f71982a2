"""What pages ask of a quick try of two freeze depths; see `kinds.depth_comparison`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import VALIDATION
from tl_core.datasets.thinning import thinned
from tl_core.jobs import answer_kept
from tl_core.jobs.answer_kept import AnswerKept
from tl_core.jobs.kinds.depth_comparison import COMPARE_DEPTHS, SHARE, ComparisonArguments
from tl_core.methods import registry
from tl_core.pricing import plan

EACH_S = 15.0
"""What trying one depth is to take; two of them make half a minute."""
FEWEST_JUDGED = 10
"""With fewer validation pictures a single one decides."""

_TRIES = AnswerKept(COMPARE_DEPTHS)
is_working, stop, view = (
    _TRIES.is_working,
    _TRIES.stop,
    _TRIES.view,
)


@dataclass(frozen=True, slots=True)
class Try:
    """What a short training of one depth brought.

    Attributes:
        stages: the depth.
        gain: points of accuracy against the exact head.
        low, high: its interval, 8 times in 10.
        judged: validation pictures that tell it.
        pictures: that were learnt from.
    """

    stages: int
    gain: float
    low: float
    high: float
    judged: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A try as it is asked for.

    Attributes:
        key: names it by the settings before they were shortened: the same question finds its answer
            again, though the machine may be known better by then.
        dataset_id: of the pictures.
        configs: the settings of a short training of each depth.
        seconds: what it takes.
    """

    key: str
    dataset_id: str
    configs: tuple[TrainConfig, ...]
    seconds: float


def is_possible(dataset: Dataset) -> bool:
    """Say whether there are enough validation pictures to tell anything."""
    return int((dataset.splits == VALIDATION).sum()) >= FEWEST_JUDGED


def depths(recommended: int | None, chosen: int, total: int) -> tuple[int, ...]:
    """Return two depths to try: the recommended one, and the chosen one or half of the network."""
    wanted = [recommended or 0, chosen, (total + 1) // 2, total]
    return tuple(dict.fromkeys(depth for depth in wanted if depth > 0))[:2]


def priced(dataset: Dataset, configs: Sequence[TrainConfig]) -> Comparison:
    """Return a try of these settings, shortened to what half a minute allows, with its price.

    How many epochs that allows follows from what is known of this machine's speed.

    Args:
        dataset: whole.
        configs: one for each depth, as it would be trained.

    Raises:
        UserError: "backbone", "picture-size", "freeze-depth" or "method".
    """
    asked = [registry.settled(config) for config in configs]
    key = answer_kept.key_of(dataset.id, *(config.model_dump_json() for config in asked))
    short, prices = [], []
    for config in asked:
        few = thinned(dataset, SHARE, config.course.seed)
        price = plan.one(few, config)
        # A training is refused no epoch for what only comes before it or is not done here.
        others_s = price.import_s + price.save_s
        epochs = min(config.course.epochs, plan.epochs_within(price, EACH_S + others_s))
        short.append(config.but(epochs=epochs, patience=0, folds=0))
        prices.append(replace(price, epochs=epochs, save_s=0.0))
    # Libraries are loaded once.
    seconds = sum(price.total_s for price in prices) - sum(price.import_s for price in prices[1:])
    return Comparison(key, dataset.id, tuple(short), seconds)


def start(comparison: Comparison) -> None:
    """Begin to try unless that is under way or was done.

    Raises:
        UserError: "unknown" data set, "dataset-not-ready".
    """
    configs = [config.model_dump(mode="json") for config in comparison.configs]
    asked = ComparisonArguments(dataset=comparison.dataset_id, configs=configs)
    _TRIES.start(comparison.key, comparison.dataset_id, asked)


def found(key: str) -> tuple[Try, ...] | None:
    """Return what was found, None when nothing was asked for, the try goes on or was stopped.

    Raises:
        UserError: why the try did not succeed.
    """
    told = _TRIES.answer(key)
    return None if told is None else tuple(Try(**each) for each in told["tries"])
