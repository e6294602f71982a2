"""The queue in front of the children, with real children that have no model."""

import pytest

from tl_core.base.errors import UserError
from tl_core.serving import pool
from tl_core.serving.pool import Pool

PATIENCE_S = 240


@pytest.fixture
def children(light, monkeypatch):
    monkeypatch.setattr(pool, "PROGRAM", ("-m", "tests.serving.dying"))
    made = []

    def make(**how) -> Pool:
        made.append(Pool(light, **how))
        return made[-1]

    yield make
    for one in made:
        one.close()


def told(asked) -> list[str]:
    return [one.result(PATIENCE_S).code or one.result().reply[0] for one in asked]


def test_each_example_gets_its_own_answer_and_what_waits_passes_together(children):
    asked = children(children=1).ask([str(number).encode() for number in range(10)])
    assert told(asked) == [str(number) for number in range(10)]
    assert max(one.result().reply[1] for one in asked) == pool.BATCH


def test_an_example_that_ends_a_child_costs_only_itself(children):
    asked = children(children=1).ask([b"a", b"die", b"b", b"c"])
    assert told(asked) == ["a", "picture-crashed", "b", "c"]


def test_an_example_that_takes_too_long_costs_only_itself(children, monkeypatch):
    monkeypatch.setattr(pool, "TIMEOUT_S", 1.0)
    assert told(children(children=1).ask([b"hang", b"a"])) == ["picture-timeout", "a"]


def test_more_than_may_be_on_their_way_are_refused_all_or_none(children):
    full = children(waiting=3, children=1)
    with pytest.raises(UserError) as caught:
        full.ask([b"a"] * 4)
    assert caught.value.code == "serving-busy" and full.on_their_way == 0
    assert told(full.ask([b"a"] * 3)) == ["a"] * 3
    assert told(full.ask([b"a"] * 3, waits=True)) == ["a"] * 3
    assert full.seconds_left() == 1 and not full.is_full


def test_what_waits_is_answered_before_the_end_and_nothing_after(children):
    ending = children(children=2)
    asked = ending.ask([b"a"] * 12)
    ending.close()
    assert all(one.done() for one in asked) and told(asked) == ["a"] * 12
    with pytest.raises(UserError) as caught:
        ending.ask([b"a"])
    assert caught.value.code == "serving-ended"


def test_a_child_that_does_not_start_is_told_to_whoever_asks(children, monkeypatch):
    monkeypatch.setattr(pool, "PROGRAM", ("-c", "raise SystemExit(1)"))
    (asked,) = children(children=1).ask([b"a"])
    with pytest.raises(UserError) as caught:
        asked.result(PATIENCE_S)
    assert caught.value.code == "prediction-failed"
