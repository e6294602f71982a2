"""A model is tried on what it was never taught, and an older one is given a detector first."""

import json

import numpy as np
import pytest

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.evaluation import unknowns_tried
from tl_core.jobs import unknowns_tester, work
from tl_core.measures import temperature as temperatures
from tl_core.models import detector_file, persist
from tl_core.tasks.task import Rules
from tl_core.training import results, unknown_pictures


def make_older(folder):
    """Take back what the temperature did to a run's answers and model; return that temperature."""
    import pyarrow.parquet as pq

    described = persist.describe(folder / results.MODEL_DIR)
    table = pq.read_table(folder / results.PREDICTIONS)
    names = [name for name in table.column_names if name.startswith("p_")]
    told = np.stack([table[name].to_numpy() for name in names], axis=1)
    plain = temperatures.tempered(told, 1 / described.temperature).astype(np.float32)
    for at, name in enumerate(names):
        table = table.set_column(table.column_names.index(name), name, [plain[:, at]])
    pq.write_table(table, folder / results.PREDICTIONS)
    persist.describe_as(folder / results.MODEL_DIR, persist.ruled(described, Rules()))
    return described.temperature


@pytest.mark.slow
def test_an_older_model_is_given_a_detector_and_each_class_is_left_out_in_turn(lesson):
    folder = ids.run_folder(lesson)
    model, before = folder / results.MODEL_DIR, store.run(lesson).metrics or {}
    (model / detector_file.FILE).unlink()
    temperature = make_older(folder)
    older = {name: value for name, value in before.items() if name != "unknowns"}
    older["test"] = {name: value for name, value in before["test"].items() if name != "certainty"}
    store.move_run(lesson, "finished", only_from=("finished",), metrics=older)
    assert unknown_pictures.careful(model) is None and unknowns_tester.found(lesson) is None
    unknowns_tester.start(lesson)
    assert unknowns_tester.is_working(lesson)
    assert work.do("none_of_these", lesson) == 0
    assert unknowns_tester.failure(lesson) is None
    told = store.run(lesson).metrics or {}
    assert told["unknowns"] == before["unknowns"], "the run itself would have fitted the same"
    for name in ("accuracy", "log_loss"):
        assert told["test"][name] == pytest.approx(before["test"][name], abs=1e-3), name
    assert len(told["test"]["sets"]) == len(before["test"]["sets"])
    assert told["test"]["certainty"]["bins"]
    rules = persist.describe(model).rules
    assert rules.temperature == pytest.approx(temperature, abs=0.01)
    assert json.loads((folder / results.METRICS).read_text("utf-8")) == told
    found = unknowns_tester.found(lesson)
    assert found is not None
    assert [each["name"] for each in found["left_out"]] == ["class 0", "class 1", "class 2"]
    for each in (*found["left_out"], found["samples"]):
        assert 0 <= each["low"] < each["area"] <= each["high"] <= 1
        assert each["strangers"] and each["known"]
    assert found["left_out"][0]["strangers"] == 12, "only the head learnt: every picture is new"


def test_what_was_found_of_other_weights_is_not_told(lesson_folder):
    run_id, folder = lesson_folder
    (folder / unknowns_tried.FILE).write_text(json.dumps({"tail": "0" * 64, "left_out": []}))
    assert unknowns_tester.found(run_id) is None
    (folder / unknowns_tried.FILE).write_text("no JSON")
    assert unknowns_tester.found(run_id) is None


def test_a_run_at_work_is_not_tried(dataset_id, engine):
    run_id = store.add_run(dataset_id, "a run", {}, "a click")
    with pytest.raises(UserError) as caught:
        unknowns_tester.start(run_id)
    assert caught.value.code == "not-ended" and not engine.submitted


@pytest.fixture
def lesson_folder(dataset_id):
    from tests.export import made

    run_id = store.add_run(dataset_id, "a run", {}, "a click")
    folder = ids.run_folder(run_id)
    made.described_only(folder / results.MODEL_DIR, ("a", "b"), 2)
    return run_id, folder
