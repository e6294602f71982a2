"""Every download says where its knowledge comes from."""

import pytest

from tests.export.made import described_only
from tl_core.backbones import catalogue
from tl_core.export import licences
from tl_core.models import persist


@pytest.mark.parametrize("backbone", catalogue.BACKBONES)
def test_the_notes_name_imagenet_and_the_licence_whatever_the_backbone(tmp_path, backbone):
    described = persist.describe(described_only(tmp_path / "model", ("a", "b"), 2))
    text = licences.text(described.model_copy(update={"backbone": backbone}))
    assert "ImageNet (Deng et al. 2009)" in " ".join(text.split())
    assert f"Licence:  {catalogue.get(backbone).weights_license}" in text


def test_the_notes_of_the_starter_name_its_teacher_and_its_pictures(tmp_path):
    described = persist.describe(described_only(tmp_path / "model", ("a", "b"), 2))
    text = " ".join(licences.text(described).split())
    assert "MobileNetV2 (Apache-2.0)" in text and "assets/starter/README.md" in text
    assert "they come with Graft" in text


def test_the_notes_of_a_model_without_pretrained_weights_name_none(tmp_path):
    described = persist.describe(described_only(tmp_path / "model", ("a", "b"), 2))
    without = described.model_copy(update={"backbone_weights": persist.RANDOM})
    text = " ".join(licences.text(without).split())
    assert "random weights" in text and "ImageNet" not in text and "Licence" not in text
    assert "your own pictures" in text
