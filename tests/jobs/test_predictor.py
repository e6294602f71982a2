"""Predictions through the real child process, with a light model made on the spot."""

import io
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core.base import ids, limits
from tl_core.base.errors import UserError
from tl_core.export import judged
from tl_core.export.parity import Expected
from tl_core.graft_files import reading
from tl_core.jobs import predictor
from tl_core.jobs.predictor import Prediction
from tl_core.measures import unknowns
from tl_core.models import detector_file, persist
from tl_core.training import answering


def png(colour, size=(40, 30)):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_run_without_a_model_is_named(home):
    with pytest.raises(UserError) as caught:
        predictor.predict(ids.new(), [png("red")])
    assert caught.value.code == "no-model"


def test_an_id_that_is_none_is_refused_before_it_becomes_a_path(home):
    with pytest.raises(UserError) as caught:
        predictor.predict("../../etc", [png("red")])
    assert caught.value.code == "unknown"


def test_a_picture_that_takes_too_long_ends_the_child_and_is_named(monkeypatch):
    """By a signal: a decoder written in C hears of nothing else."""
    late = subprocess.CompletedProcess([], limits.TOO_LATE, b"")
    monkeypatch.setattr(predictor.subprocess, "run", lambda *args, **kwargs: late)
    with pytest.raises(UserError) as caught:
        predictor.predict_with(Path(), [png("red")])
    assert caught.value.code == "picture-timeout"


def test_no_child_is_asked_about_more_pictures_than_its_limits_bear(home, monkeypatch, tmp_path):
    asked = []

    def run(*args, **how):
        sizes = json.loads(how["input"].splitlines()[0])["pictures"]
        asked.append(sizes)
        told = [{"label": str(size), "probabilities": {}} for size in sizes]
        return subprocess.CompletedProcess([], 0, json.dumps({"predictions": told}).encode())

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(predictor, "AT_ONCE", 2)
    found = predictor.predict_with(tmp_path, [b"x" * size for size in range(1, 6)])
    assert [one.label for one in found] == ["1", "2", "3", "4", "5"]
    assert asked == [[1, 2], [3, 4], [5]]


def test_children_that_open_files_are_not_told_the_access_code(home, monkeypatch, tmp_path):
    monkeypatch.setenv("GRAFT_ACCESS_CODE", "secret")
    told = []

    def run(*args, **how):
        told.append(how["env"])
        answer = b'{"predictions": []}' if "input" in how else b"{}"
        return subprocess.CompletedProcess([], 0, answer)

    monkeypatch.setattr(subprocess, "run", run)
    predictor.predict_with(tmp_path, [b"a picture"])
    with pytest.raises(UserError):  # it tells of no fault, and left no model
        reading.read(tmp_path / "model.graft", tmp_path / "model")
    assert len(told) == 2
    assert all("GRAFT_ACCESS_CODE" not in one and one["GRAFT_HOME"] for one in told)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows knows no such clock")
