"""A large model can be made small where a smaller backbone is at hand, and only there."""

import numpy as np
import pytest

from tests.jobs import taught
from tl_core import store
from tl_core.backbones import catalogue, smaller, weights
from tl_core.config import TrainConfig
from tl_core.intake import unlabelled
from tl_core.jobs import making_small
from tl_core.methods import registry

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_lite0", "resnet50", "vgg16"])
def test_the_starter_is_taught_first(name):
    assert smaller.at_hand(name) == "starter"


@pytest.mark.parametrize("name", ["starter", "mobilenet_025", "mobilenet_v3_small", "nobody"])
def test_what_is_small_already_is_made_no_smaller(name, monkeypatch):
    monkeypatch.setattr(weights, "present", lambda name: True)
    assert smaller.at_hand(name) is None


def test_only_weights_at_hand_count(monkeypatch):
    monkeypatch.setattr(weights, "present", lambda name: False)
    assert all(smaller.at_hand(name) is None for name in catalogue.BACKBONES)


def test_a_run_without_a_model_or_a_result_teaches_nobody():
    teacher, own, _ = taught.three()
    row = store.run(teacher)
    assert making_small.pupil(row) == "starter"
    assert making_small.pupil(store.run(own)) is None
    assert (found := making_small.teacher(row.dataset_id)) is not None and found.id == teacher
    described = taught.ids.run_folder(teacher) / "model" / "model.json"
    described.unlink()
    assert making_small.pupil(row) is None and making_small.teacher(row.dataset_id) is None
    waiting = store.add_run(row.dataset_id, "waits", row.config, "click")
    assert making_small.pupil(store.run(waiting)) is None


def test_the_training_learns_from_the_run_and_from_what_has_no_class():
    identifier = taught.dataset()
    usual = TrainConfig().but(backbone="mobilenet_v2", epochs=7)
    plain = making_small.settings(usual, "starter", "4" * 24, identifier)
    assert plain.inputs == {"teacher": "4" * 24}
    assert plain.config.network.backbone == "starter" and plain.config.network.trainable_stages
    assert plain.config.course.epochs == 7 and registry.of(plain.config).name == "distillation"
    names = np.array(["a.png"], object)
    unlabelled.save(identifier, unlabelled.Unlabelled(np.array(["f" * 64]), names))
    further = making_small.settings(usual, "starter", "4" * 24, identifier)
    assert further.inputs == {"teacher": "4" * 24, "unlabelled": identifier}
    assert further.config.network.trainable_stages == 0
    registry.require_inputs(further.config, further.inputs)
