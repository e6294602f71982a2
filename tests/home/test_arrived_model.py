"""A model file takes its place among the runs, or is refused by name."""

import pytest

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.home import arrived_model


def test_a_foreign_file_is_refused_and_leaves_nothing_behind(home, tmp_path):
    file = tmp_path / "model.graft"
    file.write_bytes(b"\x89HDF\r\n\x1a\n" + b"0" * 100)
    project = store.create_project("P")
    with pytest.raises(UserError) as refused:
        arrived_model.open_bundle(project, file, "Model", "a click")
    assert refused.value.code == "E-MODEL-FORMAT"
    assert store.runs(project) == []
    assert store.datasets(project) == []


def test_a_run_that_was_trained_elsewhere_is_finished_and_never_queued(home):
    project = store.create_project("P")
    dataset = store.create_dataset(project, "D")
    store.dataset_ready(dataset, {})
    run = store.add_run(dataset, "R", {}, "t", run_id=ids.new(), metrics={"arrived": True})
    assert store.run(run).status == "finished"
    assert store.run(run).metrics == {"arrived": True}
    assert store.claim_next() is None
