"""What runs of this machine teach the adviser, and which ones teach nothing."""

import pytest

from tl_core import store
from tl_core.base import ids
from tl_core.config import LESSON, TrainConfig
from tl_core.jobs import beginning, gain_lessons
from tl_core.pricing import gains

METRICS = {
    "closed_form_accuracy": 0.5,
    "test_accuracy": 0.75,
    "closed_form_val_accuracy": 0.25,
    "val_accuracy": 0.5,
}


def own() -> list[gains.Gain]:
    file = gains.own_file()
    return list(gains.gains_in(file.read_text("utf-8"))) if file.exists() else []


def ran(dataset_id, config=None, metrics=None):
    """Learn from a run of some settings; return what is known then."""
    asked = (config or TrainConfig()).but(backbone="starter", trainable_stages=2)
    run_id = store.add_run(dataset_id, "a run", asked.model_dump(mode="json"), ids.new())
    gain_lessons.learn(run_id, METRICS if metrics is None else metrics)
    return own()


def test_a_run_teaches_what_it_brought_on_both_parts_that_it_was_judged_by(dataset_id):
    test, validation = ran(dataset_id)
    assert (test.judged_on, validation.judged_on) == ("test", "validation")
    assert test.points == validation.points == 25.0
    assert (test.case.set, test.case.stages, test.case.pictures) == (dataset_id, 2, 4)
    assert test.case.judged == 4 and test.case.per_class == 2.0


@pytest.mark.parametrize(
    "config",
    [LESSON, TrainConfig().but(method_name="scratch"), TrainConfig().but(hidden_units=(8,))],
)
def test_a_run_that_did_not_begin_with_the_exact_head_teaches_nothing(dataset_id, config):
    assert ran(dataset_id, config) == []


def test_sample_pictures_teach_nothing(dataset_id, monkeypatch):
    monkeypatch.setattr(beginning, "is_lesson", lambda row: True)
    assert ran(dataset_id) == []


def test_what_was_not_measured_is_not_learnt(dataset_id):
    partly = {"closed_form_accuracy": 0.5, "test_accuracy": 0.75, "val_accuracy": 0.5}
    assert [gain.judged_on for gain in ran(dataset_id, metrics=partly)] == ["test"]
    assert len(ran(dataset_id, metrics={"closed_form_accuracy": None})) == 1


def test_a_data_set_that_is_gone_does_not_fail_the_run(home):
    project = store.default_project().id
    dataset = store.create_dataset(project, "pictures")
    store.dataset_ready(dataset, {})
    assert ran(dataset) == []
