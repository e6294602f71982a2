"""What a run learns from a data set: its task, with what belongs together among its pictures."""

import numpy as np

from tl_core.config import TrainConfig
from tl_core.datasets import division, guard, splits
from tl_core.datasets.manifest import Dataset
from tl_core.tasks import registry
from tl_core.tasks.task import Goal


def of(dataset: Dataset, train: np.ndarray, config: TrainConfig) -> Goal:
    """Return the goal that a data set sets; `train` are the indices of its training pictures."""
    return registry.of(dataset).goal(dataset, train, config, belonging(dataset))


def belonging(dataset: Dataset) -> np.ndarray | None:
    """Return int64 (n,), equal for pictures that belong together; None where each is on its own.

    These are copies and groups, whatever told of them; judged pictures that belong together are
    right or wrong together.
    """
    split = dataset.split or splits.Split.model_validate({})
    groups = guard.numbered(division.together(dataset, split))
    return None if len(np.unique(groups)) == len(groups) else groups
