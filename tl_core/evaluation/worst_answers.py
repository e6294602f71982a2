"""Which test pictures of a run are worth an explanation first: those that its model answered worst."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tl_core.evaluation import comparison


@dataclass(frozen=True, slots=True)
class Worst:
    """One test picture.

    Attributes:
        hash: in the store.
        name: of its file.
        true_outputs: names of the outputs that are true of it; none where numbers are learnt.
    """

    hash: str
    name: str
    true_outputs: tuple[str, ...]


def of_run(folder: Path, dataset_id: str, count: int) -> list[Worst]:
    """Return so many test pictures, the worst answered first, by the measures of the task.

    Raises:
        UserError: as `comparison.answers_of`.
    """
    told = comparison.answers_of(folder, dataset_id)
    rows = np.arange(len(told.pictures))
    if not len(rows):
        return []
    badness = [
        np.nan_to_num(-each.values if each.higher_is_better else each.values, posinf=np.inf)
        for each in told.at(rows)
    ]
    # The last key that `lexsort` is given counts first: the headline does.
    worst = np.lexsort(badness[::-1])[::-1][:count]
    truths = told.truths(worst)
    return [
        Worst(str(told.pictures[row]), str(told.names[row]), _outputs(truth, told.outputs))
        for row, truth in zip(worst, truths, strict=True)
    ]


def _outputs(truth: Hashable, outputs: tuple[str, ...]) -> tuple[str, ...]:
    true = truth if isinstance(truth, frozenset) else {truth}
    return tuple(name for name in outputs if name in true)
