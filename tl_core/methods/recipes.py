"""What is recommended for a training: settings that follow its situation until a person touches them.

The numbers lie in the table of each method (`Method.recipes`). Of the rows that suit a situation
later ones go before earlier ones; what a table speaks of, but no suiting row, is as usual.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tl_core.backbones import catalogue, stages
from tl_core.base.errors import UserError
from tl_core.config import SETTINGS, TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.methods import inputs, registry
from tl_core.methods.situation import Situation
from tl_core.tasks import registry as tasks


def labelled(dataset: Dataset, config: TrainConfig, named: Mapping[str, str]) -> int:
    """Return how many examples from where a model will be used have a class that it answers with.

    Args:
        dataset: what is trained on.
        config: its method says in which role there are such examples; it may know none.
        named: ids of data sets and runs by role; what cannot be learnt from has no such examples.
    """
    method = registry.of(config)
    need = next((need for need in method.needs if need.role == method.judges), None)
    if need is None or not named.get(need.role):
        return 0
    try:
        judged = inputs.of_need(need, named[need.role], dataset).judged
    except UserError:
        return 0
    return 0 if judged is None else int((judged >= 0).sum())


def situation(dataset: Dataset, config: TrainConfig, labelled: int = 0) -> Situation:
    """Return the situation of a training with these settings.

    Args:
        dataset: only the division and the answers are read.
        config: method, backbone and freeze depth are read.
        labelled: see `labelled`.

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
        labelled=labelled,
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


@dataclass(frozen=True, slots=True)
class Recommended:
    """What is recommended for a setting that only the method knows.

    Attributes:
        value: of the setting.
        because: why, in a sentence; "" where it is as usual anyway.
    """

    value: Any
    because: str = ""


def own(situation: Situation) -> dict[str, Recommended]:
    """Return what is recommended for every setting of the method itself that its table speaks of, by name.

    Raises:
        UserError: "method".
    """
    method = registry.get(situation.method)
    fields = method.settings.model_fields
    found = {
        name: Recommended(fields[name].default) for recipe in method.recipes for name in recipe.own
    }
    for recipe in method.recipes:
        if recipe.suits(situation):
            because = recipe.because(situation) if recipe.because else ""
            found |= {name: Recommended(value, because) for name, value in recipe.own.items()}
    return found


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
