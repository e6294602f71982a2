"""The adviser: intervals that hold on data sets it never saw, silence where it knows nothing."""

from dataclasses import replace

import numpy as np
import pytest

from tests.pricing.made_gains import table
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.pricing import advice, expected_gain
from tl_core.pricing.advice import Advice
from tl_core.pricing.gains import Gain

FAMILY = "f" * 24
KNOWN = table(8)


@pytest.fixture
def dataset(dataset_id):
    return manifest.load(dataset_id)


def config(**values):
    return TrainConfig().but(**values)


def inside(known: tuple[Gain, ...], with_head: bool) -> list[bool]:
    """Return for each training whether the interval made without its data set held what it brought."""
    held = []
    for name in sorted({gain.case.set for gain in known}):
        shown = tuple(gain for gain in known if gain.case.set != name)
        for gain in (gain for gain in known if gain.case.set == name):
            head = gain.exact_accuracy if with_head else None
            (each,) = expected_gain.expect([gain.case], shown, head) or [None]
            assert each is not None
            held.append(each.low <= gain.points <= each.high)
    return held


@pytest.mark.parametrize("with_head", [True, False])
def test_intervals_hold_what_data_sets_left_out_brought(with_head):
    few = tuple(gain for gain in KNOWN if gain.division == "0" and gain.case.per_class == 20)
    assert np.mean(inside(few, with_head)) >= 0.8


def test_an_interval_that_promised_too_much_is_noticed():
    few = tuple(gain for gain in KNOWN if gain.division == "0" and gain.case.per_class == 20)
    wrong = tuple(
        replace(gain, trained_accuracy=gain.exact_accuracy) if gain.case.set < "set 6" else gain
        for gain in few
    )
    shown = tuple(gain for gain in wrong if gain.case.set < "set 6")
    hidden = [gain for gain in wrong if gain.case.set >= "set 6" and gain.case.stages > 3]
    expected = [expected_gain.expect([gain.case], shown, gain.exact_accuracy) for gain in hidden]
    held = [
        each[0].low <= gain.points <= each[0].high
        for each, gain in zip(expected, hidden, strict=True)
        if each
    ]
    assert np.mean(held) < 0.8


def test_what_brings_much_is_told_from_what_brings_nothing():
    deepest = max(gain.case.stages for gain in KNOWN if gain.case.backbone == "starter")
    cases = [
        gain.case for gain in KNOWN if gain.case.set == "set 3" and gain.case.backbone == "starter"
    ]
    shallow, deep = cases[0], next(each for each in cases if each.stages == deepest)
    rest = tuple(gain for gain in KNOWN if gain.case.set != "set 3")
    often_right, often_wrong = 0.97, 0.6
    first, last = expected_gain.expect([shallow, deep], rest, often_wrong) or []
    (easy,) = expected_gain.expect([deep], rest, often_right) or []
    assert abs(first.mean) < 1 < easy.mean + 1 < last.mean
    assert last.high - last.low > first.high - first.low
    assert easy.high <= 3.0 + 1e-9  # nobody is more often right than always


def test_too_few_data_sets_say_nothing(dataset):
    assert advice.of_depths(dataset, config(), FAMILY, ()) == ()
    assert advice.of_depths(dataset, config(), FAMILY, table(3)) == ()
    told = advice.of_depths(dataset, config(), FAMILY, table(4))
    assert told and all(each.low <= each.mean <= each.high for each in told)


def test_what_this_data_set_brought_before_narrows_what_to_expect(dataset):
    backbone = "starter"
    plain = advice.of_depths(dataset, config(backbone=backbone), FAMILY, KNOWN)
    deep = len(plain) - 1
    mine = replace(
        advice.case(dataset, config(backbone=backbone, trainable_stages=deep), FAMILY), judged=400
    )
    brought = [Gain(mine, 0.85, 0.85 + 0.08, "validation", str(number)) for number in range(3)]
    told = advice.of_depths(dataset, config(backbone=backbone), FAMILY, (*KNOWN, *brought))
    assert told[deep].own == 3 and plain[deep].own == 0
    assert told[deep].mean > plain[deep].mean + 1
    assert told[deep].high - told[deep].low < plain[deep].high - plain[deep].low
    other = advice.of_depths(dataset, config(backbone=backbone), "e" * 24, (*KNOWN, *brought))
    assert [each.mean for each in other] == [each.mean for each in plain]


