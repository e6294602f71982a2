"""Settings: what is kept stays readable, and what does not matter is known."""

import json
from typing import Literal, get_args, get_origin

import pytest

from tl_core.config import SETTINGS, TrainConfig, applies, depth_of, group_of, parse

KEPT_IN_THE_FIRST_VERSION = {
    "backbone": "starter",
    "trainable_stages": 2,
    "epochs": 3,
    "learning_rate": 0.001,
    "batch_size": 32,
    "flip": True,
    "rotate": 10.0,
    "zoom": 0.0,
    "crop": 0.0,
    "views": 2,
    "class_weights": "balanced",
    "patience": 5,
    "image_size_px": 0,
    "resize": "squash",
    "pooling": "average",
    "hidden_units": [64],
    "dropout": 0.1,
    "l2": 0.0,
    "label_smoothing": 0.0,
    "optimizer": "sgd",
    "momentum": 0.9,
    "weight_decay": 0.004,
    "tail_rate": 0.1,
    "stage_decay": 1.0,
    "train_batch_norm": False,
    "start": "closed_form",
    "seed": 0,
}


def test_settings_of_old_runs_are_read_and_mean_the_same():
    config = parse(KEPT_IN_THE_FIRST_VERSION)
    told = json.loads(json.dumps(config.flat()))
    assert told["batch_norm"] == "frozen"
    told["train_batch_norm"] = False  # as the ways were told apart then
    assert {name: told[name] for name in KEPT_IN_THE_FIRST_VERSION} == KEPT_IN_THE_FIRST_VERSION
    new = set(told) - set(KEPT_IN_THE_FIRST_VERSION)
    assert new and all(told[name] == TrainConfig().flat()[name] for name in new)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_a_title_a_help_of_a_sentence_and_a_place(name):
    field = SETTINGS[name].field
    assert field.title and field.title[0].isupper()
    assert field.description and field.description.endswith(".") and len(field.description) > 20
    assert depth_of(name) in ("main", "more", "expert") and group_of(name) in (
        "",
        "changes",
        "rate",
    )


def test_every_choice_has_a_name_unless_it_is_off_or_on():
    for setting in SETTINGS.values():
        if get_origin(setting.field.annotation) is Literal:
            values, names = get_args(setting.field.annotation), setting.declared.choices
            assert set(names) == set(values) or (not names and len(values) == 2)


@pytest.mark.parametrize(
    ("name", "without", "with_it"),
    [
        ("momentum", {}, {"optimizer": "sgd"}),
        ("weight_decay", {}, {"optimizer": "adamw"}),
        ("nesterov", {}, {"optimizer": "sgd"}),
        ("warmup", {}, {"schedule": "cosine"}),
        ("plateau_factor", {"schedule": "cosine"}, {"schedule": "plateau"}),
        ("thaw_every", {}, {"trainable_stages": 1}),
        ("views", {}, {"hue": 10}),
        ("tail_rate", {}, {"trainable_stages": 1}),
        ("stage_decay", {"trainable_stages": 1}, {"trainable_stages": 2}),
        ("batch_norm", {}, {"trainable_stages": 1}),
        ("toward_pretrained", {}, {"trainable_stages": 1}),
    ],
)
def test_a_setting_applies_only_beside_what_it_belongs_to(name, without, with_it):
    assert not applies(name, TrainConfig(**without), "classify")
    assert applies(name, TrainConfig(**with_it), "classify")


def test_some_settings_are_for_classes_and_some_for_numbers():
    plain = TrainConfig()
    for name in ("class_weights", "label_smoothing"):
        assert applies(name, plain, "classify") and not applies(name, plain, "regress")
    assert applies("loss", plain, "regress") and not applies("loss", plain, "classify")
