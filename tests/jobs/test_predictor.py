"""Predictions through the real child process, with a light model made on the spot."""

import base64
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
from tl_core.encoding import trunk
from tl_core.export import judged
from tl_core.export.parity import Expected
from tl_core.graft_files import reading
from tl_core.jobs import predictor
from tl_core.jobs.predictor import Prediction
from tl_core.measures import unknowns
from tl_core.modalities import opening_children
from tl_core.models import detector_file, persist
from tl_core.training import answering, light


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


def test_children_that_open_files_are_not_told_the_access_code(home, monkeypatch, tmp_path):
    monkeypatch.setenv("GRAFT_ACCESS_CODE", "secret")
    told = []

    def run(*args, **how):
        told.append(how["env"])
        return subprocess.CompletedProcess([], 0, b"{}")

    def start(*args, **how):
        told.append(how["env"])
        raise OSError

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(OSError):
        opening_children._start(["-c", ""])
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
    results.save_light_form(folder, job, built)
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
def test_no_tensorflow_is_loaded_to_answer(model):
    options = predictor.plan(model, 1, is_shown=True)[1]
    child = subprocess.run(
        [sys.executable, "-X", "importtime", *predictor.PROGRAM, json.dumps(options)],
        input=json.dumps({"content": base64.b64encode(png("red")).decode()}).encode(),
        capture_output=True,
        cwd=Path(predictor.__file__).parents[2],
    )
    ready, told = child.stdout.splitlines()
    assert ready == b"ready" and json.loads(told)["reply"]["prediction"]["label"]
    loaded = child.stderr.decode()
    assert "ai_edge_litert" in loaded
    assert not any(name in loaded for name in (" tensorflow", " keras\n", " pandas", " sqlalchemy"))


@pytest.mark.slow
def test_a_bad_picture_costs_only_itself(model):
    good, bad, also_good = predictor.replies_with(model, [png("red"), b"\xff\xd8", png("blue")])
    assert good.prediction and also_good.prediction
    assert bad.prediction is None and bad.code.startswith("picture-") and bad.reason


@pytest.mark.slow
def test_a_picture_unlike_any_known_one_is_none_of_these(model, tmp_path):
    assert predictor.predict_with(model, [png("red")])[0].unknown is None, "it has no detector"
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    described = persist.describe(folder)
    random = np.random.default_rng(0)
    reds = [png((int(red), 20, 20)) for red in random.integers(180, 255, 40)]
    opened = np.stack([answering.seen(described, one)[1] for one in reds])
    frozen = light.trunk_of(folder)
    path = trunk.converted(frozen) if frozen else None
    _, features = light.LightModel(folder, path).answer_with_features(opened)
    assert features is not None
    detector = unknowns.fit(features[:20], np.zeros(20, int), None, features[20:], None)
    detector_file.save(folder, detector, described.tail_sha256)
    red, blue = predictor.predict_with(folder, [reds[0], png("blue")])
    assert (blue.unknown, blue.is_unknown) == (0, True)
    assert red.unknown is not None and red.unknown > 0.05 and not red.is_unknown
