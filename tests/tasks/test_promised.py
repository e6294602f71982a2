"""All that an example may be, as a model promised it."""

import types

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.export import answers
from tl_core.jobs.predictor import Prediction
from tl_core.measures import conformal, reliability
from tl_core.measures.conformal import Promise
from tl_core.tasks import promised, registry
from tl_core.tasks.task import Rules

CLASSES = registry.get("classify")
NUMBERS = registry.get("regress")


def test_every_class_above_the_limit_is_named_the_most_probable_first():
    answer = Prediction("paper", {"metal": 0.1, "paper": 0.5, "card": 0.4}, task="classify")
    told = CLASSES.promised(answer, Rules(), Promise(coverage=0.9, limits=(0.3,)))
    assert told.classes == ("paper", "card") and not told.ranges
    alone = CLASSES.promised(answer, Rules(), Promise(coverage=0.8, limits=(0.9,)))
    assert alone.classes == ("paper",)


def test_the_answer_of_one_picture_is_that_of_many():
    random = np.random.default_rng(1)
    shares = random.dirichlet(np.ones(5), 60).astype(np.float32)
    promise = Promise(coverage=0.9, limits=(float(shares[3, 2]),))
    belongs = conformal.chosen(shares, promise)
    names = tuple("abcde")
    for row, expected in zip(shares, belongs, strict=True):
        answer = Prediction(**CLASSES.answer(names, row, Rules()))
        told = CLASSES.promised(answer, Rules(), promise)
        assert {names.index(name) for name in told.classes} == set(np.flatnonzero(expected))


def test_a_number_may_be_as_far_off_as_promised_also_where_logarithms_were_learnt():
    answer = Prediction("", {}, {"price": 100.0, "rooms": 3.0}, task="regress")
    promise = Promise(coverage=0.9, limits=(np.log(2), 1.5))
    told = NUMBERS.promised(answer, Rules(log=(True, False)), promise)
    assert told.ranges["price"] == pytest.approx((50, 200))
    assert told.ranges["rooms"] == pytest.approx((1.5, 4.5))


def test_what_was_not_promised_is_refused_with_what_was():
    rules = Rules(promises=(Promise(coverage=0.8, limits=(0.2,)),))
    assert promised.promise_of(rules, 0.8).limits == (0.2,)
    with pytest.raises(UserError, match="95") as caught:
        promised.promise_of(rules, 0.95)
    assert caught.value.code == "nothing-promised" and "80%" in caught.value.hint
    with pytest.raises(UserError) as caught:
        promised.promise_of(Rules(), 0.9)
    assert caught.value.code == "nothing-promised" and "validation" in caught.value.hint


def test_all_that_pictures_may_be_stands_in_the_table_to_take_away():
    answer = Prediction("paper", {"paper": 0.5, "card": 0.4}, task="classify")
    may_be = CLASSES.promised(answer, Rules(), Promise(coverage=0.9, limits=(0.3,)))
    table = answers.columns(["a.png"], [answer], [may_be])
    assert list(table)[:3] == ["file", "one of (90%)", "answer"]
    assert table["one of (90%)"] == ["paper; card"]
    number = Prediction("", {}, {"price": 10.0}, task="regress")
    far = NUMBERS.promised(number, Rules(), Promise(coverage=0.8, limits=(4.0,)))
    table = answers.columns(["a.png"], [number], [far])
    assert table["price from (80%)"] == [6.0] and table["price to (80%)"] == [14.0]


def labels(count, seed):
    """Labels of pictures that are there as often as their probabilities, float (n, 4), say."""
    random = np.random.default_rng(seed)
    shares = random.beta(0.7, 1.4, (count, 4))
    return random.random(shares.shape) < shares, shares


@pytest.mark.parametrize("coverage", conformal.COVERAGES)
def test_all_labels_of_a_picture_are_among_those_named_as_often_as_promised(coverage):
    held = []
    for seed in range(60):
        truth, shares = labels(180, seed)
        promise = conformal.of_share(conformal.of_labels(truth[:80], shares[:80]), coverage)
        assert promise is not None
        held.append(conformal.judged_labels(truth[80:], shares[80:], promise, None)["covered"])
    assert coverage - 0.01 <= np.mean(held) <= coverage + 0.03


def test_labels_that_a_picture_may_show_are_named_and_may_be_none():
    task = registry.get("multilabel")
    promise = Promise(coverage=0.9, limits=(0.3,))
    answer = Prediction("cat", {"cat": 0.8, "dog": 0.1, "snow": 0.4}, task="multilabel")
    assert task.promised(answer, Rules(), promise).classes == ("cat", "snow")
    nothing = Prediction("", {"cat": 0.1, "dog": 0.1, "snow": 0.2}, task="multilabel")
    assert task.promised(nothing, Rules(), promise).classes == ()
    assert task.flaw_of_rules(Rules(promises=(promise,)), 3) == ""
    assert task.flaw_of_rules(Rules(promises=(Promise(coverage=0.9, limits=(1, 1)),)), 3)


def test_a_picture_that_shows_nothing_makes_no_label_more_probable():
    nothing = np.zeros((20, 3), bool)
    for promise in conformal.of_labels(nothing, np.full((20, 3), 0.4)):
        assert promise.limits == (1.0,)


@pytest.mark.parametrize("log", [False, True])
def test_how_promises_of_numbers_held_is_counted_between_the_very_ends_that_are_answered(log):
    random = np.random.default_rng(3)
    truth = np.exp(random.normal(size=(80, 1)))
    told = truth * np.exp(0.2 * random.normal(size=(80, 1)))
    promise = Promise(coverage=0.8, limits=(0.25,))
    rules = Rules(log=(log,), promises=(promise,))
    values = types.SimpleNamespace(
        values=truth, targets=("price",), splits=np.zeros(80, int), labels=np.zeros(80)
    )
    row = NUMBERS.judged(values, truth, told, rules, None)["targets"][0]["ranges"][0]
    ends = np.array(
        [
            NUMBERS.promised(Prediction("", {}, {"price": one}), rules, promise).ranges["price"]
            for one in told[:, 0]
        ]
    )
    held = (ends[:, 0] <= truth[:, 0]) & (truth[:, 0] <= ends[:, 1])
    assert row["covered"] == pytest.approx(held.mean())
    assert row["covered_low"] < row["covered"] < row["covered_high"]
    assert row["width"] == pytest.approx(np.median(ends[:, 1] - ends[:, 0]))


def test_labels_that_come_as_often_as_they_are_probable_lie_on_the_line():
    truth, shares = labels(3000, 0)
    rows = reliability.label_bins(truth, shares)
    assert sum(row["count"] for row in rows) == truth.size
    held = [row["accuracy_low"] <= row["confidence"] <= row["accuracy_high"] for row in rows]
    assert np.mean(held) > 0.8
    twice = reliability.label_bins(truth, shares, np.arange(len(truth)) // 30)
    assert all(one["accuracy"] == two["accuracy"] for one, two in zip(rows, twice, strict=True))
