"""Whole runs on made pictures, with a small backbone of random weights."""

import json

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.modalities.picture import pictures

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def always_converts(monkeypatch):
    """The made pictures are so few that the plan would leave the frozen part to Keras."""
    from tl_core.encoding import trunk
    from tl_core.pricing import job_price

    def converts(job, known=None, stock=None):
        return job.trunk is not None and not trunk.converted(job.trunk, use=False)

    monkeypatch.setattr(job_price, "converts", converts)


@pytest.fixture
def keeps_the_latest(monkeypatch):
    """Whatever validation says, the last weights are handed over: those that a test is about."""
    from tl_core.training.choice_of_epoch import ChoiceOfEpoch, Judged

    monkeypatch.setattr(Judged, "beats", lambda self, other: True)
    monkeypatch.setattr(ChoiceOfEpoch, "_leads", lambda self, is_better, merit: True)


class Log:
    def __init__(self):
        self.events = []

    def __call__(self, event, **fields):
        self.events.append({"event": event, **fields})

    def of(self, kind):
        return [event for event in self.events if event["event"] == kind]

    def phases(self):
        return [event["phase"] for event in self.of("phase")]


def train(folder):
    from tl_core.training import pipeline

    log = Log()
    return pipeline.train(folder, log), log


def answers(folder):
    import pyarrow.parquet as pq

    return pq.read_table(folder / "predictions.parquet").to_pydict()


def light_answers(folder, dataset):
    """What the model folder says without TensorFlow about the pictures that it was judged by, in their order.

    These are the test pictures alone where it has learnt from those of validation since.
    """
    from tl_core.encoding import trunk
    from tl_core.training import light

    frozen = light.trunk_of(folder / "model")
    model = light.LightModel(folder / "model", trunk.converted(frozen) if frozen else None)
    told = answers(folder)
    if json.loads((folder / "metrics.json").read_text())["refitted"]:
        judged = [split == "test" for split in told["split"]]
        told = {
            name: [value for value, is_test in zip(values, judged, strict=True) if is_test]
            for name, values in told.items()
        }
    pixels = pictures.pixels(told["picture"], model.description.size_px, model.description.resize)
    return model.answer(pixels), told


def judged_in(folder, hashes):
    """Which stored pictures are none of these to the kept model, bool (n,)."""
    from tl_core.models import persist
    from tl_core.training import answering

    described = persist.describe(folder / "model")
    pixels = pictures.pixels(hashes.tolist(), described.size_px, described.resize)
    found = answering.judge_of(folder / "model")(pixels).is_unknown
    assert found is not None
    return found


def test_a_head_only_run_tells_its_first_accuracy_before_keras_and_finishes(
    random_weights, made_dataset, made_run
):
    dataset = made_dataset()
    train(made_run("first"))
    folder = made_run("second", seed=5)
    done, log = train(folder)
    assert done["status"] == "finished"
    phases = log.phases()
    assert "convert" not in phases and phases.index("closed_form") < phases.index("load")
    assert 0 <= log.of("closed_form")[0]["val_accuracy"] <= 1
    assert [event["epoch"] for event in log.of("epoch")] == [0, 1, 2]
    assert json.loads((folder / "metrics.json").read_text())["test"]["count"] == np.sum(
        dataset.splits == 2
    )
    for name in ("test_accuracy", "val_accuracy", "closed_form_accuracy"):
        assert 0 <= done["metrics"][name] <= 1
    assert {"encode", "closed_form", "fit", "total"} <= set(done["seconds"])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"trainable_stages": 2, "pooling": "flatten"},
        {"trainable_stages": 14},
        {"hidden_units": (8,), "dropout": 0.2, "flip": True, "rotate": 10, "views": 2},
        {"flip": True, "views": 0, "epochs": 1, "trainable_stages": 1},
    ],
    ids=["head", "tail", "whole", "views", "fresh"],
)
def test_the_kept_model_answers_without_tensorflow_what_the_run_told(
    random_weights, keeps_the_latest, made_dataset, made_run, settings
):
    dataset = made_dataset()
    folder = made_run(**settings)
    done, _ = train(folder)
    assert done["status"] == "finished"
    judged_by = int(np.sum(dataset.splits == 2))
    assert done["metrics"]["unknowns"]["test"] == judged_by
    told_unknown = judged_in(folder, dataset.hashes[dataset.splits == 2])
    for each in done["metrics"]["unknowns"]["refused"]:
        if each["careful"] == 0.05:
            assert each["count"] == told_unknown.sum(), "light features are those of training"
    said, told = light_answers(folder, dataset)
    kept = np.stack([told[f"p_{k}"] for k in range(3)], axis=1)
    assert np.ptp(kept[:, 0]) > 0.01, "a model that says the same of everything proves nothing"
    assert np.allclose(said, kept, atol=1e-5)
    assert said.argmax(axis=1).tolist() == told["predicted"]


