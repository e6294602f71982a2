"""Settings of the first edition, which lay flat side by side, mean today what they meant then."""

import hashlib
import json

import pytest

from tl_core.base.errors import UserError
from tl_core.config import (
    LESSON,
    TrainConfig,
    as_far_as_known,
    effects,
    parse,
    parse_assignments,
    stored,
)
from tl_core.jobs import run_actions

USUAL_OF_EDITION_1 = """{"backbone":"starter","trainable_stages":0,"epochs":10,"learning_rate":0.001,
"batch_size":32,"class_weights":"none","patience":5,"loss":"mse","target_scale":"plain","flip":false,
"rotate":0.0,"zoom":0.0,"crop":0.0,"shift":0.0,"brightness":0.0,"contrast":0.0,"saturation":0.0,
"hue":0.0,"views":1,"folds":0,"image_size_px":0,"resize":"squash","pooling":"average",
"hidden_units":[],"dropout":0.0,"l2":0.0,"label_smoothing":0.0,"optimizer":"adam","momentum":0.9,
"nesterov":false,"weight_decay":0.004,"mixup":0.0,"schedule":"constant","warmup":0.1,
"plateau_patience":2,"plateau_factor":0.5,"thaw_every":0,"tail_rate":0.1,"stage_decay":1.0,
"train_batch_norm":false,"start":"closed_form","seed":0}"""
CHOSEN_OF_EDITION_1 = """{"backbone":"starter","trainable_stages":0,"epochs":10,"learning_rate":0.001,
"batch_size":32,"class_weights":"none","patience":5,"loss":"mse","target_scale":"plain","flip":true,
"rotate":30.0,"zoom":0.3,"crop":0.2,"shift":0.1,"brightness":0.0,"contrast":0.0,"saturation":0.0,
"hue":0.0,"views":1,"folds":0,"image_size_px":0,"resize":"squash","pooling":"average",
"hidden_units":[512,128],"dropout":0.0,"l2":0.0,"label_smoothing":0.0,"optimizer":"sgd",
"momentum":0.9,"nesterov":false,"weight_decay":0.004,"mixup":0.0,"schedule":"constant","warmup":0.1,
"plateau_patience":2,"plateau_factor":0.5,"thaw_every":0,"tail_rate":0.1,"stage_decay":1.0,
"train_batch_norm":false,"start":"closed_form","seed":0}"""
LESSON_OF_EDITION_1 = """{"backbone":"starter","trainable_stages":0,"epochs":20,"learning_rate":0.001,
"batch_size":32,"class_weights":"none","patience":0,"loss":"mse","target_scale":"plain","flip":false,
"rotate":0.0,"zoom":0.0,"crop":0.0,"shift":0.0,"brightness":0.0,"contrast":0.0,"saturation":0.0,
"hue":0.0,"views":1,"folds":0,"image_size_px":0,"resize":"squash","pooling":"average",
"hidden_units":[],"dropout":0.0,"l2":0.0,"label_smoothing":0.0,"optimizer":"adam","momentum":0.9,
"nesterov":false,"weight_decay":0.004,"mixup":0.0,"schedule":"constant","warmup":0.1,
"plateau_patience":2,"plateau_factor":0.5,"thaw_every":0,"tail_rate":0.1,"stage_decay":1.0,
"train_batch_norm":false,"start":"random","seed":0}"""
"""Files as the first edition wrote them."""
CHOSEN = TrainConfig(
    flip=True,
    rotate=30,
    zoom=0.3,
    crop=0.2,
    shift=0.1,
    optimizer="sgd",
    hidden_units=(512, 128),
)


@pytest.mark.parametrize(
    ("written", "config"),
    [
        (USUAL_OF_EDITION_1, TrainConfig()),
        (CHOSEN_OF_EDITION_1, CHOSEN),
        (LESSON_OF_EDITION_1, LESSON),
    ],
)
def test_settings_of_the_first_edition_are_read_and_written_anew_in_groups(written, config):
    flat = json.loads(written)
    assert (
        parse(flat) == as_far_as_known(flat) == TrainConfig.model_validate_json(written) == config
    )
    assert flat == json.loads(written), "what was read is left as it was"
    anew = parse(flat).model_dump(mode="json")
    assert anew["edition"] == 3 and set(anew) - {"edition"} == {
        *("method", "network", "head", "changes", "rate", "steps", "objective", "course")
    }
    assert parse(anew) == config
    came_later = {"method_name": "fine_tune", "method_settings": {}, "refit": True}
    came_later |= {"averaging": 0.0, "toward_pretrained": 0.0, "batch_norm": "frozen"}
    del flat["train_batch_norm"]
    assert json.loads(json.dumps(config.flat())) == flat | came_later, "none of before is lost"


