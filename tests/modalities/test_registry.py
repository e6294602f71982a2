"""Files say what they are of: those of before, which know one modality, and those of later versions."""

import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from tests.export import made
from tests.made import DATASET
from tests.modalities import rows_of_numbers
from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.modalities import registry
from tl_core.models import persist


@pytest.fixture
def with_rows(monkeypatch):
    monkeypatch.setattr(registry, "MODALITIES", (*registry.MODALITIES, rows_of_numbers.MODALITY))


def details_of(path):
    return json.loads(pq.read_schema(path).metadata[b"graft"])


def test_what_names_no_modality_is_of_pictures(made_dataset):
    dataset = made_dataset()
    told = details_of(manifest.folder(DATASET) / manifest.MANIFEST)
    assert "modality" not in told and "greys" in told
    assert registry.of(dataset) is registry.of(manifest.load(DATASET)) is registry.USUAL
    assert list(manifest.load(DATASET).facts) == ["width", "height"]


def test_a_data_set_of_others_names_them_and_a_version_that_does_not_know_them_says_so(
    made_dataset, monkeypatch, with_rows
):
    dataset = made_dataset()
    facts = {"length": dataset.facts["width"]}
    manifest.save(replace(dataset, modality="row", facts=facts))
    assert details_of(manifest.folder(DATASET) / manifest.MANIFEST)["modality"] == "row"
    again = manifest.load(DATASET)
    assert again.modality == "row" and again.facts["length"].tolist() == facts["length"].tolist()
    monkeypatch.setattr(registry, "MODALITIES", (registry.USUAL,))
    with pytest.raises(UserError) as refusal:
        manifest.load(DATASET)
    assert refusal.value.code == "dataset" and "later version" in refusal.value.message


def test_a_model_of_pictures_is_written_as_before(tmp_path):
    folder = made.described_only(tmp_path / "m", ("a", "b"), 2)
    persist.describe_as(folder, persist.describe(folder))
    told = json.loads((folder / persist.DESCRIPTION).read_text("utf-8"))
    assert "modality" not in told and "read_by" not in told and told["greys"] is None


@pytest.mark.parametrize(
    "changed",
    [{"modality": "sound"}, {"modality": "row"}, {"preprocessing": "magic"}, {"greys": [1]}],
)
def test_a_model_whose_parts_are_of_several_modalities_is_refused(tmp_path, changed, with_rows):
    folder = made.described_only(tmp_path / "m", ("a", "b"), 2)
    told = json.loads((folder / persist.DESCRIPTION).read_text("utf-8"))
    (folder / persist.DESCRIPTION).write_text(json.dumps(told | changed), "utf-8")
    with pytest.raises(UserError) as refusal:
        persist.describe(folder)
    assert refusal.value.code == "model-format"


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(UserError) as refusal:
        registry.get("sound")
    assert refusal.value.code == "modality" and "picture" in refusal.value.hint
