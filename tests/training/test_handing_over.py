"""Which model a run hands over: the trained one, or the exact head that it did not beat beyond doubt."""

import json

import numpy as np
import pytest

from tests.training.test_pipeline import (  # always_converts is in force where it is imported
    Log,
    always_converts,  # noqa: F401
    answers,
    light_answers,
    train,
    weights_after,
)
from tl_core.base.errors import UserError
from tl_core.measures import unknowns

pytestmark = pytest.mark.slow


def kernel_of_the_head(folder):
    return weights_after(folder)["head/logits/kernel"]


@pytest.mark.parametrize("values", [False, True], ids=["classes", "numbers"])
def test_an_exact_head_that_training_does_not_beat_is_refitted_and_judged_by_the_test_part(
    random_weights, made_dataset, made_run, values
):
    dataset = made_dataset(values=values)
    gentle = {"learning_rate": 1e-7, "epochs": 1}
    plain, refitted = made_run("plain", refit=False, **gentle), made_run("refitted", **gentle)
    once, again = (train(folder)[0]["metrics"] for folder in (plain, refitted))
    for metrics in (once, again):
        assert metrics["handed_over"] == "exact_head" and metrics["best_epoch"] == 0
        assert metrics["val_accuracy"] == pytest.approx(
            metrics["closed_form_val_accuracy"], abs=1e-4
        )
        assert metrics["trained_val_accuracy"] is not None
    assert (once["refitted"], again["refitted"]) == (False, True)
    assert again["val"] == once["val"] and again["val_accuracy"] == once["val_accuracy"]
    one, other = kernel_of_the_head(plain), kernel_of_the_head(refitted)
    assert one.shape == other.shape and not np.allclose(one, other, atol=1e-4)
    with np.load(refitted / "closed_form.npz") as first, np.load(plain / "closed_form.npz") as same:
        assert all(np.array_equal(first[name], same[name]) for name in first.files)
    said, told = light_answers(refitted, dataset)
    assert set(told["split"]) == {"test"}
    expected = told["predicted_0"] if values else told["p_0"]
    assert np.allclose(said[:, 0], expected, rtol=1e-3, atol=0.05 if values else 1e-5)


def test_pictures_that_the_head_learnt_from_since_do_not_make_known_ones_look_strange(
    random_weights, made_dataset, made_run
):
    from tl_core.models import detector_file, persist

    dataset = made_dataset(each=45)
    assert np.sum(dataset.splits == 1) >= unknowns.FEWEST_CALIBRATING
    gentle = {"learning_rate": 1e-7, "epochs": 1}
    detectors = []
    for folder in (made_run("plain", refit=False, **gentle), made_run("refitted", **gentle)):
        assert train(folder)[0]["metrics"]["handed_over"] == "exact_head"
        model = folder / "model"
        found = detector_file.load(model, persist.describe(model).tail_sha256)
        assert found is not None
        detectors.append(found)
    plain, refitted = detectors
    assert np.allclose(refitted.scales, plain.scales, rtol=1e-3), "doubts are those of before"
    assert np.allclose(refitted.known, plain.known, rtol=1e-2, atol=1e-2)


def test_a_head_that_is_watched_from_the_start_is_handed_over_trained_and_both_numbers_are_told(
    random_weights, made_dataset, made_run
):
    made_dataset()
    metrics = train(made_run(start="random", learning_rate=1e-7, epochs=1))[0]["metrics"]
    assert metrics["handed_over"] == "trained" and not metrics["refitted"]
    assert metrics["closed_form_val_accuracy"] > metrics["trained_val_accuracy"]


@pytest.mark.parametrize(
    "stages",
    [pytest.param(0, id="head"), pytest.param(1, id="tail", marks=pytest.mark.exhaustive)],
)
def test_a_head_with_hidden_layers_that_did_worse_beyond_doubt_makes_room_for_the_exact_head(
    random_weights, made_dataset, made_run, stages
):
    dataset = made_dataset(each=18)
    settings = {"trainable_stages": stages, "learning_rate": 1e-7, "epochs": 1}
    done, log = train(folder := made_run(hidden_units=(8,), **settings))
    metrics = done["metrics"]
    assert done["status"] == "finished" and metrics["handed_over"] == "exact_head"
    assert (metrics["epochs"], metrics["best_epoch"]) == (1, 0) and metrics["refitted"]
    assert metrics["val_accuracy"] == pytest.approx(metrics["closed_form_val_accuracy"], abs=1e-4)
    assert metrics["trained_val_accuracy"] < metrics["val_accuracy"]
    assert "beyond doubt" in log.of("note")[-1]["text"] and len(log.of("evaluated")) == 1
    said, told = light_answers(folder, dataset)
    assert said.argmax(axis=1).tolist() == told["predicted"]
    plain = made_run("plain", **settings)
    assert train(plain)[0]["metrics"]["test"] == metrics["test"], "as if it had had no hidden layer"


