"""Methods train: the control without any pretrained weights, and a term of the loss on further examples."""

import json
import sys

import numpy as np
import pytest

from tests.made import DATASET
from tests.methods import sure_of_itself
from tests.methods.made import OTHER
from tests.training import test_kill
from tl_core.backbones import stages
from tl_core.graft_files import bundle
from tl_core.methods import registry
from tl_core.models import persist
from tl_core.training import checkpoint, pipeline

IN_A_CHILD = """
from tests.methods import sure_of_itself
from tl_core.methods import registry
registry.METHODS += (sure_of_itself.METHOD,)
"""
TERM = {
    "method_name": sure_of_itself.METHOD.name,
    "method_settings": {"strength": 0.5},
    "backbone": "starter",
    "image_size_px": 0,
    "epochs": 3,
    "hidden_units": (8,),
    "dropout": 0.3,
    "flip": True,
    "batch_size": 8,
    "patience": 0,
    "start": "random",
}
SCRATCH = {
    "method_name": "scratch",
    "backbone": "starter",
    "image_size_px": 64,
    "epochs": 3,
    "batch_size": 8,
    "patience": 0,
    "flip": True,
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
kills = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")


@pytest.fixture
def with_input(made_dataset, made_run):
    """A function that makes a run's folder which names a second data set as its unlabelled input."""
    made_dataset(classes=3, each=12)
    made_dataset(classes=3, each=9, identifier=OTHER, seed=5)

    def make(name="run", **settings):
        folder = made_run(name, **settings)
        about = {"run": "1" * 24, "dataset": DATASET, "inputs": {"unlabelled": OTHER}}
        (folder / "run.json").write_text(json.dumps(about))
        return folder

    return make


def trained(folder):
    told = []
    done = pipeline.train(folder, lambda event, **fields: told.append((event, fields)))
    assert done["status"] == "finished"
    return done["metrics"], told


@kills
@pytest.mark.exhaustive  # a term is broken off in test_going_on, runs are killed in test_kill
def test_a_term_on_further_examples_ends_in_the_same_bits_however_often_it_is_killed(
    with_input, home, monkeypatch
):
    monkeypatch.setattr(test_kill, "LIFE", IN_A_CHILD + test_kill.LIFE)
    deaths = (("encode", 7), ("mid-epoch", 2), ("between", 2))
    assert test_kill.broken_as_whole(with_input, home, TERM, deaths) == 9


@kills
@pytest.mark.exhaustive
def test_random_weights_end_in_the_same_bits_however_often_they_are_killed(
    made_dataset, made_run, home
):
    made_dataset(classes=3, each=12)
    deaths = (("checkpoint", 1), ("mid-epoch", 2), ("between", 2))
    assert test_kill.broken_as_whole(made_run, home, SCRATCH, deaths) == 9


def test_a_term_changes_what_is_learnt_and_only_that(with_input, one_more):
    runs = {
        "without": TERM | {"method_name": "fine_tune", "method_settings": {}},
        "nothing": TERM | {"method_settings": {"strength": 0.0}},
        "strong": TERM | {"method_settings": {"strength": 5.0}},
    }
    told, losses = {}, {}
    for name, settings in runs.items():
        told[name], events = trained(with_input(name, **settings))
        losses[name] = [fields["loss"] for event, fields in events if event == "epoch"]
    # The order of the pictures, views and the start are those of a run without the term.
    assert losses["nothing"][0] == losses["without"][0] == losses["strong"][0]
    assert losses["nothing"][1] == pytest.approx(losses["without"][1], rel=0.2)
    assert losses["strong"][1] > losses["without"][1] + 1
    assert told["without"]["closed_form_accuracy"] == told["strong"]["closed_form_accuracy"]


def test_the_control_needs_no_weights_learns_everything_and_comes_with_all_of_it(
    made_dataset, made_run, home, monkeypatch
):
    monkeypatch.setenv("KERAS_HOME", str(home))  # where there are none
    made_dataset(classes=3, each=12)
    folder = made_run(method_name="scratch", epochs=2, batch_size=8, seed=3)
    told, events = trained(folder)
    assert "closed_form" not in {event for event, _ in events}
    assert told["closed_form_accuracy"] is None and told["test_accuracy"] is not None
    described = persist.describe(folder / "model")
    assert described.trainable_stages == len(stages.of("mobilenet_025"))
    assert described.backbone_weights == persist.RANDOM and not bundle.needs_backbone(described)
    whole = persist.full_model(folder / "model")  # rebuilt without any file of weights
    answers = np.asarray(whole.predict_on_batch(np.zeros((1, 40, 40, 3), np.uint8)))
    assert answers.shape == (1, 3) and np.isfinite(answers).all()


@pytest.mark.exhaustive
def test_the_seed_fixes_the_random_weights(made_dataset, made_run):
    made_dataset(classes=3, each=12)
    begun = {}
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        folder = made_run(name, method_name="scratch", epochs=1, seed=seed)
        trained(folder)
        found, _ = checkpoint.load(folder / "checkpoints")
        assert found is not None
        begun[name] = [found.arrays[key] for key in sorted(found.arrays)]
    assert all(map(np.array_equal, begun["one"], begun["same"]))
    assert not all(map(np.array_equal, begun["one"], begun["other"]))


def test_statistics_of_the_control_follow_within_a_short_training():
    import keras

    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.BatchNormalization(momentum=0.999)(inputs))
    method = registry.get("scratch")
    assert method.begins is not None
    method.begins(model)
    assert model.layers[-1].momentum == 0.9
