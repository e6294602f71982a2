"""How fast what learns when, in plain numbers."""

import json
from itertools import pairwise

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.training import rates
from tl_core.training.rates import Schedule, Sweep


def shares(steps=100, **settings):
    schedule = Schedule(TrainConfig(**settings), steps)
    return [schedule.share(step) for step in range(steps)]


def test_a_constant_rate_stays():
    assert set(shares()) == {1.0}


def test_cosine_rises_to_the_whole_rate_and_falls_to_nothing():
    told = shares(schedule="cosine", warmup=0.2)
    assert all(a < b for a, b in pairwise(told[:21]))
    assert told[20] == 1.0 and all(a > b for a, b in pairwise(told[20:]))
    assert told[0] < 0.06 and told[-1] < 0.001
    assert shares(schedule="cosine", warmup=0)[0] == 1.0


def test_only_a_cosine_that_nothing_ends_early_is_sure_to_come_to_rest():
    assert rates.comes_to_rest("cosine", 0)
    assert not rates.comes_to_rest("cosine", 5) and not rates.comes_to_rest("constant", 0)


def test_a_plateau_lowers_the_rate_after_its_patience_and_again():
    config = TrainConfig(schedule="plateau", plateau_patience=2, plateau_factor=0.1)
    schedule = Schedule(config, 100)
    lowered = [schedule.after_epoch(loss) for loss in (1.0, 0.9, 0.9, 0.95, 0.8, 0.8, 0.8)]
    assert lowered == [False, False, False, True, False, False, True]
    assert schedule.share(0) == pytest.approx(0.01)


def test_only_the_plateau_schedule_lowers():
    schedule = Schedule(TrainConfig(schedule="constant"), 100)
    assert not any(schedule.after_epoch(1.0) for _ in range(50)) and schedule.share(9) == 1.0


def test_a_schedule_goes_on_from_what_a_checkpoint_kept():
    config = TrainConfig(schedule="plateau", plateau_patience=3)
    unbroken, first, second = (Schedule(config, 10) for _ in range(3))
    losses = [1.0, 1.1, 1.1, 1.1, 0.5, 0.6, 0.6, 0.6, 0.6]
    told = [unbroken.after_epoch(loss) for loss in losses]
    again = [first.after_epoch(loss) for loss in losses[:3]]
    second.restore(json.loads(json.dumps(first.state())))
    again += [second.after_epoch(loss) for loss in losses[3:]]
    assert told == again and second == unbroken


def test_a_fresh_schedule_survives_json():
    schedule = Schedule(TrainConfig(), 10)
    schedule.restore(json.loads(json.dumps(schedule.state())))
    assert schedule == Schedule(TrainConfig(), 10)


def test_each_stage_farther_down_learns_at_a_share_of_the_one_above():
    config = TrainConfig(tail_rate=0.2, stage_decay=0.5)
    assert [rates.stage_rate(config, below) for below in range(3)] == [0.2, 0.1, 0.05]


def test_stages_join_one_by_one_from_the_top():
    config = TrainConfig(trainable_stages=3, thaw_every=2)
    told = [rates.thawed(config, epoch) for epoch in range(1, 11)]
    assert told == [0, 0, 1, 1, 2, 2, 3, 3, 3, 3]
    for below in range(3):
        joins = rates.first_epoch(config, below)
        assert rates.thawed(config, joins) == below + 1 == rates.thawed(config, joins - 1) + 1
    assert rates.last_thaw(config) + 1 == rates.first_epoch(config, 2)


def test_without_gradual_unfreezing_all_learn_from_the_start():
    config = TrainConfig(trainable_stages=3)
    assert rates.thawed(config, 1) == 3 and rates.last_thaw(config) == 0


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
def test_a_curve_for_drawing_lies_between_nothing_and_the_whole_rate(schedule):
    drawn = rates.curve(TrainConfig(schedule=schedule), 40)
    assert len(drawn) == 40 and all(0 <= share <= 1 for share in drawn) and max(drawn) == 1
    assert (len(set(drawn)) == 1) == (schedule == "constant")


TRIED = tuple(np.geomspace(1e-6, 10, 120).tolist())


def loss_at(rate, start, floor, best_at, away_at):
    """A loss that falls towards `floor` around `best_at` and explodes beyond `away_at`."""
    fallen = floor + (start - floor) / (1 + rate / best_at)
    return fallen * (1 + (rate / away_at) ** 2)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("start", [2.0, 0.5], ids=["from nothing", "from the solution"])
def test_the_suggestion_is_about_a_tenth_of_the_rate_that_runs_away(seed, start):
    noise = np.random.default_rng(seed).normal(1, 0.1, len(TRIED))
    losses = [loss_at(rate, start, 0.5, 0.003, 0.3) for rate in TRIED] * noise
    swept = Sweep(TRIED, tuple(losses))
    suggested = swept.suggested
    assert swept.runs_away
    assert 0.003 <= suggested <= 0.05


def test_a_loss_that_never_runs_away_suggests_a_tenth_of_the_largest_rate():
    assert Sweep(TRIED, (1.0,) * len(TRIED)).suggested == 1.0
    assert not Sweep(TRIED, (1.0,) * len(TRIED)).runs_away


def test_too_few_steps_suggest_nothing():
    assert Sweep(TRIED[:5], (1.0,) * 5).suggested is None


def test_smoothing_keeps_a_level_and_calms_noise():
    assert rates.smoothed([3.0] * 9) == pytest.approx([3.0] * 9)
    noisy = np.random.default_rng(0).normal(5, 1, 200)
    assert np.std(rates.smoothed(noisy.tolist())[50:]) < 0.5 * noisy.std()
