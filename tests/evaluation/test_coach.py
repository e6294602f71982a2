"""Advice follows from numbers: each shows its evidence, and what chance explains is not advised."""

import numpy as np
import pytest

from tl_core.evaluation import coach
from tl_core.evaluation.class_gains import ClassGain
from tl_core.evaluation.coach import Known
from tl_core.evaluation.collecting import Collected, Curve
from tl_core.measures import intervals

NAMES = ("cup", "plate", "fork")


def collected(doubled=(0.08, 0.12, 0.15), now=0.18, classes=()):
    curve = Curve(
        amounts=(20, 60, 200),
        errors=(0.4, 0.25, now),
        lowest=(0.3, 0.2, now),
        highest=(0.5, 0.3, now),
        ahead=(20, 400),
        low=(0.3, doubled[0]),
        middle=(0.4, doubled[1]),
        high=(0.5, doubled[2]),
        doubled=doubled,
    )
    return Collected(curves=(curve,), learnt=200, used=200, judged=100, classes=classes)


def gain(label, low, *, tied=True):
    return ClassGain(label, 30, low + 0.01, low, low + 0.02, None, low > 0, tied)


def kinds(known):
    return [advice.kind for advice in coach.advise(known)]


def test_nothing_is_advised_where_nothing_is_known_or_amiss():
    assert coach.advise(Known()) == []


def test_twice_the_pictures_are_advised_with_what_they_bring():
    (advice,) = coach.advise(Known(collected=collected()))
    assert advice.kind == "more" and advice.gain == pytest.approx(0.06)
    assert advice.evidence.replace("\u202f", " ") == (
        "With twice the pictures the exact solution reaches 85 % to 92 %, in 8 of 10 cases; with those of now 82 %."
    )


def test_a_gain_that_chance_explains_is_no_advice():
    assert kinds(Known(collected=collected(doubled=(0.10, 0.15, 0.19)))) == []


def test_a_flat_curve_says_that_more_of_the_same_brings_little():
    (advice,) = coach.advise(Known(collected=collected(doubled=(0.17, 0.175, 0.18))))
    assert advice.kind == "enough" and "1.0 points of accuracy at most" in advice.evidence


def test_numbers_are_told_in_their_own_unit():
    (advice,) = coach.advise(Known(collected=collected((31.0, 40.0, 44.0), 52.0), are_shares=False))
    assert "off by 31 to 44, in 8 of 10 cases; with those of now by 52" in advice.evidence


def test_the_class_that_gains_most_is_named_and_those_that_cannot_be_told_apart():
    classes = (gain(2, 0.01), gain(0, 0.005), gain(1, -0.01), gain(1, 0.002, tied=False))
    known = Known(names=NAMES, collected=collected(classes=classes))
    advice = next(each for each in coach.advise(known) if each.kind == "more_of")
    assert advice.classes == (2, 0)
    assert advice.text == "Collect more pictures of “fork”, “cup”."
    assert "20 more of “fork” bring +2.0 points" in advice.evidence
    assert "one training +1.0 to +3.0, in 8 of 10 cases" in advice.evidence
    assert "The 2 with the highest gain cannot be told apart." in advice.evidence


def test_a_pair_stands_out_only_among_other_mistakes():
    one_pair = np.array([[30, 6, 0], [5, 30, 1], [0, 1, 35]])
    alike = np.array([[30, 2, 2], [2, 30, 2], [2, 2, 30]])
    (advice,) = coach.advise(Known(names=NAMES, confusion=one_pair))
    assert advice.kind == "pair" and advice.classes == (0, 1)
    assert advice.evidence == "11 of 13 mistakes take one of them for the other."
    assert kinds(Known(names=NAMES, confusion=alike)) == []
    two = np.array([[30, 9], [9, 30]])
    assert kinds(Known(names=NAMES[:2], confusion=two)) == []


def test_labels_that_are_mixed_up_ask_for_the_pictures_that_part_them():
    pair = {"label": 0, "beside": 1, "count": 7, "of": 12, "low": 0.32, "high": 0.81}
    pair |= {"else_count": 3, "else_of": 90}
    (given,) = coach.advise(Known(names=NAMES, mixed_up=[{**pair, "fault": "given"}]))
    assert given.text == "Collect pictures that show “plate” without “cup”."
    assert given.evidence.replace("\u202f", " ") == (
        "“cup” is given falsely to 7 of 12 pictures that show “plate” without it, "
        "58 % (32–\u206081 %); to 3 of 90 that show neither."
    )
    (missed,) = coach.advise(Known(names=NAMES, mixed_up=[{**pair, "fault": "missed"}]))
    assert missed.text == "Collect pictures that show “cup” without “plate”."
    assert missed.classes == (0, 1) and "in 3 of 90 that show both" in missed.evidence


def test_further_test_pictures_halve_the_range_as_computed():
    for share, trials in ((0.82, 50.0), (1.0, 20.0), (0.5, 100.0)):
        more = coach.further_to_halve(share, trials)
        before, after = (
            (i := intervals.wilson(share * n, n)).high - i.low for n in (trials, trials + more)
        )
        assert after == pytest.approx(before / 2, rel=0.03)
    (advice,) = coach.advise(Known(accuracy=(0.82, 0.69, 0.90), effective=50.0))
    assert advice.kind == "test_small"
    assert f"{coach.further_to_halve(0.82, 50.0)} more test pictures" in advice.evidence
    assert kinds(Known(accuracy=(0.82, 0.79, 0.85), effective=600.0)) == []


def test_copies_and_doubted_labels_are_told_where_there_are_many_of_them():
    assert kinds(Known(pictures=100, copies=9, doubted=1)) == []
    found = coach.advise(Known(pictures=100, copies=40, doubted=8))
    assert [advice.kind for advice in found] == ["labels", "copies"]
    assert "8 labels of 100 look wrong." in found[0].evidence
    assert "40 of 100" in found[1].evidence
    assert kinds(Known(pictures=100, copies=None, doubted=None)) == []


def test_a_small_validation_part_is_told():
    assert kinds(Known(validation=12)) == ["validation_small"]


def test_what_brings_most_comes_first():
    known = Known(
        names=NAMES,
        collected=collected(classes=(gain(2, 0.01),)),
        validation=5,
        pictures=100,
        doubted=4,
    )
    assert kinds(known) == ["more", "more_of", "labels", "validation_small"]
