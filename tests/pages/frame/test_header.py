"""What the header tells of the run under way."""

import pytest

from pages.parts.frame.header import share_done
from tl_core.signals.progress import RunView, fold

PLAN = {
    "event": "planned",
    "time": 0.0,
    "phases": {"encode": 60.0, "closed_form": 10.0, "fit": 30.0},
}


def view_of(*told):
    start = {"event": "started", "time": 0.0, "epochs": 10}
    return fold(RunView(), [start, PLAN, *told])


def phase(name, at):
    return {"event": "phase", "time": at, "phase": name, "text": name}


def test_the_ring_fills_with_every_phase_as_the_plan_weighs_it():
    encoding = [
        phase("encode", 0.0),
        {"event": "progress", "time": 30.0, "phase": "encode", "done": 50, "total": 100},
    ]
    solved = [*encoding, phase("closed_form", 60.0), phase("fit", 70.0)]
    trained = [*solved, {"event": "epoch", "time": 85.0, "epoch": 5, "epochs": 10}]
    shares = [share_done(view_of(*told), 0.0) for told in (encoding, solved, trained)]
    assert shares == [pytest.approx(0.3), pytest.approx(0.7), pytest.approx(0.85)]


def test_a_run_without_a_plan_counts_its_epochs():
    told = {"event": "epoch", "time": 85.0, "epoch": 5, "epochs": 10}
    start = {"event": "started", "time": 0.0, "epochs": 10}
    assert share_done(fold(RunView(), [start, told]), 0.0) == 0.5
    assert share_done(RunView(), 0.0) == 0.0
