"""What a run learns from beside its data set: gathered without leaks, kept, carried, and not torn away."""

import json
from dataclasses import replace

import pytest

from tests.home.homes import METRICS
from tests.made import DATASET
from tests.methods import sure_of_itself
from tests.methods.made import OTHER
from tests.modalities import rows_of_numbers
from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig, parse_assignments
from tl_core.datasets import manifest
from tl_core.encoding.job import resolve
from tl_core.home import adoption, housekeeping, retelling
from tl_core.jobs import continuing, run_actions
from tl_core.methods import inputs, registry
from tl_core.modalities import registry as modalities
from tl_core.pricing import plan
from tl_core.pricing.calibration import Calibration
from tl_core.store import row_notes

CONFIG = TrainConfig(method_name=sure_of_itself.METHOD.name, image_size_px=32, flip=True)


def started(two, token="click", **how):
    return run_actions.start_run(DATASET, CONFIG, token, inputs={"unlabelled": OTHER}, **how)


def test_nothing_that_a_run_judges_itself_by_is_learnt_from(two):
    first, second = two
    found = inputs.examples(first, CONFIG, {"unlabelled": OTHER})["unlabelled"]
    assert found.hashes.tolist() == second.hashes.tolist()
    assert found.left_out == 1 and not found.answers.any()
    with pytest.raises(UserError) as error:
        inputs.examples(first, CONFIG, {"unlabelled": DATASET})
    assert error.value.code == "input-empty"


@pytest.mark.parametrize(
    ("theirs", "renamed", "found"),
    [
        (("CLASS-0", "class_1", "animal"), "", [0, 1, -1]),
        (("CLASS-0", "class_1", "animal"), "animal=class 2, class_1=", [0, -1, 2]),
        (("class 0", "class 1", "class 2"), "class 0=class 1, class 2=", [1, 1, -1]),
    ],
)
def test_classes_from_elsewhere_are_matched_by_name_and_as_one_corrects_them(
    made_dataset, theirs, renamed, found
):
    dataset = made_dataset(classes=3, each=6)
    other = made_dataset(classes=3, each=6, identifier=OTHER, seed=5)
    manifest.save(replace(other, classes=theirs))
    config = parse_assignments(
        [f"method.renamed={renamed}"], TrainConfig(method_name="instances", image_size_px=32)
    )
    source = inputs.examples(dataset, config, {"source": OTHER})["source"]
    numbers = source.numbered(dataset.classes)
    assert [set(numbers[source.answers == one].tolist()) for one in range(3)] == [
        {number} for number in found
    ]


def test_known_classes_of_a_target_are_matched_by_name(two):
    first, second = two
    called = tuple(name.upper() for name in second.classes)
    manifest.save(replace(second, classes=called))
    found = inputs.examples(first, CONFIG, {"unlabelled": OTHER})["unlabelled"]
    assert found.judged is not None and (found.judged >= 0).all()


def test_further_examples_are_what_those_of_the_data_set_are(two, monkeypatch):
    both = (*modalities.MODALITIES, rows_of_numbers.MODALITY)
    monkeypatch.setattr(modalities, "MODALITIES", both)
    first, second = two
    facts = {"length": second.facts["width"]}
    manifest.save(replace(second, modality=rows_of_numbers.MODALITY.name, facts=facts))
    with pytest.raises(UserError) as error:
        inputs.examples(first, CONFIG, {"unlabelled": OTHER})
    assert error.value.code == "input-modality"


def test_further_examples_pass_through_the_frozen_part_and_are_priced(two):
    first, second = two
    further = inputs.examples(first, CONFIG, {"unlabelled": OTHER})
    alone, both = resolve(first, CONFIG), resolve(first, CONFIG, further)
    assert len(both.wanted()) - len(alone.wanted()) == 2 * len(second)  # each with a changed copy
    assert both.rows_dir == alone.rows_dir
    known = Calibration(100.0, {})
    priced = plan.plan(first, CONFIG, known, {"unlabelled": OTHER}).chosen
    usual = plan.plan(first, registry.changed(CONFIG, "fine_tune"), known).chosen
    assert priced.pictures - usual.pictures == 2 * len(second)
    assert priced.epoch_s == pytest.approx(2 * usual.epoch_s)


def test_inputs_are_kept_and_gone_on_with(two, engine):
    run_id = started(two)
    about = json.loads((ids.run_folder(run_id) / "run.json").read_text("utf-8"))
    assert store.run(run_id).inputs == about["inputs"] == {"unlabelled": OTHER}
    store.run_finished(run_id, METRICS)
    again = continuing.start_over(run_id, "again")
    assert store.run(again).inputs == {"unlabelled": OTHER}


def test_inputs_that_cannot_be_learnt_from_are_refused_and_nothing_is_left(two, engine, home):
    with pytest.raises(UserError) as error:
        run_actions.start_run(DATASET, CONFIG, "one")
    assert error.value.code == "input-missing"
    elsewhere = store.create_dataset(store.create_project("Elsewhere"), "far")
    store.dataset_ready(elsewhere, {"pictures": 1})
    store.delete("dataset", OTHER)
    for named in (elsewhere, OTHER):
        with pytest.raises(UserError) as error:
            run_actions.start_run(DATASET, CONFIG, "two", inputs={"unlabelled": named})
        assert error.value.code == "input-not-ready"
    with pytest.raises(UserError) as error:
        run_actions.start_run(DATASET, CONFIG, "three", inputs={"unlabelled": "9" * 24})
    assert error.value.code == "unknown"
    assert not list((home / "runs").glob("*"))


def test_what_a_run_names_stays_while_it_does(two, engine):
    run_id = started(two)
    with pytest.raises(UserError) as error:
        store.delete("dataset", OTHER)
    assert error.value.code == "in-use"
    store.run_finished(run_id, METRICS)
    store.delete("dataset", OTHER)  # hidden, as a data set that runs learnt from may be
    with pytest.raises(UserError) as error:
        housekeeping.purge("dataset", OTHER)
    assert error.value.code == "in-use"
    store.delete("run", run_id)
    housekeeping.purge("run", run_id)
    housekeeping.purge("dataset", OTHER)


def test_a_teacher_stays_while_a_run_names_it(two, engine):
    teacher = run_actions.start_run(DATASET, TrainConfig(), "teacher")
    store.run_finished(teacher, METRICS)
    student = store.add_run(DATASET, "student", {}, "student", inputs={"teacher": teacher})
    store.run_finished(student, METRICS)
    store.delete("run", teacher)
    with pytest.raises(UserError) as error:
        housekeeping.purge("run", teacher)
    assert error.value.code == "in-use"
    housekeeping.remove("run", student)
    housekeeping.purge("run", teacher)


def test_a_lost_store_learns_again_what_a_run_was_made_from(two, engine, home):
    from tests.home.homes import look_anew

    run_id = started(two)
    store.run_finished(run_id, METRICS)
    kept = store.run(run_id)
    (home / "graft.db").unlink()
    look_anew()
    adoption.adopt()
    assert store.run(run_id) == kept
    # A folder without a note tells the same in its run.json.
    row_notes.path_of("run", run_id).unlink()
    told = retelling.retold([], [run_id], known={}).runs[run_id]
    assert json.loads(str(told["inputs"])) == {"unlabelled": OTHER}
