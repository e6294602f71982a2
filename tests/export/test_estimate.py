"""How large a file will be is told before it is packed, for every format of a model and for projects."""

import pytest

from tests.export import made
from tl_core import store
from tl_core.base import ids
from tl_core.export import estimate
from tl_core.export.formats import bundle, project_size, registry
from tl_core.export.formats.format import Subject
from tl_core.modalities.picture import pictures


@pytest.fixture
def run_id(home) -> str:
    identifier = ids.new()
    made.described_only(ids.run_folder(identifier) / "model", ("a", "b"), 2)
    return identifier


def test_every_model_but_a_program_tells_its_size_before_it_is_packed(run_id):
    told = {each.name: estimate.bytes_of(each, run_id) for each in registry.made_of("run")}
    assert [name for name, size in told.items() if size is None] == ["code"]
    assert all(size > 1000 for size in told.values() if size is not None)


def test_a_bundle_is_about_as_large_as_was_said(run_id, tmp_path):
    expected = estimate.bytes_of(bundle.FORMAT, run_id)
    file = bundle.write(Subject(run_id, "t", ids.run_folder(run_id)), tmp_path).file
    assert expected is not None
    assert file.stat().st_size == pytest.approx(expected, rel=0.3)


def test_a_project_is_as_large_as_its_pictures_each_once_and_its_models(home, made_dataset):
    dataset = made_dataset(classes=2, each=8)
    project = store.create_project("Leaves")
    store.create_dataset(project, "Leaves", dataset_id=dataset.id)
    store.dataset_ready(dataset.id, {"pictures": 16, "classes": {}, "splits": {}})
    files = {pictures.picture_path(name) for name in map(str, dataset.hashes)}
    with_pictures = project_size.expected(project)
    assert with_pictures == pytest.approx(sum(file.stat().st_size for file in files))
    run = store.add_run(dataset.id, "First", {}, "a click", run_id=ids.new(), metrics={})
    made.described_only(ids.run_folder(run) / "model", ("a", "b"), 2)
    assert project_size.expected(project) > with_pictures + 1000
