"""A comparison that has to end in time: what was trained is judged by then, and nothing is begun in vain."""

from dataclasses import replace

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.datasets.splits import TEST, TRAIN
from tl_core.encoding.encode import StoppedError
from tl_core.methods import registry
from tl_core.pricing import job_price
from tl_core.training import pipeline, run_context

JUDGE_S, LOAD_S, TRACE_S, EPOCH_S, STEP_S = 20.0, 3.0, 5.0, 6.0, 2.0
"""What the plan says; with two batches of a class each an epoch takes longer than that."""


class SlowClock:
    """Time that goes by only when a training tells of a step."""

    def __init__(self) -> None:
        self.now, self.told = 1000.0, []

    def monotonic(self) -> float:
        return self.now

    def emit(self, event, **fields):
        self.told.append(event)
        if event == "step":
            self.now += STEP_S


@pytest.fixture
def compared(tmp_path, made_dataset, random_weights, monkeypatch):
    """A function that compares with so much time left, and what it told meanwhile."""
    clock, plain = SlowClock(), job_price.price
    monkeypatch.setattr(run_context, "time", clock)

    def price(*rest):
        told = {"load_s": LOAD_S, "import_s": 0.0, "evaluate_s": JUDGE_S}
        return replace(plain(*rest), trace_s=TRACE_S, epoch_s=EPOCH_S, **told)

    monkeypatch.setattr(job_price, "price", price)
    made = made_dataset(2, 30)
    parts = np.where(made.splits == TEST, TRAIN, made.splits).astype(np.int8)
    small = {"backbone": "starter", "image_size_px": 64, "batch_size": 8, "trainable_stages": 0}
    config = registry.settled(TrainConfig(**small, start="closed_form", epochs=400, patience=0))
    dataset = replace(made, splits=parts)

    def compare(left_s, pace=1.0):
        until = clock.now + left_s
        return (
            clock,
            until,
            pipeline.compare_with_exact_head(
                *(tmp_path / "work", clock.emit, dataset, config, tmp_path / "wishes"),
                until=until,
                pace=pace,
            ),
        )

    for name in ("work", "wishes"):
        (tmp_path / name).mkdir()
    return compare


@pytest.mark.slow
def test_training_stops_while_there_is_time_to_judge(compared):
    clock, until, found = compared(60.0)
    assert until - JUDGE_S - STEP_S <= clock.now <= until - JUDGE_S + STEP_S
    assert 0 < found.done < 1 and len(found.trained) == len(found.exact) > 0


@pytest.mark.slow
def test_a_busy_machine_leaves_more_time_to_judge(compared):
    clock, until, _ = compared(90.0, pace=2.0)
    assert clock.now <= until - 2 * JUDGE_S + STEP_S


@pytest.mark.slow
@pytest.mark.parametrize("left_s", [JUDGE_S + LOAD_S - 1, JUDGE_S + TRACE_S + EPOCH_S - 1])
def test_nothing_is_begun_that_cannot_be_stopped_and_would_not_end_in_time(compared, left_s):
    with pytest.raises(StoppedError):
        compared(left_s)