def test_a_head_with_hidden_layers_that_did_as_well_stays(
    random_weights, made_dataset, made_run, monkeypatch
):
    from tl_core.training.choice_of_epoch import Judged

    monkeypatch.setattr(Judged, "beats", lambda self, other: False)
    made_dataset()
    metrics = train(made_run(hidden_units=(8,), epochs=1))[0]["metrics"]
    assert metrics["handed_over"] == "trained"


def test_a_rate_that_runs_away_hands_over_the_exact_head_and_says_so(
    random_weights, made_dataset, made_run
):
    dataset = made_dataset()
    done, log = train(folder := made_run(learning_rate=1e9, trainable_stages=1))
    metrics = done["metrics"]
    assert done["status"] == "finished" and metrics["ended"] == "diverged"
    assert (metrics["handed_over"], metrics["best_epoch"]) == ("exact_head", 0)
    assert metrics["ended_because"] == log.of("note")[-1]["text"]
    assert metrics["ended_because"].startswith("The loss ran away in epoch 1")
    said, told = light_answers(folder, dataset)
    assert said.argmax(axis=1).tolist() == told["predicted"]


@pytest.mark.parametrize(
    "each",
    [
        pytest.param([2, 2, 2], id="two a class"),
        pytest.param([90, 5], id="uneven", marks=pytest.mark.exhaustive),
    ],
)
def test_few_or_uneven_pictures_never_end_in_a_worse_model_than_the_exact_head(
    random_weights, made_dataset, made_run, each
):
    made_dataset(len(each), each)
    done, _ = train(made_run(trainable_stages=2, epochs=3, learning_rate=3e-3))
    metrics = done["metrics"]
    assert done["status"] == "finished" and 0 <= metrics["val_accuracy"] <= 1
    exact, trained = metrics["closed_form_val_accuracy"], metrics["trained_val_accuracy"]
    assert exact is not None and trained is not None
    if metrics["handed_over"] == "exact_head":
        assert metrics["val_accuracy"] == pytest.approx(exact, abs=1e-4)
    else:  # only beyond doubt, which a handful of validation pictures cannot give
        assert metrics["val"]["count"] >= 8 and trained > exact


def test_the_exact_head_learns_from_the_changed_copies_that_are_kept(
    random_weights, made_dataset, made_run
):
    made_dataset()
    gentle = {"learning_rate": 1e-7, "epochs": 1, "refit": False}
    copied = {"crop": 0.3, "brightness": 0.3}
    heads = [
        kernel_of_the_head(folder)
        for folder in (
            made_run("plain", **gentle),
            made_run("kept", views=2, **copied, **gentle),
            made_run("anew", views=0, **copied, **gentle),
        )
        if train(folder)
    ]
    assert not np.allclose(heads[0], heads[1], atol=1e-3)
    assert np.allclose(heads[0], heads[2], atol=1e-4)


def test_a_rate_that_runs_away_from_a_start_at_random_fails(random_weights, made_dataset, made_run):
    made_dataset()
    with pytest.raises(UserError) as caught:
        train(made_run(learning_rate=1e9, start="random"))
    assert caught.value.code == "diverged"


def test_an_early_end_says_why(random_weights, made_dataset, made_run):
    made_dataset()
    folder = made_run(learning_rate=1e-9, epochs=9, patience=2)
    metrics = train(folder)[0]["metrics"]
    assert metrics["ended"] == "early" and metrics["epochs"] == 3
    why = "Validation has not improved for 2 epochs; the exact solution is kept."
    assert json.loads((folder / "metrics.json").read_text())["ended_because"] == why


def test_a_run_that_goes_on_refits_the_same_head(random_weights, made_dataset, made_run):
    from tl_core.training import pipeline

    made_dataset()
    settings = {"learning_rate": 1e-7, "epochs": 2, "patience": 0}
    whole, broken = made_run("whole", **settings), made_run("broken", **settings)
    train(whole)

    def kill(event, **fields):
        if event == "epoch" and fields["epoch"] == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.train(broken, kill)
    done = pipeline.train(broken, Log())
    assert done["metrics"]["refitted"]
    assert np.array_equal(kernel_of_the_head(whole), kernel_of_the_head(broken))
    assert answers(whole) == answers(broken)
