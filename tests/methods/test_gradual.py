"""Stages join one by one: when, for what price, and what the page says of it."""

import pytest

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.encoding.job import resolve
from tl_core.methods import gradual, registry
from tl_core.methods.method import Ended
from tl_core.pricing import advice, costs, method_passes
from tl_core.training import rates

CONFIG = TrainConfig(
    method_name="gradual", backbone="starter", trainable_stages=3, epochs=9, image_size_px=64
)


def said(sentences):
    return " ".join(sentences)


def test_the_method_s_own_pace_is_the_pace_of_the_training():
    config = registry.settled(CONFIG.but(method_settings={"every": 2}))
    assert [rates.thawed(config, epoch) for epoch in range(1, 10)] == [0, 0, 1, 1, 2, 2, 3, 3, 3]
    assert registry.changed(config, "fine_tune").rate.thaw_every == 0


def test_choosing_it_where_nothing_learns_lets_half_of_the_stages_learn():
    frozen = TrainConfig(backbone="starter", trainable_stages=0)
    assert registry.changed(frozen, "gradual").network.trainable_stages > 0
    assert registry.changed(frozen.but(trainable_stages=2), "gradual").network.trainable_stages == 2
    assert registry.changed(frozen, "fine_tune").network.trainable_stages == 0


def test_frozen_stages_and_a_training_that_ends_too_soon_are_refused_in_words():
    for settings, code in (
        ({"trainable_stages": 0}, "stages-frozen"),
        ({"epochs": 3}, "unfreezing-too-slow"),
        ({"method_settings": {"every": 3}}, "unfreezing-too-slow"),
    ):
        with pytest.raises(UserError) as error:
            registry.require_inputs(registry.settled(CONFIG.but(**settings)), {})
        assert error.value.code == code
    registry.require_inputs(registry.settled(CONFIG), {})


def test_what_is_recommended_gives_every_stage_time_to_join():
    for recipe in registry.get("gradual").recipes:
        assert recipe.values["epochs"] > min(recipe.stages[1], 40)


def test_waiting_stages_make_an_epoch_cheaper_and_joining_ones_are_traced_anew(made_dataset):
    dataset = made_dataset(classes=3, each=12)
    slow, plain = (
        resolve(dataset, CONFIG.but(method_name="fine_tune", thaw_every=every)) for every in (2, 0)
    )
    assert method_passes.waiting_gflops(plain) == 0
    tail = plain.cut.tail_mega_flops(plain.size) / 1e3
    assert 0 < method_passes.waiting_gflops(slow) < 2 * tail
    known = costs.Calibration(gigaflops=1.0)
    assert costs.WORK["epoch"](slow, known) < costs.WORK["epoch"](plain, known)
    once = costs.WORK["trace"](plain, known)
    # Four times, of which only the last is for all three stages.
    assert 2 * once < costs.WORK["trace"](slow, known) < 4 * once


def test_what_was_measured_of_fine_tuning_is_not_told_of_other_methods(made_dataset):
    dataset = made_dataset(classes=3, each=12)
    usual = CONFIG.but(method_name="fine_tune")
    assert advice.is_given(dataset, usual)
    for name in ("gradual", "surgical", "main_directions"):
        other = registry.settled(registry.changed(usual, name))
        assert not advice.is_given(dataset, other), name


def test_the_explanation_names_the_epochs_of_these_settings():
    told = said(gradual.explains(registry.settled(CONFIG.but(method_settings={"every": 2}))))
    assert "until epoch 2" in told and "3 stages" in told and "from epoch 7 on, of 9" in told
    assert "hurts" in told


def test_the_result_says_how_many_stages_had_joined():
    config = registry.settled(CONFIG).model_dump(mode="json")
    assert "2 of 3 stages" in said(gradual.adds(Ended(config, {"best_epoch": 3}), []))
    assert "exact head" in said(gradual.adds(Ended(config, {"best_epoch": 0}), []))
    assert said(gradual.adds(Ended(config, {}), [])) == ""


def test_fine_tuning_from_the_exact_head_is_told_with_both_numbers():
    config = TrainConfig(trainable_stages=2).model_dump(mode="json")
    metrics = {
        "task": "classify",
        "test": {"count": 200},
        "closed_form_accuracy": 0.8,
        "test_accuracy": 0.9,
        "handed_over": "trained",
        "best_epoch": 4,
    }
    (told,) = registry.additions(Ended(config, metrics), [])
    assert "LP-FT" in told and "80.0\u202f% (73.9 to 85.0)" in told and "90.0\u202f% (" in told
    exact = {**metrics, "handed_over": "exact_head", "best_epoch": 0}
    assert registry.additions(Ended(config, exact), []) == []
    watched = TrainConfig(trainable_stages=2, start="random").model_dump(mode="json")
    assert not registry.additions(Ended(watched, metrics), [])
