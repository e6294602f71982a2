"""What to collect next: advice that the numbers can bear, each with its evidence, the largest gain first.

What chance alone may explain is not advised.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tl_core.base import figures
from tl_core.base.said import Said, counted
from tl_core.evaluation.class_gains import MORE, ClassGain
from tl_core.evaluation.collecting import Collected, Curve
from tl_core.evaluation.learning_curve import FEWEST_JUDGED
from tl_core.measures import confusions, intervals

Kind = Literal[
    "more_of",
    "more",
    "enough",
    "pair",
    "beside",
    "labels",
    "copies",
    "test_small",
    "validation_small",
]

LITTLE = 0.02
"""Twice the pictures that bring less in the best of cases are not worth their collecting."""
FEWEST_MISTAKES = 4
"""Of a pair of classes, before anything is made of it."""
FEWEST_PAIRED_CLASSES = 3
"""Of two classes every mistake is about both."""
MOST_COPIES = 0.10
MOST_DOUBTED = 0.02
WIDE = 0.05
"""An interval of accuracy wider than so much to either side tells two models apart seldom."""
NAMED = 4


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do.

    Attributes:
        kind: of advice, which says where a click leads.
        text: what to do.
        evidence: the numbers that it follows from.
        gain: of accuracy, in shares, that is to be expected or is at stake; 0 where nothing can be said.
        classes: that it is about; of a pair the two.
    """

    kind: Kind
    text: Said
    evidence: Said
    gain: float = 0.0
    classes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a run and its data set.

    Attributes:
        names: of the classes; empty where none is told apart.
        collected: what more pictures would bring; None before that was asked.
        are_shares: whether the errors of the curve are shares.
        confusion: int (classes, classes) of the test part; None where there is none.
        mixed_up: labels that are taken for a sign of one another; see `label_pairs.mixed_up`.
        accuracy: on the test part with its interval; None where answers are not simply right.
        effective: how many test pictures on their own would tell as much.
        validation: pictures of that part.
        pictures: of the data set.
        copies: pictures that are nearly a copy of another one; None where nobody looked.
        doubted: labels that look wrong; None where nobody looked.
    """

    names: Sequence[str] = ()
    collected: Collected | None = None
    are_shares: bool = True
    confusion: np.ndarray | None = None
    mixed_up: Sequence[Mapping[str, Any]] = ()
    accuracy: tuple[float, float, float] | None = None
    effective: float = 0.0
    validation: int = FEWEST_JUDGED
    pictures: int = 0
    copies: int | None = None
    doubted: int | None = None


def advise(known: Known) -> list[Advice]:
    """Return what to do, the largest gain first; nothing where nothing is amiss or can be told."""
    sources: tuple[Callable[[Known], Advice | None], ...] = (
        _more_of,
        _more,
        _pair,
        _beside,
        _labels,
        _test_small,
        _copies,
        _validation_small,
    )
    found = [advice for source in sources if (advice := source(known)) is not None]
    return sorted(found, key=lambda advice: -advice.gain)


def leaders(gains: Sequence[ClassGain]) -> list[ClassGain]:
    """Return the classes of which more pictures surely help in the mean, and none of the others helps more."""
    return [gain for gain in gains if gain.is_tied and gain.is_sure]


def further_to_halve(share: float, trials: float) -> int:
    """Return how many further test pictures halve the interval of a share.

    Args:
        share: that is right.
        trials: how many pictures on their own tell as much as the present ones.
    """
    aim = _range(share, trials) / 2
    low, high = trials, 16 * trials + 64
    while high - low > 1:
        middle = (low + high) / 2
        low, high = (low, middle) if _range(share, middle) <= aim else (middle, high)
    return round(high - trials)


def _range(share: float, trials: float) -> float:
    found = intervals.wilson(share * trials, trials)
    return found.high - found.low


def _more_of(known: Known) -> Advice | None:
    if known.collected is None or not (best := leaders(known.collected.classes)):
        return None
    first = best[0]
    shown = ", ".join(f"“{known.names[gain.label]}”" for gain in best[:NAMED])
    gain = {
        "name": known.names[first.label],
        "mean": figures.points(first.gain),
        "low": figures.points(first.low),
        "high": figures.points(first.high),
    }
    if known.collected.gain_of == "average_precision":
        evidence = counted(
            "{count} more that shows “{name}” brings {mean} points of its average precision in the mean; one training {low} to {high}, in 8 of 10 cases.",
            "{count} more that show “{name}” bring {mean} points of its average precision in the mean; one training {low} to {high}, in 8 of 10 cases.",
            MORE,
            **gain,
        )
    else:
        evidence = counted(
            "{count} more of “{name}” brings {mean} points of accuracy on all classes in the mean; one training {low} to {high}, in 8 of 10 cases.",
            "{count} more of “{name}” bring {mean} points of accuracy on all classes in the mean; one training {low} to {high}, in 8 of 10 cases.",
            MORE,
            **gain,
        )
    if len(best) > 1:
        evidence = counted(
            "{first} The {count} with the highest gain cannot be told apart.",
            "{first} The {count} with the highest gain cannot be told apart.",
            len(best),
            first=evidence,
        )
    return Advice(
        "more_of",
        Said("Collect more pictures of {names}.", names=shown),
        evidence,
        first.gain,
        tuple(gain.label for gain in best),
    )


def _more(known: Known) -> Advice | None:
    """Return whether more pictures of every kind are worth collecting, or are not."""
    curve = known.collected.curves[0] if known.collected else None
    if curve is None or curve.doubled is None or curve.now <= 0:
        return None
    low, middle, high = curve.doubled
    if curve.now - low < LITTLE * (1.0 if known.are_shares else curve.now):
        return Advice(
            "enough",
            Said("More pictures of the same kind would bring little."),
            _at_most(known, curve),
        )
    if high >= curve.now:
        return None
    told = (1 - high, 1 - low, 1 - curve.now) if known.are_shares else (low, high, curve.now)
    written = [figures.percent(each) if known.are_shares else figures.value(each) for each in told]
    evidence = dict(zip(("low", "high", "now"), written, strict=True))
    return Advice(
        "more",
        Said("Collect more pictures of every kind."),
        Said(
            "With twice the pictures the exact solution reaches {low} to {high}, in 8 of 10 cases; with those of now {now}.",
            **evidence,
        )
        if known.are_shares
        else Said(
            "With twice the pictures the exact solution is off by {low} to {high}, in 8 of 10 cases; with those of now by {now}.",
            **evidence,
        ),
        (curve.now - middle) / (1.0 if known.are_shares else curve.now),
    )


def _at_most(known: Known, curve: Curve) -> Said:
    """Say what twice the pictures bring at most; an interval of 8 in 10 has 1 in 10 above it."""
    best = max(0.0, curve.now - (curve.doubled or (curve.now,))[0])
    if known.are_shares:
        return Said(
            "Twice as many bring {points} points of accuracy at most, in 9 of 10 cases.",
            points=figures.fixed(100 * best, 1),
        )
    return Said(
        "Twice as many take {share} of the error away at most, in 9 of 10 cases.",
        share=figures.percent(best / curve.now),
    )


def _pair(known: Known) -> Advice | None:
    if known.confusion is None or len(known.confusion) < FEWEST_PAIRED_CLASSES:
        return None
    pairs = confusions.hardest_pairs(known.confusion, 1)
    mistakes = int(known.confusion.sum() - np.trace(known.confusion))
    if not pairs or pairs[0].taken + pairs[0].back < FEWEST_MISTAKES:
        return None
    both = pairs[0].taken + pairs[0].back
    classes = len(known.confusion)
    # What it would be if all pairs were mistaken alike.
    if intervals.wilson(both, mistakes).low <= 2 / (classes * (classes - 1)):
        return None
    first, second = (known.names[label] for label in (pairs[0].first, pairs[0].second))
    return Advice(
        "pair",
        Said(
            "Collect pictures that show the difference between “{first}” and “{second}”.",
            first=first,
            second=second,
        ),
        counted(
            "{both} of {count} mistake takes one of them for the other.",
            "{both} of {count} mistakes take one of them for the other.",
            mistakes,
            both=both,
        ),
        intervals.wilson(both, int(known.confusion.sum())).low,
        (pairs[0].first, pairs[0].second),
    )


def _beside(known: Known) -> Advice | None:
    """Return which two labels are taken for a sign of one another, and the pictures that part them."""
    if not known.mixed_up:
        return None
    pair = known.mixed_up[0]
    label, beside = (known.names[pair[which]] for which in ("label", "beside"))
    rate = {
        "label": label,
        "beside": beside,
        "wrong": figures.count(pair["count"]),
        "share": figures.percent_within(pair["count"] / pair["of"], pair["low"], pair["high"]),
        "else_wrong": figures.count(pair["else_count"]),
        "else_all": figures.count(pair["else_of"]),
    }
    if pair["fault"] == "given":
        text = Said(
            "Collect pictures that show “{other}” without “{one}”.", other=beside, one=label
        )
        evidence = counted(
            "“{label}” is given falsely to {wrong} of {count} picture that shows “{beside}” without it, {share}; to {else_wrong} of {else_all} that show neither.",
            "“{label}” is given falsely to {wrong} of {count} pictures that show “{beside}” without it, {share}; to {else_wrong} of {else_all} that show neither.",
            pair["of"],
            **rate,
        )
    else:
        text = Said(
            "Collect pictures that show “{one}” without “{other}”.", other=beside, one=label
        )
        evidence = counted(
            "“{label}” is missed in {wrong} of {count} picture without “{beside}”, {share}; in {else_wrong} of {else_all} that show both.",
            "“{label}” is missed in {wrong} of {count} pictures without “{beside}”, {share}; in {else_wrong} of {else_all} that show both.",
            pair["of"],
            **rate,
        )
    return Advice("beside", text, evidence, 0.0, (pair["label"], pair["beside"]))


def _labels(known: Known) -> Advice | None:
    if not known.doubted or known.doubted < max(3, MOST_DOUBTED * known.pictures):
        return None
    return Advice(
        "labels",
        Said("Look at the labels that look wrong, before you collect more."),
        counted(
            "{count} label of {all} looks wrong.",
            "{count} labels of {all} look wrong.",
            known.doubted,
            all=known.pictures,
        ),
        known.doubted / known.pictures / 2,
    )


def _copies(known: Known) -> Advice | None:
    if not known.copies or known.copies < MOST_COPIES * known.pictures:
        return None
    return Advice(
        "copies",
        Said("Take new pictures from other places and angles: copies teach nothing new."),
        counted(
            "{count} of {all} pictures is nearly a copy of another one: {share}.",
            "{count} of {all} pictures are nearly copies of others: {share}.",
            known.copies,
            all=known.pictures,
            share=figures.percent(known.copies / known.pictures),
        ),
    )


def _test_small(known: Known) -> Advice | None:
    if known.accuracy is None or known.effective <= 0:
        return None
    share, low, high = known.accuracy
    if (high - low) / 2 <= WIDE:
        return None
    return Advice(
        "test_small",
        Said("Give the test part more pictures, to know better how good the model is."),
        counted(
            "{share} may as well be {low} or {high}. {count} more test picture would halve that range.",
            "{share} may as well be {low} or {high}. {count} more test pictures would halve that range.",
            further_to_halve(share, known.effective),
            share=figures.percent(share),
            low=figures.percent(low),
            high=figures.percent(high),
        ),
    )


def _validation_small(known: Known) -> Advice | None:
    if known.validation >= FEWEST_JUDGED:
        return None
    return Advice(
        "validation_small",
        Said("Give the validation part more pictures."),
        counted(
            "{count} validation picture chooses between epochs and strengths; below {least} chance chooses with it.",
            "{count} validation pictures choose between epochs and strengths; below {least} chance chooses with them.",
            known.validation,
            least=FEWEST_JUDGED,
        ),
    )
