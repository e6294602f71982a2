"""Put together everything that must not straddle the split; `datasets.guard` then keeps it together."""

from collections.abc import Sequence

import numpy as np

from tl_core.base import joining
from tl_core.base.joining import Groups


def joined(count: int, *groupings: Groups) -> np.ndarray:
    """Return int64 (count,): one number for all rows that any grouping puts together.

    Args:
        count: rows in all.
        groupings: each a list of rows that belong together; see `named` for names.
    """
    pairs = [np.zeros((0, 2), np.int64)]
    pairs += [
        np.stack([np.full(len(rows) - 1, rows[0]), rows[1:]], axis=1)
        for grouping in groupings
        for rows in grouping
    ]
    numbers = np.arange(count)
    for rows in joining.connected(np.concatenate(pairs)):
        numbers[rows] = rows[0]
    return numbers


def named(names: Sequence[str] | np.ndarray) -> Groups:
    """Return the rows that carry the same name, where "" is no group: a column of a table."""
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        if name:
            rows.setdefault(str(name), []).append(row)
    return [np.array(some) for some in rows.values() if len(some) > 1]
