"""Why an answer was given: one picture, explained by a job, found again, and by the command line."""

import base64
import io
import json
import os

import numpy as np
import pytest
from PIL import Image

from tests.jobs.test_predictor import png
from tl_core import store
from tl_core.__main__ import main
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.datasets.splits import TRAIN
from tl_core.encoding.encode import StoppedError
from tl_core.evaluation import account, learnt_from
from tl_core.jobs import explained, explainer, trial, work


@pytest.fixture
def run(shapes) -> str:
    """A run with a light model of the starter on pictures that exist."""
    from tl_core.config import TrainConfig
    from tl_core.datasets import goals
    from tl_core.encoding.job import resolve
    from tl_core.training import network, results

    config = TrainConfig()
    job = resolve(shapes, config)
    built = network.build_network(job, len(shapes.classes))
    run_id = ids.new()
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    train = np.flatnonzero(shapes.splits == TRAIN)
    results.save_model(folder, job, goals.of(shapes, train, config), built)
    results.save_light_form(folder, job, built)
    kept = config.model_dump(mode="json")
    return store.add_run(shapes.id, "First", kept, run_id, run_id=run_id, metrics={"x": 1})


@pytest.mark.slow
def test_a_stored_picture_is_explained_by_a_job_and_found_again(run, shapes, engine):
    picture = str(shapes.hashes[0])
    asked = explainer.ask(run, picture)
    assert explainer.found(asked.key) is None
    explainer.start(asked)
    explainer.start(asked)
    assert engine.submitted == [("explain", asked.key)]
    assert explainer.is_working(asked.key)
    assert work.do("explain", asked.key) == 0
    found = explainer.found(asked.key)
    assert found is not None
    first = found.shown[0]
    assert first.name == found.prediction.label
    assert first.value == pytest.approx(found.prediction.probabilities[first.name])
    assert 0 <= first.hidden <= 1 and 0 <= first.elsewhere <= 1
    assert len({one.name for one in found.shown}) == len(found.shown) == 2
    pictures = [found.plain, *(one.picture for one in found.shown)]
    opened = [Image.open(io.BytesIO(base64.b64decode(each))) for each in pictures]
    assert {each.format for each in opened} == {"WEBP"}
    assert len(set(pictures)) == len(pictures)
    learnt = set(shapes.hashes[shapes.splits == TRAIN].tolist())
    assert 1 <= len(found.nearest) <= 6 and {one.hash for one in found.nearest} <= learnt
    likeness = [one.likeness for one in found.nearest]
    assert likeness == sorted(likeness, reverse=True)
    if picture in learnt:
        assert found.nearest[0].hash == picture and likeness[0] == pytest.approx(1, abs=1e-3)
    assert found.agreeing() == sum(one.truth == first.name for one in found.nearest)


@pytest.mark.slow
def test_a_picture_that_was_tried_is_explained_until_it_is_gone(run, shapes, engine):
    trial_id = trial.start(run, [trial.Shown("mine", "my.png", png("red"))])
    asked = explainer.ask(run, "mine", trial_id, shapes.classes)
    explainer.start(asked)
    assert work.do("explain", asked.key) == 0
    found = explainer.found(asked.key)
    assert found is not None and {one.name for one in found.shown} <= set(shapes.classes)
    gone = explainer.ask(run, "other", trial_id)
    explainer.start(gone)
    assert work.do("explain", gone.key) == work.REFUSED
    with pytest.raises(UserError) as caught:
        explainer.found(gone.key)
    assert caught.value.code == "picture-gone"


@pytest.mark.slow
def test_what_is_no_picture_is_refused_with_its_reason(run):
    with pytest.raises(UserError) as caught:
        explained.explain(run, b"no picture at all")
    assert caught.value.code.startswith("picture")


@pytest.mark.slow
def test_what_a_run_learnt_from_is_computed_once_and_anew_for_another_model(
    run, shapes, monkeypatch
):
    from tl_core.config import TrainConfig
    from tl_core.training import light

    folder = ids.run_folder(run)
    with pytest.raises(StoppedError):
        learnt_from.of_run(folder, shapes, TrainConfig(), should_stop=lambda: True)
    assert not (folder / learnt_from.FILE).exists()
    first = learnt_from.of_run(folder, shapes, TrainConfig())
    assert first.hashes.tolist() == shapes.hashes[shapes.splits == TRAIN].tolist()
    assert set(first.truths) <= set(shapes.classes) and first.features.dtype == np.float16
    calls = []
    plain = light.LightModel.features
    monkeypatch.setattr(
        light.LightModel, "features", lambda self, seen: calls.append(1) or plain(self, seen)
    )
    again = learnt_from.of_run(folder, shapes, TrainConfig())
    assert np.array_equal(again.features, first.features) and not calls
    os.utime(folder / "model" / "tail.safetensors", (1, 1))
    learnt_from.of_run(folder, shapes, TrainConfig())
    assert calls


def test_the_answer_comes_first_and_then_the_runner_up_or_what_was_asked_for():
    shares = {"label": "b", "probabilities": {"a": 0.3, "b": 0.6, "c": 0.1}}
    names = ("a", "b", "c")
    assert account.asked(shares, names) == ("b", "a")
    assert account.asked(shares, names, ("c", "nobody")) == ("b", "c")
    several = {"label": "a, b", "labels": ("a", "b"), "probabilities": {"a": 0.7, "b": 0.8}}
    assert account.asked(several, ("a", "b")) == ("b", "a")
    nothing = {"label": "", "labels": (), "probabilities": {"a": 0.2, "b": 0.1}}
    assert account.asked(nothing, ("a", "b")) == ("a", "b")
    numbers = {"label": "", "probabilities": {}, "numbers": {"price": 3.5, "rooms": 2.0}}
    assert account.asked(numbers, ("price", "rooms")) == ("price", "rooms")
    assert account.value_of(numbers, "rooms") == 2.0


@pytest.mark.slow
def test_the_command_tells_why_and_writes_coloured_pictures(run, shapes, tmp_path, capsys):
    file = tmp_path / "mine.png"
    file.write_bytes(png("blue"))
    other = shapes.classes[-1]
    asked = ["explain", run, str(file), "--class", other, "--out", str(tmp_path / "out")]
    assert main([*asked, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out.splitlines()[-1])["explanations"]
    assert told["picture"] == str(file) and other in [one["name"] for one in told["outputs"]]
    assert len(told["files"]) == len(told["outputs"])
    for path in told["files"]:
        with Image.open(path) as opened:
            assert opened.format == "WEBP"
    assert main(asked) == 0
    words = capsys.readouterr().out
    assert "with its best part hidden" in words and "looks like: " in words


def test_the_command_refuses_at_once_what_it_cannot_explain(run, tmp_path, capsys):
    file = tmp_path / "mine.png"
    assert main(["explain", run, str(file)]) != 0
    assert "There is no picture at" in capsys.readouterr().err
    file.write_bytes(png("blue"))
    assert main(["explain", run, str(file), "--class", "nobody"]) != 0
    assert "does not know “nobody”" in capsys.readouterr().err
