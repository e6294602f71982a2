"""What is recommended for a training: settings that follow its situation until a person touches them.

The numbers lie in the table of each method (`Method.recipes`). Of the rows that suit a situation
later ones go before earlier ones; what a table speaks of, but no suiting row, is as usual.
"""

from collections.abc import Collection
from typing import Any

import numpy as np

from tl_core.backbones import catalogue, stages
from tl_core.config import SETTINGS, TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.methods import registry
from tl_core.methods.situation import Situation
from tl_core.tasks import registry as tasks


def situation(dataset: Dataset, config: TrainConfig) -> Situation:
    """Return the situation of a training with these settings.

    Args:
        dataset: only the division and the answers are read.
        config: method, backbone and freeze depth are read.

    Raises:
        UserError: "method" or "backbone".
    """
    task, method = tasks.of(dataset), registry.of(config)
    fixed = method.fixes(config)
    each = task.counts(dataset)[:, TRAIN]
    return Situation(
        method=method.name,
        task=task.kind,
        backbone=catalogue.architecture(config.network.backbone),
        trainable_stages=fixed.get("trainable_stages", config.network.trainable_stages),
        total_stages=len(stages.of(config.network.backbone)),
        pictures=int(np.sum(dataset.splits == TRAIN)),
        classes=len(each),
        per_class=float(np.median(each)) if len(each) else 0.0,
        fixed=frozenset(fixed),
        modality=dataset.modality,
    )


def recommended(situation: Situation) -> dict[str, Any]:
    """Return the recommended value of every setting that the method's table speaks of, by bare name.

    Raises:
        UserError: "method".
    """
    table = registry.get(situation.method).recipes
    values = {name: SETTINGS[name].field.default for recipe in table for name in recipe.values}
    for recipe in table:
        if recipe.suits(situation):
            values |= recipe.values
    return {name: value for name, value in values.items() if _is_open(name, situation)}


def followed(
    config: TrainConfig, situation: Situation, touched: Collection[str] = ()
) -> TrainConfig:
    """Return settings of which all are as recommended but those that a person has touched.

    Args:
        config: the settings.
        situation: theirs.
        touched: bare names.
    """
    return config.but(**_free(recommended(situation), touched))


def suited(dataset: Dataset, config: TrainConfig, touched: Collection[str]) -> TrainConfig:
    """Return settings as recommended where they now stand, but those that a person has touched."""
    return followed(config, situation(dataset, config), touched)


def _free(values: dict[str, Any], touched: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in touched}


def _is_open(name: str, situation: Situation) -> bool:
    """Say whether a setting is there to be chosen, given the method, the task and the examples."""
    one = SETTINGS[name]
    is_asked = one.declared.task in (None, situation.task) and one.is_for(situation.modality)
    return is_asked and name not in situation.fixed
