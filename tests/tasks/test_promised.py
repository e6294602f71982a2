"""All that an example may be, as a model promised it."""

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.export import answers
from tl_core.jobs.predictor import Prediction
from tl_core.measures import conformal
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