def test_the_clock_ends_a_process_whatever_it_does():
    script = (
        "import time\nfrom tl_core.base import limits\n"
        "with limits.clock(9): pass\n"
        "with limits.clock(0.2): time.sleep(30)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == limits.TOO_LATE


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A starter with a head of its own, kept as a run keeps it."""
    from tl_core.config import TrainConfig
    from tl_core.datasets import goals
    from tl_core.datasets.manifest import Dataset
    from tl_core.encoding.job import resolve
    from tl_core.training import network, results

    none = np.zeros(0, np.int32)
    names = ("<b>one</b>", "=two")
    dataset = Dataset("0" * 24, "d", names, (), none.astype("<U64"), none, none, none)
    job = resolve(dataset, TrainConfig())
    built = network.build_network(job, 2)
    folder = tmp_path_factory.mktemp("run")
    results.save_model(folder, job, goals.of(dataset, none, job.config), built)
    results.save_light_tail(folder, job, built)
    return folder / "model"


@pytest.mark.slow
def test_files_and_bytes_are_answered_in_order_with_names_as_they_are(model, tmp_path):
    file = tmp_path / "a picture.png"
    file.write_bytes(png("blue"))
    red, blue, also_blue = predictor.predict_with(model, [png("red"), file, png("blue")])
    assert isinstance(red, Prediction) and red.label in ("<b>one</b>", "=two")
    assert set(red.probabilities) == {"<b>one</b>", "=two"}
    assert sum(red.probabilities.values()) == pytest.approx(1)
    assert blue == also_blue != red


@pytest.mark.slow
def test_a_file_that_is_no_picture_is_named_and_the_next_click_works(model):
    with pytest.raises(UserError) as caught:
        predictor.predict_with(model, [b"no picture at all"])
    assert caught.value.code.startswith("picture-")
    assert predictor.predict_with(model, [png("red")])[0].label


@pytest.mark.slow
def test_packing_is_not_ended_by_a_picture_that_takes_its_time(model, tmp_path, monkeypatch):
    """The clock ends the process that it runs in, and packing opens nothing but files of our own."""
    monkeypatch.setattr(answering, "OPEN_TIMEOUT_S", 1e-6)
    nothing = Expected((), np.zeros((0, 2), np.float32), ("<b>one</b>", "=two"))
    told = judged.with_awkward(nothing, model.parent, tmp_path)
    assert told.awkward == len(told.answers) > 5


@pytest.mark.slow
def test_the_light_answer_is_that_of_the_whole_network_in_keras(model):
    from tl_core.modalities.picture import resize
    from tl_core.models import persist

    picture = np.asarray(Image.open(io.BytesIO(png("green"))))
    light = predictor.predict_with(model, [png("green")])[0]
    whole = np.asarray(persist.full_model(model).predict_on_batch(picture[None]))[0]
    assert np.allclose(list(light.probabilities.values()), whole, atol=1e-5)
    assert resize.resize(picture, 128, "squash").shape == (128, 128, 3)


@pytest.mark.slow
def test_no_tensorflow_is_loaded_to_answer(model, monkeypatch):
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    import json
    import subprocess
    import sys

    request = json.dumps({"folder": str(model), "pictures": [len(png("red"))]}).encode() + b"\n"
    child = subprocess.run(
        [sys.executable, "-m", "tl_core.jobs.predictor"],
        input=request + png("red"),
        capture_output=True,
        cwd=predictor.ROOT,
    )
    assert json.loads(child.stdout)["predictions"]
    loaded = child.stderr.decode()
    assert "ai_edge_litert" in loaded
    assert not any(name in loaded for name in (" tensorflow", " keras\n", " pandas", " sqlalchemy"))


@pytest.mark.slow
def test_a_picture_unlike_any_known_one_is_none_of_these(model, tmp_path):
    assert predictor.predict_with(model, [png("red")])[0].unknown is None, "it has no detector"
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    random = np.random.default_rng(0)
    reds = [png((int(red), 20, 20)) for red in random.integers(180, 255, 40)]
    described = persist.describe(folder)
    opened = np.stack([answering.seen(described, one)[1] for one in reds])
    _, features = answering.light_model(folder).answer_with_features(opened)
    assert features is not None
    assert features.shape == (40, persist.load_model(folder).base.output_shape[-1])
    detector = unknowns.fit(features[:20], np.zeros(20, int), None, features[20:], None)
    detector_file.save(folder, detector, described.tail_sha256)
    red, blue = predictor.predict_with(folder, [reds[0], png("blue")])
    assert (blue.unknown, blue.is_unknown) == (0, True)
    assert red.unknown is not None and red.unknown > 0.05 and not red.is_unknown
    (folder / detector_file.FILE).write_bytes(b"damaged")
    with pytest.raises(UserError) as refusal:
        predictor.predict_with(folder, [png("red")])
    assert refusal.value.code == "model-format"