@pytest.mark.parametrize(("before", "now"), [(True, "learning"), (False, "frozen")])
def test_the_two_ways_of_batch_normalisation_of_the_second_edition_are_two_of_three(before, now):
    network = {"trainable_stages": 2, "train_batch_norm": before}
    config = parse({"edition": 2, "network": network})
    assert config == TrainConfig(trainable_stages=2, batch_norm=now)
    assert parse({"trainable_stages": 2, "train_batch_norm": before}) == config
    assert as_far_as_known({"edition": 2, "network": network}) == config
    assert stored({"edition": 2, "network": network}, "batch_norm") == now
    assert parse_assignments([f"train_batch_norm={before}", "trainable_stages=2"]) == config
    assert parse_assignments([f"batch_norm={now}", "trainable_stages=2"]) == config


def test_what_the_second_edition_wrote_wrong_is_refused_as_ever():
    for wrong in ({"network": {"train_batch_norm": "perhaps"}}, {"train_batch_norm": "perhaps"}):
        with pytest.raises(UserError, match="train_batch_norm"):
            parse(wrong)
    with pytest.raises(UserError, match="train_batch_norm"):
        parse_assignments(["train_batch_norm=perhaps"])


def test_checkpoints_of_the_second_edition_are_gone_on_from():
    """The names are those that it gave the same trainings."""
    assert effects.fit_name(TrainConfig()) == (
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )
    learns = TrainConfig(trainable_stages=2, batch_norm="learning")
    as_then = json.dumps({"train_batch_norm": True, "trainable_stages": 2})
    assert effects.fit_name(learns) == hashlib.sha256(as_then.encode()).hexdigest()
    assert effects.fit_name(learns.but(batch_norm="refreshed")) != effects.fit_name(learns)


def test_one_setting_of_a_run_is_told_whatever_edition_wrote_it():
    for values in (json.loads(CHOSEN_OF_EDITION_1), CHOSEN.model_dump(mode="json")):
        assert stored(values, "hidden_units") == [512, 128] and stored(values, "epochs") == 10
    assert stored({}, "epochs") is None and stored({"edition": 9, "epochs": 3}, "epochs", 7) == 7


def test_settings_of_a_later_edition_are_refused_in_words():
    for read in (parse, as_far_as_known):
        with pytest.raises(UserError) as caught:
            read(TrainConfig().model_dump() | {"edition": 4})
        assert caught.value.code == "setting-edition"
        assert "newer Graft" in str(caught.value) and "edition 4" in str(caught.value)


def test_a_setting_that_this_version_does_not_know_is_left_out_of_an_earlier_run_alone():
    old = json.loads(USUAL_OF_EDITION_1) | {"flux": 3}
    assert as_far_as_known(old) == TrainConfig()
    inside = TrainConfig().model_dump() | {"head": {"dropout": 0.25, "flux": 3}}
    assert as_far_as_known(inside) == TrainConfig(dropout=0.25)
    with pytest.raises(UserError, match="no setting called flux"):
        parse(old)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"head": {"dropout": 2}}, "Dropout (dropout) cannot be 2"),
        ({"head": {"flux": 2}}, "There is no setting called flux"),
        ({"head": 3, "dropout": 0.1}, "There is no setting called head"),
        ({"edition": "two"}, "There is no setting called edition"),
        ({"course": {"epochs": 3}, "hidden_units": [0]}, "Hidden layers (hidden_units)"),
    ],
)
def test_what_is_wrong_in_a_group_is_named_as_ever(values, words):
    with pytest.raises(UserError) as caught:
        parse(values)
    assert caught.value.code == "setting" and caught.value.message.startswith(words)


def test_bare_names_go_before_the_groups_that_stand_beside_them():
    mixed = parse({"head": {"dropout": 0.5, "l2": 0.1}, "dropout": 0.25})
    assert (mixed.head.dropout, mixed.head.l2) == (0.25, 0.1)


def test_a_run_of_the_first_edition_starts_again_with_its_settings(dataset_id):
    from tl_core import store

    run_id = store.add_run(dataset_id, "old", json.loads(CHOSEN_OF_EDITION_1), "a click")
    assert run_actions.settings_of(run_id) == CHOSEN
    assert store.run(run_id).setting("optimizer") == "sgd"
