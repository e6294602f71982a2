"""How the error falls with the pictures learnt from: the exact head on ever larger shares of the training part.

Every share is drawn several times, each class in its proportion and pictures that belong together
all or none; the validation part chooses the strength once for each share, and the test part judges.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tl_core.base.errors import UserError
from tl_core.encoding.encode import StoppedError
from tl_core.measures.power_law import Measured
from tl_core.tasks.task import Goal, exact_head

SHARES = (0.10, 0.18, 0.32, 0.56, 1.0)
REPEATS = (12, 10, 8, 6, 1)
FEWEST_REPEATS = 3
FIXED = 0.15
"""What a head of known strength takes, of what it takes to try all of them."""
LARGER = 1.2
"""By how much an amount must be larger than the one before, to tell anything beside it."""
FEWEST_AMOUNTS = 3
FEWEST_LEARNT = 20


@dataclass(frozen=True, slots=True)
class Parts:
    """Which examples are learnt from, choose the strength and judge, int (n,) each."""

    learnt: np.ndarray
    choosing: np.ndarray
    judged: np.ndarray


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is to be drawn.

    Attributes:
        shares: of the training part, rising.
        repeats: how often each is drawn.
    """

    shares: tuple[float, ...]
    repeats: tuple[int, ...]

    @property
    def work(self) -> float:
        """What all of it takes, of what it takes to solve for the head on all with every strength."""
        pairs = zip(self.shares, self.repeats, strict=True)
        return sum(share * (1 + FIXED * (times - 1)) for share, times in pairs)


def within(most_work: float) -> Amounts:
    """Return what may be drawn for so much work: fewer repeats first, then no large shares."""
    for repeats in (REPEATS, tuple(min(times, FEWEST_REPEATS) for times in REPEATS)):
        if (planned := Amounts(SHARES, repeats)).work <= most_work:
            return planned
    # Of too many pictures the curve ends early, and further out it is extrapolated.
    scale = most_work / planned.work
    return Amounts(
        tuple(scale * share for share in SHARES), (*planned.repeats[:-1], FEWEST_REPEATS)
    )


def at_most(amounts: Amounts, share: float) -> Amounts:
    """Return the same without what is above a share of the training part."""
    return replace(amounts, shares=tuple(min(share, each) for each in amounts.shares))


def drawn(
    strata: np.ndarray,
    together: np.ndarray,
    learnt: np.ndarray,
    share: float,
    random: np.random.Generator,
) -> np.ndarray:
    """Return the rows of a share of what is learnt from, ascending: at least one group of every kind.

    Args:
        strata: int (n,), kinds of examples, each of which is to have its share.
        together: (n,), equal for examples that belong together.
        learnt: int (m,), the training part.
        share: above 0, at most 1.
        random: draws.
    """
    if share >= 1:
        return learnt
    units: dict[object, list[int]] = {}
    for row in learnt.tolist():
        units.setdefault(together[row], []).append(row)
    by_kind: dict[int, list[list[int]]] = {}
    for unit in units.values():
        by_kind.setdefault(int(strata[unit[0]]), []).append(unit)
    chosen: list[int] = []
    for kind in sorted(by_kind):
        chosen += _share_of(by_kind[kind], share, random)
    return np.sort(np.array(chosen, np.int64))


def _share_of(units: list[list[int]], share: float, random: np.random.Generator) -> list[int]:
    """Return the rows of the first groups, in random order, that come nearest to a share of all."""
    wanted = share * sum(map(len, units))
    taken: list[int] = []
    for place in random.permutation(len(units)):
        if taken and len(taken) + len(units[place]) / 2 > wanted:
            break
        taken += units[place]
    return taken


def measure(
    goal: Goal,
    features: np.ndarray,
    parts: Parts,
    strata: np.ndarray,
    together: np.ndarray,
    amounts: Amounts,
    seed: int,
    on_progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> tuple[list[list[Measured]], float]:
    """Return what was measured for every error of the goal, and the strength for the largest amount.

    Args:
        goal: what is to be answered.
        features: float32 (n, d), a row for every example; may lie in a file.
        parts: who is learnt from, chooses and judges.
        strata: see `drawn`.
        together: see `drawn`.
        amounts: what is to be drawn.
        seed: the same seed gives the same draws.
        on_progress: told the work that is done, in the unit of `Amounts.work`.
        should_stop: asked before each draw.

    Raises:
        StoppedError: `should_stop` asked for it.
        UserError: "too-few-to-draw" where the shares do not differ.
    """
    random = np.random.default_rng([seed, 5])
    rows = _rows(strata, together, parts.learnt, amounts, random)
    found: list[list[Measured]] = []
    strength, done = 0.0, 0.0
    for draws in rows:
        l2, errors = None, []
        for learnt in draws:
            if should_stop():
                raise StoppedError
            head = exact_head(goal, features, learnt, parts.choosing, l2)
            done += len(learnt) / len(parts.learnt) * (1.0 if l2 is None else FIXED)
            l2 = strength = head.l2
            errors.append(goal.errors(parts.judged, goal.told(head.of(features, parts.judged))))
            on_progress(done)
        amount = round(float(np.mean([len(learnt) for learnt in draws])))
        found.append([Measured(amount, np.array(each)) for each in zip(*errors, strict=True)])
    return [list(each) for each in zip(*found, strict=True)], strength


def _rows(
    strata: np.ndarray,
    together: np.ndarray,
    learnt: np.ndarray,
    amounts: Amounts,
    random: np.random.Generator,
) -> list[list[np.ndarray]]:
    """Return the rows of every draw, by amount; amounts that hardly differ are left out, the smaller first."""
    kept: list[list[np.ndarray]] = []
    for share, times in reversed(list(zip(amounts.shares, amounts.repeats, strict=True))):
        draws = [drawn(strata, together, learnt, share, random) for _ in range(times)]
        if not kept or _mean_length(draws) * LARGER <= _mean_length(kept[-1]):
            kept.append(draws)
    if len(kept) < FEWEST_AMOUNTS:
        raise too_few(len(learnt))
    return kept[::-1]


def _mean_length(draws: Sequence[np.ndarray]) -> float:
    return float(np.mean([len(rows) for rows in draws]))


def too_few(learnt: int) -> UserError:
    return UserError(
        "too-few-to-draw",
        "Too few pictures to learn from, {learnt}, to tell what more would bring: hardly any can be left out.",
        "Collect some more of every kind first; with ten of each there is a curve.",
        learnt=learnt,
    )