def test_what_the_test_part_told_of_a_data_set_advises_others_alone(dataset):
    mine = replace(advice.case(dataset, config(trainable_stages=2), FAMILY), judged=400)
    brought = (*KNOWN, *(Gain(mine, 0.7, 0.9, "test", str(n)) for n in range(3)))
    own = advice.of_depths(dataset, config(), FAMILY, brought)
    assert own == advice.of_depths(dataset, config(), FAMILY, KNOWN)
    other = advice.of_depths(dataset, config(), "e" * 24, brought)
    assert other[2].mean > own[2].mean and other[2].sets == own[2].sets + 1


@pytest.mark.parametrize(
    "values", [{"start": "random"}, {"hidden_units": (8,)}, {"method_name": "scratch"}]
)
def test_no_advice_on_trainings_that_do_not_begin_with_the_exact_head(dataset, values):
    assert advice.of_depths(dataset, config(**values), FAMILY, KNOWN) == ()


def test_nothing_is_promised_where_there_is_nothing_to_tell_apart(dataset):
    alone = replace(dataset, classes=dataset.classes[:1], labels=np.zeros_like(dataset.labels))
    assert advice.of_depths(dataset, config(), FAMILY, KNOWN)
    assert advice.of_depths(alone, config(), FAMILY, KNOWN) == ()


def advised(*means: float, width: float = 2.0) -> list[Advice]:
    return [Advice(mean - width / 2, mean, mean + width / 2, 8, 0) for mean in means]


@pytest.mark.parametrize(
    ("means", "seconds", "expected"),
    [
        ((0.0, 1.0, 3.0, 2.0), (1, 2, 3, 4), 2),
        ((0.0, 2.9, 3.0, 2.0), (1, 2, 300, 4), 1),  # hardly less, much sooner
        ((0.0, 0.4, 0.3, 0.2), (1, 2, 3, 4), 0),  # nothing to speak of
        ((0.0, 1.0, 3.0, 5.0), (1, 2, 3, 4000), 2),  # hours are not recommended
    ],
)
def test_the_depth_that_earns_its_time_is_recommended(means, seconds, expected):
    found = advice.recommended_depth(advised(*means), seconds)
    assert found is not None and found.trainable_stages == expected


def test_a_depth_that_may_lose_is_not_said_to_bring_the_most_for_sure():
    sure = advice.recommended_depth(advised(0.0, 3.0, width=4.0), (1, 2))
    open_ = advice.recommended_depth(advised(0.0, 3.0, width=24.0), (1, 2))
    assert sure is not None and open_ is not None
    assert "is expected to bring +1 to +5 points" in sure.why
    assert "no sure thing: \N{MINUS SIGN}9 to +15 points" in open_.why
    assert "the exact solution is kept" in open_.why and "is kept" not in sure.why


def test_a_depth_that_brings_hardly_more_than_the_head_alone_is_not_recommended():
    found = advice.recommended_depth(advised(1.0, 1.4), (1, 2))
    assert found is not None and found.trainable_stages == 0
    found = advice.recommended_depth(advised(0.0, 1.4, width=10.0), (1, 2))
    assert found is not None and found.trainable_stages == 1
    assert advice.recommended_depth((), ()) is None


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (1.2, 4.4, "+1 to +4 points"),
        (-1.6, 6.1, "\N{MINUS SIGN}2 to +6 points"),
        (-0.3, 3.0, "0 to +3 points"),
        (-0.3, 0.5, "\N{MINUS SIGN}0.3 to +0.5 points"),
        (0.0, 0.0, "0 points"),
    ],
)
def test_an_interval_is_written_as_far_as_it_can_bear(low, high, words):
    assert Advice(low, (low + high) / 2, high, 5, 0).in_short == words


def test_an_advice_says_what_it_rests_on():
    assert Advice(0, 1, 2, 7, 0).from_what == "trainings of 7 other data sets"
    assert Advice(0, 1, 2, 7, 1).from_what == "trainings of 7 other data sets and 1 of this one"
