"""What a training begins with where a person chose no backbone."""

import pytest

from tl_core.backbones import weights
from tl_core.config import TrainConfig
from tl_core.methods import recipes
from tl_core.pricing import first_backbone, plan
from tl_core.pricing.calibration import Calibration
from tl_core.pricing.first_backbone import BETTER, QUICK, SHORT_S, choose

FAST, SLOW = Calibration(100.0), Calibration(0.1)


@pytest.fixture(autouse=True)
def weights_are_here(monkeypatch):
    monkeypatch.setattr(weights, "present", lambda name: True)


@pytest.fixture
def dataset(made_dataset):
    return made_dataset()


def test_pictures_of_ones_own_begin_with_the_better_one_where_the_wait_is_short(dataset):
    first = choose(dataset, TrainConfig(), known=FAST)
    assert (first.name, first.why) == (BETTER, "features")
    assert first.seconds and first.seconds <= SHORT_S
    # The card and the price beside it are one number.
    as_recommended = recipes.suited(dataset, TrainConfig(backbone=BETTER), ())
    assert first.seconds == plan.plan(dataset, as_recommended, FAST).chosen.total_s
    told = f"about {round(first.seconds)} second"
    assert "second" not in first.beside_price and "a short wait" in first.beside_price
    assert told in first.sentence and "better features than the starter" in first.sentence


def test_a_slow_machine_begins_with_the_starter_and_says_what_the_other_would_take(dataset):
    first = choose(dataset, TrainConfig(), known=SLOW)
    assert (first.name, first.why) == (QUICK, "speed")
    assert first.seconds and first.seconds > SHORT_S
    assert "Chosen for speed: EfficientNet-Lite0 would take about" in first.sentence


def test_the_sample_lesson_and_a_missing_package_begin_with_the_starter(dataset, monkeypatch):
    lesson = choose(dataset, TrainConfig(), is_lesson=True, known=FAST)
    assert (lesson.name, lesson.why) == (QUICK, "lesson")
    monkeypatch.setattr(weights, "present", lambda name: False)
    missing = choose(dataset, TrainConfig(), known=FAST)
    assert (missing.name, missing.why) == (QUICK, "missing")
    assert "are not on this computer" in missing.sentence


def test_the_backbone_in_the_settings_does_not_matter_and_other_settings_do(dataset):
    plain = choose(dataset, TrainConfig(), known=FAST)
    assert choose(dataset, TrainConfig(backbone="resnet50"), known=FAST) == plain
    long = TrainConfig(epochs=500, trainable_stages=8)
    own = choose(dataset, long, touched={"epochs"}, known=FAST)
    assert (own.name, own.why) == (QUICK, "speed")
    followed = choose(dataset, long, known=FAST)
    assert (followed.name, followed.why) == (BETTER, "features")
    beyond = choose(dataset, TrainConfig(trainable_stages=64), known=FAST)
    assert (beyond.name, beyond.why) == (QUICK, "settings")
    assert "do not fit EfficientNet-Lite0" in beyond.sentence


def test_a_wait_is_told_in_seconds_and_then_in_minutes():
    def told(seconds: float) -> str:
        return first_backbone.FirstBackbone(QUICK, "speed", seconds).sentence

    assert "about 75 seconds" in told(75.2) and "about 4 minutes" in told(240)
