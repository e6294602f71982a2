"""Where the seconds of a run went."""

import pytest

from tl_core.base import contention
from tl_core.base.clock import OTHERS, Clock
from tl_core.base.contention import Usage


@pytest.fixture
def machine(monkeypatch):
    """Time and counts that go on as a test says, on two cores."""
    now = [Usage(100.0, 0.0, 0.0, 0.0)]
    monkeypatch.setattr(contention, "usage", lambda: now[0])
    monkeypatch.setattr(contention.cores, "available", lambda: 2)

    def go_on(wall_s, got):
        """One thread works, and gets this share of its work done; the cores are full."""
        now[0] += Usage(wall_s, got * wall_s, (1 - got) * wall_s, 2 * wall_s)

    return go_on


def test_what_others_took_is_told_of_every_part_and_of_what_lies_between(machine):
    timed = Clock()
    with timed.timing("load"):
        machine(4.0, 0.5)
    machine(2.0, 0.5)
    with timed.timing("fit"):
        machine(10.0, 0.9)
    told = timed.told()
    assert timed.got() == pytest.approx({"load": 0.5, "fit": 0.9})
    assert told["total"] == 16.0
    # Between the parts it is taken to have got what it got in the whole: 12 of 16 seconds.
    assert told[OTHERS] == pytest.approx(4 * 0.5 + 10 * 0.1 + 2 * 0.25)


def test_imports_are_left_out_of_both(machine):
    timed = Clock()
    with timed.timing("import"):
        machine(5.0, 0.2)
    with timed.timing("fit"):
        machine(5.0, 1.0)
    told = timed.told()
    assert told["total"] == 5.0 and told["fit"] == 5.0
    assert told[OTHERS] == pytest.approx(0.0)
