"""Page and command line begin a training on the same backbone, unless a person named one."""

import json
from argparse import Namespace

import pytest

from tl_core import store
from tl_core.backbones import weights
from tl_core.commands import chosen_settings
from tl_core.config import TrainConfig
from tl_core.jobs import beginning
from tl_core.methods import recipes
from tl_core.pricing import calibration
from tl_core.pricing.calibration import Calibration


@pytest.fixture
def own(made_dataset, monkeypatch) -> str:
    monkeypatch.setattr(weights, "present", lambda name: True)
    calibration.keep(Calibration(100.0))
    dataset = made_dataset()
    store.create_dataset(store.default_project().id, "Own", dataset_id=dataset.id)
    store.dataset_ready(dataset.id, {"pictures": len(dataset), "classes": {}})
    return dataset.id


def test_the_command_line_takes_what_the_page_takes_and_tells_why(own, made_dataset):
    chosen = chosen_settings.settings_for(own, Namespace(assignments=[], config=None))
    page = beginning.backbone(store.dataset(own), made_dataset())
    assert chosen.first == page and chosen.config == recipes.suited(
        made_dataset(), TrainConfig(backbone=page.name), ()
    )
    assert page.name == "efficientnet_lite0" and page.why == "features"


@pytest.mark.parametrize("way", ["assignment", "flat file", "file of groups"])
def test_a_backbone_that_a_person_named_is_never_changed(own, tmp_path, way):
    file = tmp_path / "config.json"
    flat = way == "flat file"
    file.write_text(
        json.dumps({"backbone": "starter"} if flat else {"network": {"backbone": "starter"}})
    )
    given = Namespace(assignments=[], config=file)
    if way == "assignment":
        given = Namespace(assignments=["backbone=starter"], config=None)
    chosen = chosen_settings.settings_for(own, given)
    assert chosen.first is None and chosen.config.network.backbone == "starter"


def test_every_version_of_sample_pictures_is_a_lesson(own, made_dataset):
    project = store.default_project().id
    sample = store.create_dataset(project, "Fruit", request={"source": "samples"})
    edited = store.create_dataset(project, "Fruit", parent_id=sample)
    for identifier in (sample, edited):
        assert beginning.backbone(store.dataset(identifier), made_dataset()).why == "lesson"
    assert not beginning.is_lesson(store.dataset(own))
