"""The price, before Start: what is encoded, kept and trained at every freeze depth, and how long it takes.

A cost model in floating-point operations (`costs`), with the speed of this machine in front and a
correction learnt from every run behind. Numbers only; imports no TensorFlow.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tl_core.backbones import stages
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.encoding.job import Job, resolve
from tl_core.methods import recipes, registry
from tl_core.methods.inputs import examples, teacher_of
from tl_core.pricing import calibration, job_price, storage
from tl_core.pricing.calibration import Calibration
from tl_core.pricing.job_price import Price
from tl_core.pricing.stock import Stock

MOST_EPOCHS = 100
"""More are not suggested, however much time there is: validation has stopped improving by then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Prices of every freeze depth from the head alone to the whole network; `chosen` is one of them."""

    prices: tuple[Price, ...]
    chosen: Price

    def with_libraries(self) -> "Plan":
        """Return the plan for a process that has its libraries loaded."""
        prices = tuple(replace(price, import_s=0.0) for price in self.prices)
        return Plan(prices, prices[self.prices.index(self.chosen)])


def epochs_within(price: Price, budget_s: float) -> int:
    """Return how many epochs fit into `budget_s` seconds, 1 to 100; validation may stop earlier.

    Args:
        price: of a training of any number of epochs.
        budget_s: for the whole training.
    """
    rest = budget_s - (price.total_s - price.epoch_s * price.epochs)
    return int(min(MOST_EPOCHS, max(1, rest // max(price.epoch_s, 1e-6))))


def plan(
    dataset: Dataset,
    config: TrainConfig,
    known: Calibration | None = None,
    inputs: Mapping[str, str] | None = None,
    touched: Collection[str] | None = None,
) -> Plan:
    """Return what `config` and its siblings of other freeze depths cost on `dataset`.

    Where the method says how much learns, that depth alone has a price.

    Args:
        dataset: only hashes and the split are read.
        config: holds for all prices, but for `trainable_stages` and what follows from `touched`.
        known: speed of the machine; measured when None.
        inputs: ids of what else the method learns from, by role.
        touched: the settings that a person chose, by name; at other depths the others are what is
            recommended there. When None, all settings are the same at every depth.

    Raises:
        UserError: "backbone", "picture-size" or "freeze-depth"; "method", or what forbids an input.
    """
    known = known or calibration.current()
    config = registry.settled(config)
    stages.cut_for(config.network.backbone, config.network.trainable_stages)
    further, teacher = examples(dataset, config, inputs or {}), teacher_of(inputs or {})
    depths = range(len(stages.of(config.network.backbone)) + 1)
    if "trainable_stages" in registry.of(config).fixes(config):
        depths = (config.network.trainable_stages,)
    jobs = [
        resolve(dataset, _at(depth, dataset, config, touched), further, teacher) for depth in depths
    ]
    stock = Stock()
    prices = tuple(
        job_price.price(storage.keeping(job, known, stock), known, stock) for job in jobs
    )
    chosen = next(
        each for each in prices if each.trainable_stages == config.network.trainable_stages
    )
    return Plan(prices, chosen)


def one(
    dataset: Dataset,
    config: TrainConfig,
    known: Calibration | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Price:
    """Return what one training costs on `dataset`; see `plan`.

    Args:
        dataset: only hashes and the split are read.
        config: all settings.
        known: speed of the machine; measured when None.
        inputs: ids of what else the method learns from, by role.

    Raises:
        UserError: "backbone", "picture-size", "freeze-depth" or "method"; or what forbids an input.
    """
    known, stock = known or calibration.current(), Stock()
    config = registry.settled(config)
    further, teacher = examples(dataset, config, inputs or {}), teacher_of(inputs or {})
    job = resolve(dataset, config, further, teacher)
    return job_price.price(storage.keeping(job, known, stock), known, stock)


def _at(
    depth: int, dataset: Dataset, config: TrainConfig, touched: Collection[str] | None
) -> TrainConfig:
    """Return the settings that a training at another depth would have."""
    if depth == config.network.trainable_stages:
        return config
    deeper = config.but(trainable_stages=depth)
    return deeper if touched is None else recipes.suited(dataset, deeper, touched)


def is_one_step(job: Job) -> bool:
    """Say whether a batch holds all training pictures, so that an epoch is a single correction."""
    return int(np.sum(job.dataset.splits == TRAIN)) < job.config.steps.batch_size
