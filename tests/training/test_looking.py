"""A kept model can be looked into without TensorFlow, whatever learnt and wherever it came from."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tl_core.base import settings
from tl_core.datasets import goals
from tl_core.datasets.manifest import Dataset

ROOT = Path(__file__).resolve().parents[2]

LOOK = """
import sys, numpy as np
from pathlib import Path
from tl_core.training import looking
folder = Path(sys.argv[1])
assert looking.is_ready(folder)
model = looking.opened(folder)
decoded = np.load(sys.argv[2])
seen = model.look(decoded)
assert not {"tensorflow", "keras"} & set(sys.modules)
np.savez(sys.argv[3], map=seen.map, features=seen.features, answers=seen.answers,
         told=model.answer(decoded), alone=model.features(decoded))
"""


@pytest.fixture
def kept(home, random_weights, tmp_path):
    """A function that keeps a model as a run does, and returns its folder."""

    def keep(**given):
        from tl_core.config import TrainConfig
        from tl_core.encoding.job import resolve
        from tl_core.training import network, results

        none = np.zeros(0, np.int32)
        dataset = Dataset("0" * 24, "d", ("a", "b", "c"), (), none.astype("<U64"), none, none, none)
        values = {"backbone": "mobilenet_025", "image_size_px": 64, **given}
        job = resolve(dataset, TrainConfig(**values))
        built = network.build_network(job, 3)
        results.save_model(tmp_path, job, goals.of(dataset, none, job.config), built)
        results.save_light_form(tmp_path, job, built)
        if job.trunk:
            built.convert_trunk(job)
        return tmp_path / "model"

    return keep


@pytest.mark.slow
@pytest.mark.parametrize(
    "given",
    [
        {},
        pytest.param({"pooling": "flatten", "hidden_units": (6,)}, marks=pytest.mark.exhaustive),
        {"trainable_stages": 2},
        pytest.param({"trainable_stages": 14, "hidden_units": (6,)}, marks=pytest.mark.exhaustive),
    ],
    ids=["head", "flattened", "tail", "whole"],
)
def test_map_features_and_answers_come_without_tensorflow_and_are_those_of_keras(
    kept, given, tmp_path
):
    from tl_core.models import persist

    folder = kept(**given)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    np.save(tmp_path / "in.npy", pixels)
    subprocess.run(
        [sys.executable, "-c", LOOK, folder, tmp_path / "in.npy", tmp_path / "out.npz"],
        cwd=ROOT,
        check=True,
    )
    seen, whole = np.load(tmp_path / "out.npz"), persist.load_model(folder)
    scaled = pixels.astype(np.float32) / 127.5 - 1
    last_map = np.asarray(whole.base.predict_on_batch(scaled))
    assert seen["map"].shape == last_map.shape == (3, 2, 2, 256)
    assert np.ptp(last_map) > 0.1
    assert np.allclose(seen["map"], last_map, atol=1e-4)
    assert np.allclose(seen["features"], last_map.mean((1, 2)), atol=1e-4)
    assert np.allclose(seen["alone"], seen["features"], atol=1e-5)
    answers = np.asarray(persist.full_model(folder).predict_on_batch(pixels))
    assert np.allclose(seen["answers"], answers, atol=1e-5)
    assert np.allclose(seen["told"], answers, atol=1e-5)


@pytest.mark.slow
def test_a_model_from_elsewhere_or_of_an_earlier_version_is_made_ready_once(kept):
    import shutil

    from tl_core.encoding import trunk
    from tl_core.training import light, looking

    folder = kept(trainable_stages=2)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    before = looking.opened(folder).look(pixels)
    for made in (light.BODY, light.ABOUT):  # a bundle brings neither
        (folder / made).unlink()
    shutil.rmtree(settings.current().home / "cache" / "trunks")
    assert not looking.is_ready(folder) and not looking.is_ready(folder, with_map=False)
    again = looking.opened(folder).look(pixels)
    assert looking.is_ready(folder)
    assert np.allclose(again.map, before.map, atol=1e-5)
    assert np.allclose(again.answers, before.answers, atol=1e-6)
    assert trunk.converted(light.trunk_of(folder)) is not None


@pytest.mark.slow
def test_a_tail_of_an_earlier_version_still_answers_and_says_that_it_tells_no_map(kept):
    from tl_core.encoding import trunk
    from tl_core.models import persist
    from tl_core.training import answering, light, looking

    folder = kept(trainable_stages=14)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    now = answering.model_of(folder)(pixels)
    (folder / light.BODY).unlink()
    import keras

    whole = persist.load_model(folder)
    learner = keras.Model(whole.base.input, whole.head(whole.base.output))
    (folder / light.TAIL).write_bytes(trunk.to_litert(learner))
    assert not looking.is_ready(folder)
    model = light.LightModel(folder, None)
    assert np.allclose(model.answer(pixels), now, atol=1e-6)
    with pytest.raises(LookupError):
        model.look(pixels)
    assert looking.opened(folder).look(pixels).map.shape == (2, 2, 2, 256)


def test_weights_that_a_model_brought_with_it_are_never_taken_for_published_ones(tmp_path):
    from tl_core.config import TrainConfig
    from tl_core.models import persist
    from tl_core.training import light

    described = persist.Description(
        backbone="mobilenet_025",
        backbone_weights="sha256:known",
        trainable_stages=0,
        size_px=64,
        resize="squash",
        classes=("a", "b"),
        head=TrainConfig().head,
        tail_sha256="0" * 64,
    )
    persist.describe_as(tmp_path, described)
    plain = light.trunk_of(tmp_path)
    assert plain is not None and plain.weights == "sha256:known" and plain.pooled
    (tmp_path / persist.BACKBONE).write_bytes(b"anything")
    brought = light.trunk_of(tmp_path)
    assert brought is not None and brought.weights.startswith("carried:")
