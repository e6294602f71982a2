"""The exact head takes the place of a trained model, in a process's stead, and the trained one comes back."""

import json
import zipfile

import numpy as np
import pytest

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.home import backup, backup_lock
from tl_core.jobs import exact_head_chooser, work
from tl_core.jobs.kinds import exact_head
from tl_core.training import candidates, results


def kept_of(run_id):
    """The weights of the last layer, the answers and the numbers that a run's folder holds."""
    from safetensors.numpy import load_file

    folder = ids.run_folder(run_id)
    weights = load_file(folder / results.MODEL_DIR / "tail.safetensors")
    table = results.read_predictions(folder)
    assert table is not None
    numbers = json.loads((folder / results.METRICS).read_text("utf-8"))
    return weights["head/logits/kernel"], table.to_pydict(), numbers


@pytest.mark.slow
def test_the_exact_head_becomes_the_model_with_its_own_answers_and_the_trained_one_comes_back(
    lesson, engine
):
    before, told_before = kept_of(lesson), store.run(lesson).metrics or {}
    assert told_before["handed_over"] == "trained"
    packed = ids.run_folder(lesson) / "exports"
    packed.mkdir()
    exact_head_chooser.start(lesson)
    assert work.do("exact_head", lesson) == 0
    kernel, answers, numbers = kept_of(lesson)
    told = store.run(lesson).metrics or {}
    assert told == numbers and told["handed_over"] == "exact_head"
    assert told["val_accuracy"] == pytest.approx(told["closed_form_val_accuracy"], abs=1e-4)
    assert told["trained_val_accuracy"] == told_before["val_accuracy"]
    assert told["epochs"] == told_before["epochs"] == 1
    right = [
        said == truth for said, truth in zip(answers["predicted"], answers["truth"], strict=True)
    ]
    assert np.mean(right) == pytest.approx(told["test_accuracy"])
    assert not np.allclose(kernel, before[0]) and not packed.exists()
    assert told["unknowns"]["test"] == len(right), "its own detector came along"
    assert exact_head_chooser.can_be_undone(store.run(lesson))
    with pytest.raises(UserError) as caught:
        exact_head_chooser.start(lesson)
    assert caught.value.code == "is-exact"
    exact_head_chooser.undo(lesson)
    kernel, answers, numbers = kept_of(lesson)
    assert np.array_equal(kernel, before[0]) and (answers, numbers) == before[1:]
    assert store.run(lesson).metrics == told_before
    assert not exact_head_chooser.can_be_undone(store.run(lesson))


def with_two_models(run_id):
    """Let a run keep a trained model, and an exact head be about to take its place."""
    folder = ids.run_folder(run_id)
    numbers = dict(store.run(run_id).metrics or {}) | {"handed_over": "trained"}
    results.write_metrics(folder, numbers)
    store.move_run(run_id, "finished", only_from=("finished",), metrics=numbers)
    coming = folder / candidates.COMING
    coming.mkdir()
    results.write_metrics(coming, numbers | {"handed_over": "exact_head", "chosen_by_person": True})
    return folder


def test_a_server_brings_to_its_end_what_a_killed_process_left_half_done(finished_run):
    folder = with_two_models(finished_run)
    exact_head_chooser.settle_all()
    assert (store.run(finished_run).metrics or {})["handed_over"] == "exact_head"
    assert json.loads((folder / results.METRICS).read_text())["handed_over"] == "exact_head"
    assert not candidates.is_coming(folder)


def test_so_does_whoever_sees_to_a_worker_that_died(finished_run):
    with_two_models(finished_run)
    job = type("Job", (), {"subject": finished_run})
    exact_head.EXACT_HEAD.clean_up(job)  # pyright: ignore[reportArgumentType]
    assert (store.run(finished_run).metrics or {})["handed_over"] == "exact_head"


def test_nothing_changes_hands_while_a_backup_is_made(finished_run):
    folder = with_two_models(finished_run)
    (folder / candidates.COMING).rename(folder / candidates.FORMER)
    lock = backup_lock.take()
    try:
        with pytest.raises(UserError) as caught:
            exact_head_chooser.undo(finished_run)
    finally:
        lock.release()
    assert caught.value.code == "in-use" and candidates.has_former(folder)


@pytest.fixture
def finished_run(dataset_id):
    run_id = store.add_run(dataset_id, "a run", TrainConfig().model_dump(mode="json"), "a click")
    ids.run_folder(run_id).mkdir(parents=True, exist_ok=True)
    store.run_finished(run_id, {"test_accuracy": 0.5})
    return run_id


def test_a_backup_holds_the_model_that_was_and_one_that_is_coming_but_no_work_that_goes_on(
    finished_run, tmp_path
):
    folder = with_two_models(finished_run)
    (folder / candidates.COMING).rename(folder / candidates.FORMER)
    with_two_models(finished_run)
    at_work = exact_head.folder(finished_run)
    at_work.mkdir()
    (at_work / "config.json").touch()
    (folder / f".{candidates.FORMER}.partial").mkdir()
    (folder / f".{candidates.FORMER}.partial" / results.METRICS).touch()
    backup.write(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        held = {name.split("/", 2)[2] for name in archive.namelist() if finished_run in name}
    assert {f"former/{results.METRICS}", f"coming/{results.METRICS}"} <= held
    assert not any(name.startswith(".") for name in held)
