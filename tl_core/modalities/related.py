"""Which examples were made from one another, as a modality tells it."""

from dataclasses import dataclass, field

import numpy as np

from tl_core.base.joining import Groups


def _none() -> np.ndarray:
    return np.zeros((0, 3), np.int64)


@dataclass(frozen=True, slots=True)
class Related:
    """What was made from one another.

    Attributes:
        near: rows of near-duplicates that lie the same way round.
        turned: int (m, 3), a row, another row, and which of the `symmetries` makes the second of
            the first; as many as join all that belongs together.
    """

    near: Groups = field(default_factory=list)
    turned: np.ndarray = field(default_factory=_none)

    @property
    def turned_pairs(self) -> Groups:
        """Return the rows of every two that lie mirrored or turned."""
        return list(self.turned[:, :2])
