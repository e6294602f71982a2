"""Put rows together that belong together."""

import numpy as np

Groups = list[np.ndarray]
"""Each an ascending int array of rows that belong together; none shorter than two."""


def equal(values: np.ndarray) -> Groups:
    """Return the rows that share a value, groups in the order of their first rows."""
    order = np.argsort(values, kind="stable")
    ends = np.flatnonzero(values[order][1:] != values[order][:-1]) + 1
    groups = [np.sort(group) for group in np.split(order, ends) if len(group) > 1]
    return sorted(groups, key=lambda group: int(group[0]))


def parts(pairs: np.ndarray, rows: int) -> np.ndarray:
    """Return int (rows,): a number that rows share which `pairs` join, directly or through others."""
    from scipy.sparse import coo_array  # a fifth of the start of every worker, which few need
    from scipy.sparse.csgraph import connected_components

    joins = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(rows, rows))
    return connected_components(joins, directed=False)[1]


def connected(pairs: np.ndarray) -> Groups:
    """Return groups of rows joined by `pairs` (m, 2), directly or through others."""
    rows, places = np.unique(pairs, return_inverse=True)
    groups = equal(parts(places.reshape(-1, 2), len(rows)))
    return [rows[group] for group in groups]
