"""How far work is: few words, the first and the last always, and a guess of the rest."""

import pytest

from tl_core.signals import meter
from tl_core.signals.meter import Meter, PhaseMeter


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(meter.time, "monotonic", lambda: now[0])
    return now


def test_the_first_and_the_last_are_told_and_few_between(clock):
    told = []
    tell = Meter(lambda done, total, left: told.append((done, total, left)))
    for done in range(101):
        tell(done, 100)
        clock[0] += 0.01
    assert told[0] == (0, 100, None)
    assert told[-1][:2] == (100, 100)
    assert len(told) == 5


def test_what_was_there_before_counts_for_no_speed(clock):
    told = []
    tell = Meter(lambda done, total, left: told.append(left))
    tell(500, 1000)
    clock[0] += 10
    tell(600, 1000)
    assert told == [None, 40.0]


def test_a_phase_is_told_once_with_its_words_and_counts_from_its_own_beginning(clock):
    told = []
    tell = PhaseMeter(lambda event, **fields: told.append((event, fields)), {"look": "Looking"})
    tell("look", 0, 4)
    clock[0] += 2
    tell("look", 1, 4)
    tell("other", 0, 0)
    assert told[0] == ("phase", {"phase": "look", "text": "Looking"})
    assert told[2] == ("progress", {"phase": "look", "done": 1, "total": 4, "seconds_left": 6.0})
    assert told[3] == ("phase", {"phase": "other", "text": "other"})
    assert [event for event, _ in told].count("phase") == 2
