"""Another model takes a model's place whole, and the former one comes back as it was."""

import json

import pytest

from tl_core.training import candidates, results


def made(folder, name):
    (folder / results.MODEL_DIR).mkdir(parents=True)
    (folder / results.MODEL_DIR / "weights").write_text(name)
    (folder / results.PREDICTIONS).write_text(name)
    (folder / results.METRICS).write_text(json.dumps({"model": name}))
    return folder


def names(folder):
    told = {
        (folder / results.MODEL_DIR / "weights").read_text(),
        (folder / results.PREDICTIONS).read_text(),
        json.loads((folder / results.METRICS).read_text())["model"],
    }
    (only,) = told
    return only


@pytest.fixture
def run(tmp_path):
    run = made(tmp_path / "run", "trained")
    (run / "exports").mkdir()
    made(run / "other", "exact")
    return run


def test_the_other_model_comes_with_its_answers_and_numbers_and_nothing_packed_stays(run):
    candidates.keep_former(run)
    assert candidates.install(run, run / "other") == {"model": "exact"}
    assert names(run) == "exact" and names(run / candidates.FORMER) == "trained"
    assert not (run / "exports").exists()
    assert candidates.bring_back(run) == {"model": "trained"}
    assert names(run) == "trained" and not candidates.has_former(run)


def test_what_a_kill_left_half_done_is_brought_to_its_end(run):
    candidates.keep_former(run)
    new, old = run / "other" / results.MODEL_DIR, run / results.MODEL_DIR
    (old / "weights").unlink()
    old.rmdir()
    new.rename(old)  # killed here: the model is the other one, its numbers are not
    candidates.keep_former(run)
    candidates.install(run, run / "other")
    assert names(run) == "exact" and names(run / candidates.FORMER) == "trained"


def test_a_copy_that_was_broken_off_is_no_former_model(run):
    (run / f"{candidates.FORMER}.partial").mkdir()
    assert not candidates.has_former(run)
    candidates.keep_former(run)
    assert names(run / candidates.FORMER) == "trained"