def test_numbers_come_out_in_their_own_unit(random_weights, made_dataset, made_run):
    dataset = made_dataset(values=True)
    folder = made_run(epochs=1)
    done, log = train(folder)
    assert done["metrics"]["task"] == "regress"
    exact = log.of("closed_form")[0]
    assert exact["baseline_mae"][0] == pytest.approx(66.67, abs=0.01)
    assert 1 < exact["val_mae"][0] < 200
    assert log.of("epoch")[0]["val_mae"][0] == pytest.approx(exact["val_mae"][0], rel=1e-3)
    said, told = light_answers(folder, dataset)
    assert np.allclose(said[:, 0], told["predicted_0"], rtol=1e-3, atol=0.05)
    assert 0 < np.mean(told["predicted_0"]) < 400


def test_a_stop_before_there_are_weights_cancels_and_keeps_what_was_encoded(
    random_weights, made_dataset, made_run
):
    made_dataset()
    folder = made_run()
    (folder / "stop").touch()
    done, _ = train(folder)
    assert done["status"] == "cancelled" and done["metrics"] == {}
    (folder / "stop").unlink()
    assert train(folder)[0]["status"] == "finished"


def test_a_stop_while_training_keeps_the_best_weights_and_quick_predictions_come_after(
    random_weights, made_dataset, made_run
):
    from tl_core.training import pipeline

    dataset = made_dataset()
    folder = made_run(trainable_stages=1, epochs=50)

    def stop_after_one(event, **fields):
        if event == "epoch" and fields["epoch"] == 1:
            (folder / "stop").touch()

    done = pipeline.train(folder, stop_after_one)
    assert done["status"] == "cancelled" and done["metrics"]["epochs"] == 1
    assert not (folder / "model" / "body.tflite").exists()
    done["later"]()
    said, told = light_answers(folder, dataset)
    assert said.argmax(axis=1).tolist() == told["predicted"]


def test_a_paused_run_judges_nothing_and_goes_on_to_the_same_weights(
    random_weights, keeps_the_latest, made_dataset, made_run
):
    from tl_core.signals import stopping
    from tl_core.training import pipeline

    made_dataset()
    settings = {"trainable_stages": 1, "epochs": 3, "patience": 0, "dropout": 0.2}
    whole, paused = made_run("whole", **settings), made_run("paused", **settings)
    pipeline.train(whole, lambda event, **fields: None)

    def pause_in_the_second(event, **fields):
        if event == "step" and fields["epoch"] == 2:
            (paused / "stop").write_text(stopping.PAUSE)

    done = pipeline.train(paused, pause_in_the_second)
    assert done["paused"] and done["metrics"] == {} and not (paused / "model").exists()
    (paused / "stop").unlink()
    assert pipeline.train(paused, lambda event, **fields: None)["status"] == "finished"
    weights = [(each / "model" / "tail.safetensors").read_bytes() for each in (whole, paused)]
    assert weights[0] == weights[1]


def stopped_after_one_epoch(folder):
    """Train until the first epoch is told, then wish for an end."""
    from tl_core.training import pipeline

    def stop_after_one(event, **fields):
        if event == "epoch" and fields["epoch"] == 1:
            (folder / "stop").touch()

    return pipeline.train(folder, stop_after_one)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(False, id="classes"),
        pytest.param(True, id="numbers", marks=pytest.mark.exhaustive),
    ],
)
def test_a_stopped_run_that_is_slow_to_judge_keeps_its_model_first_and_is_judged_afterwards(
    random_weights, made_dataset, made_run, monkeypatch, values
):
    from tl_core.training import prediction, run_context

    dataset = made_dataset(values=values)
    folder = made_run(trainable_stages=1, epochs=50)
    monkeypatch.setattr(run_context, "JUDGE_WITHIN_S", 0.2)
    monkeypatch.setattr(prediction, "PREDICT_BATCH", 1)
    plain = prediction.predict

    def slow(model, features, indices=None, should_stop=lambda: False):
        import time

        if (folder / "stop").exists():
            time.sleep(0.3)
            assert (folder / "model" / "tail.safetensors").exists()
        return plain(model, features, indices, should_stop)

    monkeypatch.setattr(prediction, "predict", slow)
    done = stopped_after_one_epoch(folder)
    assert done["status"] == "cancelled" and done["metrics"] == {}
    assert not (folder / "predictions.parquet").exists()
    found = done["later"]()
    assert found["epochs"] == 1 and found["test"]
    said, told = light_answers(folder, dataset)
    if values:
        assert np.allclose(said[:, 0], told["predicted_0"], rtol=1e-3, atol=0.05)
    else:
        assert said.argmax(axis=1).tolist() == told["predicted"]


