"""A home of the first edition, made by its own code: what was finished stays, what was not goes on.

`fixtures/make_first_edition.py` tells what lies in it and how it came about.
"""

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.intake.reading import Choice
from tl_core.jobs import (
    answering,
    exporter,
    fetching,
    looking_through,
    rate_finder,
    run_actions,
    unlabelled_answers,
    watch,
    work,
)
from tl_core.store import job_rows, schema

FIXTURE = Path(__file__).parent / "fixtures" / "first_edition.tar.xz"
MADE_IN = "/tmp/graft-first-edition/home"
COPIES = "graft-before-*.db"


@pytest.fixture
def left(home, engine, monkeypatch):
    """The home as it was left, none of its processes alive; returns which id is what."""
    monkeypatch.setenv("GRAFT_OWNER", "ada")
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(home.parent, filter="data")
    lines = (home.parent / "what.txt").read_text().splitlines()
    with closing(sqlite3.connect(home / "graft.db")) as connection, connection:
        connection.execute(
            "UPDATE datasets SET request = replace(request, ?, ?)", (MADE_IN, str(home))
        )
    return dict(line.split() for line in lines)


def stands(kind: str, subject: str):
    job = job_rows.job(kind, subject)
    return None if job is None else job.status


def test_every_state_is_one_column_once_the_store_is_opened(left):
    runs = {name: store.run(left[name]).status for name in ("finished", "paused", "running")}
    runs |= {name: store.run(left[name]).status for name in ("queued", "cancelled", "judged")}
    assert runs == {
        "finished": "finished",
        "paused": "paused",
        "running": "running",
        "queued": "queued",
        "cancelled": "cancelled",
        "judged": "cancelled",  # looking at it broke off; it can be asked for again
    }
    assert [run.status for run in store.runs() if run.name == "The failed one"] == ["failed"]
    imports = ("shapes", "version", "looked", "asks", "halfway", "halfway_too", "waits")
    assert {name: store.dataset(left[name]).job for name in imports} == {
        "shapes": "finished",
        "version": "finished",
        "looked": "finished",
        "asks": "waiting",
        "halfway": "running",
        "halfway_too": "running",
        "waits": "queued",
    }
    assert store.dataset(left["shapes"]).counts["pictures"] == 16
    assert store.run(left["finished"]).metrics["test_accuracy"] >= 0
    others = ("inspect", "version"), ("inspect", "looked"), ("find_rate", "searched")
    others += ("fetch", "fetched"), ("prepare", "prepared"), ("answer", "answered")
    assert stands("pack", f"{left['packing']}-bundle") == "running"
    assert {kind_name: stands(kind_name[0], left[kind_name[1]]) for kind_name in others} == {
        ("inspect", "version"): "queued",
        ("inspect", "looked"): "running",
        ("find_rate", "searched"): "running",
        ("fetch", "fetched"): "running",
        ("prepare", "prepared"): "running",
        ("answer", "answered"): "running",
    }


def test_what_died_is_taken_up_again_or_fails_and_what_waited_has_its_turn(left, home, engine):
    watch.tick()
    row = store.run(left["running"])
    assert (row.status, row.restarts) == ("running", 1)
    assert store.run(left["queued"]).status == "queued"
    for name in ("halfway", "halfway_too"):
        assert (store.dataset(left[name]).error or {})["code"] == "process-ended"
    assert store.dataset(left["waits"]).job == "running"
    assert store.dataset(left["asks"]).is_waiting and store.run(left["paused"]).status == "paused"
    assert ("train", left["running"]) in engine.submitted
    assert ("import", left["waits"]) in engine.submitted
    with pytest.raises(UserError) as searched:
        rate_finder.found(left["searched"])
    failed = fetching.failure(left["fetched"])
    assert searched.value.code == "process-ended"
    assert failed is not None and failed.code == "process-ended"
    with pytest.raises(UserError, match="without a word"):
        unlabelled_answers.found(left["finished"], left["shapes"])
    with pytest.raises(UserError) as packed:
        exporter.made(left["packing"], "bundle")
    assert packed.value.code == "export-failed"
    assert looking_through.state(left["looked"]).status == "failed"
    assert looking_through.state(left["version"]).status == "waiting"
    assert stands("prepare", left["prepared"]) == "cancelled"


def test_the_queue_of_the_first_edition_runs_to_its_end_one_after_the_other(left, engine):
    watch.tick()
    store.run_finished(left["running"], {"test_accuracy": 0.5})
    assert work.do("import", left["waits"]) == 0
    assert store.dataset(left["waits"]).status == "ready"
    assert store.dataset(left["waits"]).counts["pictures"] == 8
    watch.tick()
    assert store.run(left["queued"]).status == "running"
    store.run_finished(left["queued"], {"test_accuracy": 0.5})
    watch.tick()
    # The newest data set first; it was asked for by the import that has just ended.
    assert [job for job in engine.submitted if job[0] == "inspect"] == [("inspect", left["waits"])]
    job_rows.end("inspect", left["waits"], "finished")
    watch.tick()
    assert engine.submitted[-1] == ("inspect", left["version"])


def test_who_was_asked_can_answer_and_who_paused_can_go_on(left, engine):
    assert answering.answer(left["asks"], Choice(key="one_class", class_name="all")) == left["asks"]
    watch.tick()
    for name in ("running", "queued"):
        run_actions.stop(left[name])
        store.run_cancelled(left[name])
    run_actions.resume(left["paused"])
    assert store.run(left["paused"]).status == "running"
    assert run_actions.has_checkpoint(left["judged"])
    run_actions.judge(left["judged"])
    assert store.run(left["judged"]).status == "judging"
    assert engine.submitted[-1] == ("train", left["judged"])


def test_a_report_that_was_wanted_while_it_was_taken_up_is_one_job(left, home):
    for mark in ("wanted", "taken"):
        file = home / "datasets" / left["shapes"] / "quality" / mark
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("4711" if mark == "taken" else "")
    assert stands("inspect", left["shapes"]) == "queued"


def test_a_copy_of_the_old_store_is_kept_and_nothing_in_the_folders_goes(left, home):
    before = {path for folder in ("runs", "pictures") for path in (home / folder).rglob("*")}
    store.projects()
    assert before <= {
        path for folder in ("runs", "pictures") for path in (home / folder).rglob("*")
    }
    kept = [path for path in home.rglob("*.db") if path.name != "graft.db"]
    assert len(kept) == 1
    with closing(sqlite3.connect(kept[0])) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM migrations")]
        assert len(names) == 3
        assert connection.execute("SELECT count(*) FROM runs WHERE status = 'queued'").fetchone()[0]
    with closing(sqlite3.connect(home / "graft.db")) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM migrations")]
    assert names == [name for name, _ in schema.MIGRATIONS]
