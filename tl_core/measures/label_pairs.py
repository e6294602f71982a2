"""Which labels are taken for a sign of one another: given, or missed, because of another one that is there, or is not.

A network that always saw the cup on its saucer gives "saucer" to a cup alone, and misses a saucer without a
cup. Both show in the same way: a label is wrong more often beside another one than elsewhere.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tl_core.measures import intervals

Fault = Literal["given", "missed"]
MOST = 3
FEWEST = 4
"""Mistakes, in pictures that do not belong together, before anything is made of them."""
TRIED = 24
"""Pairs that look worst and are held against chance; the others would not be told anyway."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A label that is wrong beside another one: bool (n,), where it is wrong, and which pictures are compared."""

    label: int
    beside: int
    fault: Fault
    wrong: np.ndarray
    here: np.ndarray
    elsewhere: np.ndarray

    @property
    def apart(self) -> float:
        """By how much more often it is wrong here than elsewhere."""
        return float(self.wrong[self.here].mean() - self.wrong[self.elsewhere].mean())


def mixed_up(
    truth: np.ndarray, given: np.ndarray, groups: np.ndarray | None = None, most: int = MOST
) -> list[dict[str, Any]]:
    """Return the pairs of labels that are mixed up beyond what chance explains among all pairs, the surest first.

    Args:
        truth: bool (n, labels).
        given: bool (n, labels).
        groups: (n,), equal for pictures that belong together; None where none do.
        most: how many.

    Returns:
        For JSON: `label` and `beside` by number; `fault`: "given" where the label is given to pictures
        that do not show it, more often beside the other one than without that; "missed" where it is
        missed, more often without the other one than beside it; `count` of `of` pictures there, with
        `low` and `high` of that share (95 %), and `else_count` of `else_of` elsewhere.

    Reference:
        Newcombe 1998, Interval estimation for the difference between independent proportions:
        comparison of eleven methods. Statistics in Medicine 17.
    """
    labels = truth.shape[1]
    # Of many pairs some look mixed up by chance: to be told, each has to be surer (Bonferroni).
    confidence = 1 - 0.05 / max(1, 2 * labels * (labels - 1))
    told = [
        (least, pair)
        for pair in _worst(truth, given)
        if (least := _least(pair, groups, confidence)) > 0
    ]
    told.sort(key=lambda each: -each[0])
    return [_row(pair, groups) for _, pair in told[:most]]


def _worst(truth: np.ndarray, given: np.ndarray) -> Iterator[_Pair]:
    """Yield the pairs whose label is wrong so much more often here than elsewhere that they are worth a test."""
    shows, wrong = truth.astype(np.float64), given != truth
    apart, faults = [], (("given", ~truth, True), ("missed", truth, False))
    for _, asked, is_beside in faults:
        failed, among = (each.astype(np.float64) for each in (wrong & asked, asked))
        beside, without = ((table.T @ shows, table.T @ (1 - shows)) for table in (failed, among))
        count, of = (each[0 if is_beside else 1] for each in (beside, without))
        else_count, else_of = (each[1 if is_beside else 0] for each in (beside, without))
        rates = count / np.maximum(of, 1) - else_count / np.maximum(else_of, 1)
        told = (count >= FEWEST) & (else_of > 0) & ~np.eye(len(count), dtype=bool)
        apart.append(np.where(told, rates, 0.0))
    table = np.array(apart)
    for place in np.argsort(-table, axis=None, kind="stable")[:TRIED]:
        fault, label, beside = np.unravel_index(place, table.shape)
        if table[fault, label, beside] <= 0:
            return
        name, asked, is_beside = faults[fault]
        rows, other = asked[:, label], truth[:, beside] == is_beside
        yield _Pair(int(label), int(beside), name, wrong[:, label], rows & other, rows & ~other)


def _least(pair: _Pair, groups: np.ndarray | None, confidence: float) -> float:
    """Return by how much more often it is wrong here than elsewhere, at the least; 0 where that is unknown."""
    failed = pair.wrong & pair.here
    if intervals.group_count(groups if groups is None else groups[failed], failed.sum()) < FEWEST:
        return 0.0
    here, elsewhere = (
        intervals.share(
            pair.wrong[rows], None if groups is None else groups[rows], confidence
        ).interval
        for rows in (pair.here, pair.elsewhere)
    )
    below = float(pair.wrong[pair.here].mean()) - here.low
    above = elsewhere.high - float(pair.wrong[pair.elsewhere].mean())
    return pair.apart - math.hypot(below, above)


def _row(pair: _Pair, groups: np.ndarray | None) -> dict[str, Any]:
    told = intervals.share(
        pair.wrong[pair.here], None if groups is None else groups[pair.here]
    ).interval
    return {
        "label": pair.label,
        "beside": pair.beside,
        "fault": pair.fault,
        "count": int(pair.wrong[pair.here].sum()),
        "of": int(pair.here.sum()),
        "low": told.low,
        "high": told.high,
        "else_count": int(pair.wrong[pair.elsewhere].sum()),
        "else_of": int(pair.elsewhere.sum()),
    }
