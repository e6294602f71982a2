"""Pictures without a class, answered by a process of its own and by the command line."""

import csv
import json

import numpy as np
import pytest

from tests.intake.test_unlabelled import made, spread
from tl_core import store
from tl_core.__main__ import main
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.datasets.edits import Exclude
from tl_core.home import versions
from tl_core.intake import unlabelled
from tl_core.jobs import predictor, queue, unlabelled_answers, work
from tl_core.jobs.kinds.answering import ANSWER, AnswerArguments
from tl_core.jobs.predictor import Prediction
from tl_core.tasks.task import Rules

NAMES = ("test/=1+1.png", "test/1.png", "test/2.png")


@pytest.fixture
def trained(home, tmp_path, capsys) -> str:
    """A run with a light model on a data set that has three pictures to be answered."""
    from tl_core.config import TrainConfig
    from tl_core.datasets import goals
    from tl_core.encoding.job import resolve
    from tl_core.training import network, results

    root = made(tmp_path / "in", *spread("train/a", 6), *spread("train/=b", 6), *NAMES)
    assert main(["ingest", str(root), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["unlabelled"] == 3
    dataset, config = manifest.load(told["dataset"]), TrainConfig()
    job = resolve(dataset, config)
    built = network.build_network(job, 2)
    run_id = ids.new()
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    train = np.flatnonzero(dataset.splits == 0)
    results.save_model(folder, job, goals.of(dataset, train, config), built)
    results.save_light_form(folder, job, built)
    kept = config.model_dump(mode="json")
    return store.add_run(dataset.id, "First", kept, run_id, run_id=run_id, metrics={"x": 1})


def test_a_run_knows_the_pictures_of_the_newest_version_that_has_some(dataset_id):
    kept = unlabelled.Unlabelled(np.array(["e" * 64]), np.array(["test/1.png"], dtype=object))
    unlabelled.save(dataset_id, kept)
    run_id = store.add_run(dataset_id, "r", {}, "token", run_id=ids.new(), metrics={})
    newer = versions.edit(dataset_id, Exclude(rows=(0,)), "click")
    found, waiting = unlabelled_answers.waiting(store.run(run_id))
    assert found == newer
    assert waiting.names.tolist() == ["test/1.png"]


def test_what_was_never_asked_has_no_answers_and_what_died_says_so(dataset_id, engine):
    run_id = store.add_run(dataset_id, "r", {}, "token", run_id=ids.new(), metrics={})
    assert unlabelled_answers.found(run_id, dataset_id) is None
    unlabelled_answers.start(run_id, dataset_id)
    unlabelled_answers.start(run_id, dataset_id)
    key = f"{run_id}-{dataset_id}"
    assert engine.submitted == [("answer", key)]
    assert unlabelled_answers.is_working(run_id, dataset_id)
    assert unlabelled_answers.found(run_id, dataset_id) is None
    engine.working.clear()
    with pytest.raises(UserError) as caught:
        unlabelled_answers.found(run_id, dataset_id)
    assert caught.value.code == "process-ended"


@pytest.mark.slow
def test_all_are_answered_by_a_process_and_written_as_a_table_no_spreadsheet_runs(
    trained, tmp_path, capsys
):
    dataset_id, _ = unlabelled_answers.waiting(store.run(trained))
    subject = f"{trained}-{dataset_id}"
    queue.ask(ANSWER, subject, AnswerArguments(), owner=store.run(trained).owner)
    assert work.here(ANSWER, subject, lambda event: None) == 0
    found = unlabelled_answers.found(trained, dataset_id)
    assert found is not None
    names, answers = found
    assert sorted(names) == sorted(NAMES)
    assert all(set(answer.probabilities) == {"a", "=b"} for answer in answers)

    table = tmp_path / "answers.csv"
    capsys.readouterr()
    assert main(["predict", trained, "--csv", str(table), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["csv"] == str(table)
    assert [row["label"] for row in told["predictions"]] == [answer.label for answer in answers]
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:3] == ["file", "answer", "probability"]
    assert [row["file"] for row in rows] == names
    assert all(not row["answer"].startswith("=") for row in rows)
    for row, answer in zip(rows, answers, strict=True):
        assert row["answer"].lstrip("'") == answer.label
        assert float(row["probability"]) == pytest.approx(
            answer.probabilities[answer.label], abs=1e-4
        )


def test_a_data_set_without_such_pictures_is_told(dataset_id, capsys):
    run_id = store.add_run(dataset_id, "r", {}, "token", run_id=ids.new(), metrics={})
    assert main(["predict", run_id]) == 2
    assert "no-pictures" in capsys.readouterr().err


def test_what_is_unlike_anything_taught_comes_first_then_the_least_sure(monkeypatch):
    told = [
        Prediction("a", {"a": 0.9, "b": 0.1}, task="classify"),
        Prediction("b", {"a": 0.4, "b": 0.6}, task="classify"),
        Prediction("a", {"a": 1.0, "b": 0.0}, task="classify", is_unknown=True),
    ]
    monkeypatch.setattr(predictor, "model_folder", lambda run_id: run_id)
    monkeypatch.setattr(predictor, "rules_in", lambda folder: Rules())
    assert unlabelled_answers.least_sure_first("run", told) == [2, 1, 0]
