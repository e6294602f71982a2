import hashlib
import subprocess
import sys

import numpy as np
import pytest

from tl_core.backbones import starter
from tl_core.base.errors import UserError


def pictures(count: int, size_px: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (count, size_px, size_px, 3)).astype("float32")


def test_importing_the_module_loads_no_keras():
    code = "import sys, tl_core.backbones.starter; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_a_damaged_weight_file_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "starter.safetensors"
    file.write_bytes(b"not these weights")
    monkeypatch.setattr(starter, "FILE", file)
    with pytest.raises(UserError, match="SHA-256") as refused:
        starter.build((32, 32, 3))
    assert refused.value.code == "starter-weights"


@pytest.mark.slow
def test_a_missing_weight_file_is_explained(tmp_path, monkeypatch):
    monkeypatch.setattr(starter, "FILE", tmp_path / "starter.safetensors")
    with pytest.raises(UserError, match="cannot be read"):
        starter.build((32, 32, 3))


def test_the_shipped_weights_are_the_expected_files_and_small():
    for file, expected in ((starter.FILE, "SHA256"), (starter.POOLED_FILE, "POOLED_SHA256")):
        data = file.read_bytes()
        found = hashlib.sha256(data).hexdigest()
        wrong = f'{file.name}: write {expected} = "{found}" in tl_core/backbones/starter.py'
        assert found == getattr(starter, expected), wrong
        assert len(data) <= 4_000_000


def test_a_damaged_pooled_file_is_refused_by_whoever_reads_it(tmp_path, monkeypatch):
    from tl_core.encoding import trunk
    from tl_core.evaluation import probe

    own = f"sha256:{starter.SHA256}"
    shipped = trunk.Trunk("starter", 0, starter.DEFAULT_SIZE_PX, pooled=True, weights=own)
    assert trunk.converted(shipped) == starter.POOLED_FILE
    file = tmp_path / "starter_pooled.tflite"
    data = bytearray(starter.POOLED_FILE.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    monkeypatch.setattr(starter, "POOLED_FILE", file)
    for read in (
        lambda: trunk.converted(shipped),
        lambda: probe._pretrained("starter", starter.DEFAULT_SIZE_PX, tmp_path),
    ):
        with pytest.raises(UserError, match="SHA-256") as refused:
            read()
        assert refused.value.code == "starter-weights"


def test_a_pooled_file_that_is_missing_is_converted_instead(tmp_path, monkeypatch):
    monkeypatch.setattr(starter, "POOLED_FILE", tmp_path / "gone.tflite")
    assert starter.checked_pooled_file() is None


@pytest.mark.slow
@pytest.mark.parametrize("size_px", [32, 100, 160])
def test_any_picture_size_gives_a_finite_map_of_a_thirty_second_of_it(size_px):
    model = starter.build()
    y = np.asarray(model(pictures(2, size_px), training=False))
    side = -(-size_px // 32)
    assert y.shape == (2, side, side, starter.CHANNELS)
    assert np.isfinite(y).all()
    assert y.std() > 0.01


@pytest.mark.slow
def test_layer_names_are_stable_and_tell_the_stage():
    names = [[layer.name for layer in starter.build(weights=None).layers] for _ in range(2)]
    assert names[0] == names[1]
    stages = {name.split("_")[0] for name in names[0][1:]}
    assert stages == {"stem", *(stage.name for stage in starter.STAGES)}


@pytest.mark.slow
def test_exactly_one_tensor_leaves_every_stage():
    import keras

    model = starter.build((64, 64, 3), weights=None)
    x, whole = pictures(1, 64), None
    whole = np.asarray(model(x, training=False))
    layers = [layer for layer in model.layers if layer.name.startswith("stage2")]
    below = keras.Model(model.input, layers[-1].output)
    above = keras.Model(layers[-1].output, model.output)
    again = np.asarray(above(below(x, training=False), training=False))
    np.testing.assert_allclose(again, whole, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_the_pooled_litert_file_gives_the_features_of_the_keras_model():
    from tl_core.encoding.trunk import Runner

    x = pictures(3, starter.DEFAULT_SIZE_PX)
    model = starter.build((starter.DEFAULT_SIZE_PX, starter.DEFAULT_SIZE_PX, 3))
    wanted = np.asarray(model(x, training=False)).mean((1, 2))
    found = Runner(starter.POOLED_FILE).run(x)
    assert np.abs(found - wanted).max() / np.abs(wanted).max() < 1e-5