def test_a_checkpoint_alone_becomes_a_usable_model(random_weights, made_dataset, made_run):
    from tl_core.training import pipeline

    dataset = made_dataset()
    folder = made_run(trainable_stages=1, epochs=50)

    class Killed(BaseException):
        pass

    def kill(event, **fields):
        if event == "epoch" and fields["epoch"] == 2:
            raise Killed

    with pytest.raises(Killed):
        pipeline.train(folder, kill)
    assert not (folder / "model").exists()
    (folder / "stop").touch()
    log = Log()
    done = pipeline.train(folder, log, only_finish=True)
    found = done["later"]()
    assert found["epochs"] == 2 and not log.of("step")
    said, told = light_answers(folder, dataset)
    assert said.argmax(axis=1).tolist() == told["predicted"]


def test_watching_it_learn_starts_from_a_random_head(random_weights, made_dataset, made_run):
    made_dataset()
    _, log = train(made_run(start="random", epochs=1))
    _, warm = train(made_run("warm", epochs=1))
    assert log.of("epoch")[0]["loss"] > warm.of("epoch")[0]["loss"]


class Killed(Log):
    """Dies in the middle of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def __call__(self, event, **fields):
        super().__call__(event, **fields)
        if event == "step" and fields["epoch"] == self.epoch:
            raise KeyboardInterrupt


GRADUAL = {"trainable_stages": 2, "thaw_every": 1, "epochs": 4, "patience": 0, "tail_rate": 1.0}


def weights_after(folder):
    from safetensors.numpy import load_file

    return load_file(folder / "model" / "tail.safetensors")


def test_stages_thaw_one_by_one_and_those_that_have_not_stay_as_they_were(
    random_weights, keeps_the_latest, made_dataset, made_run
):
    made_dataset()
    _, log = train(made_run(**GRADUAL))
    assert [event["stages"] for event in log.of("epoch")] == [0, 0, 1, 2, 2]
    assert [event["text"] for event in log.of("note") if "stage learns" in event["text"]] == [
        "From epoch 2 on, one more stage learns: 1 of 2.",
        "From epoch 3 on, one more stage learns: 2 of 2.",
    ]
    never = made_run("never", **GRADUAL | {"trainable_stages": 2, "thaw_every": 50})
    once = made_run("once", **GRADUAL | {"epochs": 2})
    train(never)
    train(once)
    frozen, top = weights_after(never), weights_after(once)
    moved = {key for key in frozen if not np.array_equal(frozen[key], top[key])}
    lower = [key for key in frozen if key.startswith("tail/") and key not in moved]
    assert any(key.startswith("tail/") for key in moved) and lower
    assert max(int(key.split("/")[1]) for key in lower if "kernel" in key) < min(
        int(key.split("/")[1]) for key in moved if key.startswith("tail/")
    )


@pytest.mark.parametrize("epoch", [2, pytest.param(3, marks=pytest.mark.exhaustive)])
def test_gradual_unfreezing_resumes_in_the_same_bits(
    random_weights, keeps_the_latest, made_dataset, made_run, epoch
):
    from tl_core.training import pipeline

    made_dataset()
    whole, broken = made_run("whole", **GRADUAL), made_run("broken", **GRADUAL)
    train(whole)
    with pytest.raises(KeyboardInterrupt):
        pipeline.train(broken, Killed(epoch))
    train(broken)
    one, other = weights_after(whole), weights_after(broken)
    assert all(np.array_equal(one[key], other[key]) for key in one)


WAYS = {"trainable_stages": 2, "epochs": 3, "patience": 0, "batch_norm": "refreshed"}
WAYS |= {"averaging": 1.0, "toward_pretrained": 0.1}


def test_refreshed_statistics_averages_and_a_pull_resume_in_the_same_bits_and_answer_the_same(
    random_weights, keeps_the_latest, made_dataset, made_run
):
    from tl_core.training import pipeline

    dataset = made_dataset()
    whole, broken = made_run("whole", **WAYS), made_run("broken", **WAYS)
    plain = made_run("plain", **WAYS | {"batch_norm": "frozen"})
    for folder in (whole, plain):
        train(folder)
    with pytest.raises(KeyboardInterrupt):
        pipeline.train(broken, Killed(3))
    train(broken)
    one, other, frozen = map(weights_after, (whole, broken, plain))
    assert all(np.array_equal(one[key], other[key]) for key in one)
    statistics = [key for key in one if "moving_" in key]
    assert statistics and not any(np.array_equal(one[key], frozen[key]) for key in statistics)
    said, told = light_answers(whole, dataset)
    kept = np.stack([told[f"p_{k}"] for k in range(3)], axis=1)
    # Its logits lie up to 36 apart, and rounding of the light form shows that much more.
    assert np.allclose(said, kept, atol=1e-4)


def keeping_pixels(monkeypatch):
    from dataclasses import replace

    from tl_core.pricing import storage

    monkeypatch.setattr(
        storage, "keeping", lambda job, known=None, stock=None: replace(job, keeps="pixels")
    )


def whole_and_broken_on_pixels(made_run, monkeypatch, settings):
    """Two runs that keep pixels: one that ended and one that was killed after an epoch."""
    from tl_core.training import pipeline

    whole, broken = made_run("whole", **settings), made_run("broken", **settings)
    with monkeypatch.context() as context:
        keeping_pixels(context)
        train(whole)
        with pytest.raises(KeyboardInterrupt):
            pipeline.train(broken, Killed(2))
    return whole, broken


@pytest.mark.parametrize("views", [1, 0], ids=["kept views", "fresh views"])
def test_pixels_kept_instead_of_rows_give_the_same_model(
    random_weights, keeps_the_latest, made_dataset, made_run, monkeypatch, views
):
    from tl_core.encoding import cache

    dataset = made_dataset()
    settings = {"trainable_stages": 2, "epochs": 2, "patience": 0, "flip": True, "views": views}
    rows, pixels = made_run("rows", **settings), made_run("pixels", **settings)
    train(rows)
    cache.clear()
    keeping_pixels(monkeypatch)
    _, log = train(pixels)
    assert next(p["text"] for p in log.of("phase") if p["phase"] == "encode").startswith("Reading")
    one, other = weights_after(rows), weights_after(pixels)
    assert max(np.abs(one[key] - other[key]).max() for key in one) < 1e-3
    said, told = light_answers(pixels, dataset)
    assert said.argmax(axis=1).tolist() == told["predicted"]


def test_a_run_that_kept_pixels_goes_on_keeping_them_and_ends_in_the_same_bits(
    random_weights, keeps_the_latest, made_dataset, made_run, monkeypatch
):
    made_dataset()
    settings = {"trainable_stages": 1, "epochs": 3, "patience": 0}
    whole, broken = whole_and_broken_on_pixels(made_run, monkeypatch, settings)
    train(broken)  # the plan would keep rows now
    one, other = weights_after(whole), weights_after(broken)
    assert all(np.array_equal(one[key], other[key]) for key in one)


def test_features_in_a_file_give_the_same_head_and_a_share_of_the_pictures_is_told(
    random_weights, made_dataset, made_run, monkeypatch
):
    from tl_core.tasks import closed_form

    made_dataset()
    folders = [made_run(name, epochs=1, folds=2) for name in ("memory", "file", "share")]
    done, _ = train(folders[0])
    monkeypatch.setattr(closed_form, "HELD_BYTES", 0)
    again, log = train(folders[1])
    one, other = (np.load(folder / "closed_form.npz") for folder in folders[:2])
    assert all(np.array_equal(one[name], other[name]) for name in ("weights", "bias", "l2"))
    assert again["metrics"]["folds"] == done["metrics"]["folds"]
    assert not any("linear head is solved" in event["text"] for event in log.of("note"))
    monkeypatch.setattr(closed_form, "FIT_BYTES", 9 * closed_form.fit_bytes(1, 256, 3))
    _, log = train(folders[2])
    assert any("9 of 24 pictures" in event["text"] for event in log.of("note"))


@pytest.mark.parametrize(
    "settings",
    [
        {"trainable_stages": 2, "flip": True, "hue": 30, "views": 2},
        {"trainable_stages": 2, "flip": True, "views": 0},
        pytest.param({"trainable_stages": 14}, marks=pytest.mark.exhaustive),
    ],
    ids=["kept views", "fresh views", "whole"],
)
def test_without_room_for_anything_a_run_ends_in_the_bits_of_kept_pixels_also_when_killed(
    random_weights, keeps_the_latest, made_dataset, made_run, monkeypatch, settings
):
    from tl_core.encoding import cache
    from tl_core.training import pipeline

    dataset = made_dataset()
    settings = settings | {"epochs": 2, "patience": 0, "batch_size": 8, "dropout": 0.2}
    kept, nothing = made_run("kept", **settings), made_run("nothing", **settings)
    with monkeypatch.context() as context:
        if settings["trainable_stages"] < 14:
            keeping_pixels(context)
        train(kept)
    cache.clear()
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", "1000")
    with pytest.raises(KeyboardInterrupt):
        pipeline.train(nothing, Killed(2))
    _, log = train(nothing)
    assert any("Nothing is kept" in event["text"] for event in log.of("note"))
    assert json.loads((nothing / "plan.json").read_text())["keeps"] == "nothing"
    assert not list(cache.features_dir().glob("*/data.bin"))
    one, other = weights_after(kept), weights_after(nothing)
    assert one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)
    said, told = light_answers(nothing, dataset)
    assert said.argmax(axis=1).tolist() == told["predicted"]


def test_a_run_whose_pixels_lose_their_room_goes_on_to_the_same_bits(
    random_weights, keeps_the_latest, made_dataset, made_run, monkeypatch
):
    from tl_core.encoding import cache

    made_dataset()
    settings = {"trainable_stages": 1, "epochs": 2, "patience": 0}
    whole, broken = whole_and_broken_on_pixels(made_run, monkeypatch, settings)
    cache.clear()
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", "1000")
    _, log = train(broken)
    assert any("Nothing is kept" in event["text"] for event in log.of("note"))
    one, other = weights_after(whole), weights_after(broken)
    assert all(np.array_equal(one[key], other[key]) for key in one)


def test_more_epochs_end_in_the_same_bits_as_all_of_them_at_once(
    random_weights, made_dataset, made_run
):
    import shutil

    made_dataset()
    settings = {"hidden_units": (8,), "dropout": 0.2, "patience": 0, "learning_rate": 0.01}
    whole, first = made_run("whole", epochs=5, **settings), made_run("first", epochs=3, **settings)
    train(whole)
    train(first)
    more = made_run("more", epochs=5, **settings)
    for name in ("checkpoints", "closed_form.npz"):
        take = shutil.copytree if (first / name).is_dir() else shutil.copy2
        take(first / name, more / name)
    done, log = train(more)
    assert done["metrics"]["epochs"] == 5
    assert [event["epoch"] for event in log.of("epoch")] == [3, 4, 5]
    one, other = weights_after(whole), weights_after(more)
    assert all(np.array_equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_range_test_finds_where_the_loss_runs_away(
    random_weights, made_dataset, made_run, optimizer
):
    from tl_core.training import pipeline

    made_dataset()
    log = Log()
    folder = made_run(start="random", optimizer=optimizer, batch_size=8)
    swept = pipeline.find_rate(folder, log)
    assert len(swept.rates) == len(swept.losses) > 12
    assert all(np.isfinite(swept.losses)) and all(np.diff(swept.rates) > 0)
    assert log.of("progress")[-1]["total"] >= log.of("progress")[-1]["done"]
    assert swept.rates[0] < swept.suggested < swept.rates[-1]
    again = pipeline.find_rate(folder, Log())
    assert again == swept


def test_a_range_test_that_is_stopped_suggests_nothing(random_weights, made_dataset, made_run):
    from tl_core.signals import stopping
    from tl_core.training import pipeline

    made_dataset()
    folder = made_run(start="random", batch_size=8)

    def stop_after_three(event, **fields):
        if event == "progress" and fields["phase"] == "fit" and fields["done"] == 3:
            stopping.ask(folder)

    with pytest.raises(UserError) as caught:
        pipeline.find_rate(folder, stop_after_three)
    assert caught.value.code == "stopped"


def test_with_every_row_known_the_frozen_part_is_neither_loaded_nor_converted(
    random_weights, made_dataset, made_run
):
    from tl_core.encoding import cache

    made_dataset()
    train(made_run("first"))
    for path in cache.trunks_dir().glob("*.tflite"):
        path.unlink()
    done, log = train(made_run("second", learning_rate=0.01))
    assert done["status"] == "finished" and "convert" not in log.phases()
    assert not [event for event in log.of("note") if "converting" in event["text"]]
    assert not list(cache.trunks_dir().glob("*.tflite"))


def test_missing_weights_are_named_before_anything_is_loaded(
    made_dataset, made_run, monkeypatch, tmp_path
):
    from tl_core.base.errors import UserError

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    made_dataset()
    with pytest.raises(UserError) as caught:
        train(made_run())
    assert caught.value.code == "weights-missing"
