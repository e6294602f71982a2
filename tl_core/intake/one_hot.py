"""Columns of 0 and 1 that together name a class, or several labels, of every picture."""

from collections.abc import Sequence

import numpy as np

from tl_core.intake.profiles import Profile

ONE_SHARE = 0.97
"""Columns of 0 and 1 are one-hot where in so many lines exactly one is 1."""
MOST_BLOCKS = 64

_BITS = {
    **dict.fromkeys(("1", "1.0", "true", "yes"), 1),
    **dict.fromkeys(("0", "0.0", "-1", "-1.0", "false", "no"), 0),
}


def together(profiles: Sequence[Profile]) -> tuple[tuple[str, ...], bool]:
    """Return columns of 0 and 1 that together name a class, and whether just one does.

    Those of which just one is 1 are neighbours. Where lines have several ones the columns look like
    several labels a picture; those are only taken when there are at least three and half of the
    lines have one. Columns of words or numbers may stand between them.
    """
    best: tuple[str, ...] = ()
    several: tuple[str, ...] = ()
    columns = [profile for profile in profiles if _is_of_lines(profile)]
    for run in _runs(profiles):
        bits = _lines(run)
        named = tuple(profile.name for profile in run)
        start, end = _longest_block(bits)
        if end - start > len(best):
            best = named[start:end]
        if len(named) > len(several) and _are_several(bits):
            several = named
    if best and len(best) >= len(several) - 1:
        return best, True
    # Other columns stand between the labels: all of them are proposed, and a person leaves some out.
    scattered = [profile for profile in columns if not profile.is_called_aside]
    if len(scattered) > len(several) and _are_several(_lines(scattered)):
        several = tuple(profile.name for profile in scattered)
    return (several, False) if several else (best, True)


def _are_several(bits: np.ndarray) -> bool:
    """Tell whether lines, int (lines, columns), look like several labels each."""
    sums = bits.sum(1)
    return bits.shape[1] >= 3 and (sums >= 1).mean() >= 0.5 and (sums > 1).mean() >= 0.05


def _lines(profiles: Sequence[Profile]) -> np.ndarray:
    """Return int (lines, columns)."""
    return np.array([[_bit(text) for text in profile.texts] for profile in profiles]).T


def _is_of_lines(profile: Profile) -> bool:
    values = {_bit(text) for text in profile.counted} if len(profile.counted) <= 4 else {-1}
    return bool(profile.counted) and -1 not in values and "" not in profile.texts


def _runs(profiles: Sequence[Profile]) -> list[list[Profile]]:
    runs: list[list[Profile]] = [[]]
    for profile in profiles:
        if _is_of_lines(profile):
            runs[-1].append(profile)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _longest_block(bits: np.ndarray) -> tuple[int, int]:
    """Return (start, end) of the most neighbouring columns of which just one is 1 in every line."""
    count = bits.shape[1]
    sums = np.concatenate([np.zeros((len(bits), 1), int), bits.cumsum(1)], axis=1)
    used = np.asarray(bits.any(axis=0))
    for length in range(count, 1, -1):
        for start in range(min(count - length + 1, MOST_BLOCKS)):
            ones = sums[:, start + length] - sums[:, start]
            if (ones == 1).mean() >= ONE_SHARE and used[start : start + length].sum() > 1:
                return start, start + length
        if count - length > MOST_BLOCKS:
            break
    return 0, 0


def bit(text: str) -> bool:
    """Tell whether a field of a one-hot column says yes."""
    return _bit(text.strip()) == 1


def _bit(text: str) -> int:
    return _BITS.get(text.casefold(), -1)
