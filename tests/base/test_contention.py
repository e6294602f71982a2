"""What a process got of a busy machine, as its own counts and the system's tell."""

import multiprocessing
import sys
import time

import numpy as np
import pytest

from tl_core.base import contention, cores
from tl_core.base.clock import Clock
from tl_core.base.contention import Usage


def shared(own: int, others: int, available: int, *, is_told: bool = True) -> Usage:
    """Return what is counted in a second in which so many threads share so many cores evenly."""
    each = min(1.0, available / (own + others))
    waited_s = own * (1 - each) if is_told else None
    return Usage(1.0, own * each, waited_s, (own + others) * each)


@pytest.mark.parametrize("available", [1, 2, 8])
@pytest.mark.parametrize("own", [1, 2, 8])
@pytest.mark.parametrize("others", [0, 1, 2, 7])
def test_the_share_is_what_fair_turns_leave(monkeypatch, own, others, available):
    monkeypatch.setattr(cores, "available", lambda: available)
    alone, beside = (shared(own, many, available).own_s for many in (0, others))
    assert shared(own, others, available).got() == pytest.approx(beside / alone)


def test_where_nobody_counts_waiting_the_share_lies_between_what_is_possible(monkeypatch):
    monkeypatch.setattr(cores, "available", lambda: 2)
    assert shared(2, 0, 2, is_told=False).got() == 1
    assert 0.5 < shared(2, 2, 2, is_told=False).got() < 1


def test_what_does_no_work_or_lasts_no_time_was_not_held_up():
    assert Usage().got() == 1
    assert Usage(1.0, 0.0, 0.0, 2.0).got() == 1


def _spin(until):
    while time.monotonic() < until:
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody counts what threads wait for")
@pytest.mark.benchmark
def test_the_same_work_is_worth_the_same_seconds_beside_other_work():
    """On a machine that may be busy itself: more load makes the work longer, not what it is worth."""

    def took():
        clock = Clock()
        with clock.timing("work"):
            sum(number * number for number in range(6_000_000))
        return clock.seconds["work"], clock.got()["work"]

    alone = [took() for _ in range(5)]
    until = time.monotonic() + 60
    forks = multiprocessing.get_context("fork")
    others = [forks.Process(target=_spin, args=(until,)) for _ in range(2 * cores.available())]
    for other in others:
        other.start()
    try:
        beside = [took() for _ in range(5)]
    finally:
        for other in others:
            other.kill()
            other.join()
    longer = np.median([s for s, _ in beside]) / np.median([s for s, _ in alone])
    worth = np.median([s * got for s, got in beside]) / np.median([s * got for s, got in alone])
    assert longer > 1.2
    assert 0.77 < worth < 1.3


def test_reading_the_counts_is_cheap_enough_for_every_part_of_a_run():
    began = time.process_time()
    for _ in range(20):
        contention.usage()
    assert (time.process_time() - began) / 20 < 0.01
