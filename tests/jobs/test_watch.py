import errno
import json
import os
import time

import pytest

from tl_core import store
from tl_core.base import ids, machine
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.home import leftovers
from tl_core.jobs import imports, run_actions, run_queue, watch
from tl_core.jobs.kinds.training import TRAIN
from tl_core.signals import events, heartbeat, stopping
from tl_core.store import job_rows


def start(dataset_id, token="click"):
    return run_actions.start_run(dataset_id, TrainConfig(epochs=4), token)


def save_checkpoint(run_id, epoch=1):
    folder = ids.run_folder(run_id) / "checkpoints" / f"epoch-{epoch:04d}"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")


def age(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_run_starts_at_once_with_its_settings_beside_it(dataset_id, engine):
    run_id = start(dataset_id)
    assert engine.submitted == [("train", run_id)]
    row = store.run(run_id)
    assert row.status == "running"
    assert row.handle in engine.working
    config = json.loads((ids.run_folder(run_id) / "config.json").read_text("utf-8"))
    assert config == TrainConfig(epochs=4).model_dump(mode="json")
    run = json.loads((ids.run_folder(run_id) / "run.json").read_text("utf-8"))
    assert run["dataset"] == dataset_id


def test_the_same_click_gives_the_same_run_and_leaves_nothing_behind(dataset_id, engine, home):
    assert start(dataset_id) == start(dataset_id)
    assert len(engine.submitted) == 1
    assert len(list((home / "runs").iterdir())) == 1


def test_runs_wait_for_each_other_and_know_their_place(dataset_id, engine):
    first, second, third = (start(dataset_id, token) for token in "abc")
    assert [run_actions.queue_position(store.run(run)) for run in (first, second, third)] == [
        0,
        1,
        2,
    ]
    store.run_finished(first, {})
    watch.tick()
    watch.tick()
    assert [identifier for _, identifier in engine.submitted] == [first, second]


def test_a_queued_run_leaves_the_queue_at_once(dataset_id, engine):
    start(dataset_id, "a")
    second = start(dataset_id, "b")
    run_actions.stop(second)
    assert store.run(second).status == "cancelled"
    assert len(engine.submitted) == 1


def test_a_worker_is_asked_to_stop_and_killed_only_when_it_does_not(dataset_id, engine):
    run_id = start(dataset_id)
    run_actions.stop(run_id)
    asked = ids.run_folder(run_id) / stopping.FILE
    assert asked.exists()
    watch.tick()
    assert store.run(run_id).status == "stopping"
    assert engine.cancelled == []
    age(asked, TRAIN.stop_patience_s + 1)
    watch.tick()
    assert engine.cancelled == [run_id]
    assert store.run(run_id).status == "cancelled"


def test_a_run_killed_with_a_checkpoint_is_made_usable_by_another_worker(dataset_id, engine):
    run_id = start(dataset_id)
    save_checkpoint(run_id)
    run_actions.stop(run_id)
    age(ids.run_folder(run_id) / stopping.FILE, 9)
    watch.tick()
    assert engine.cancelled == [run_id]
    assert store.run(run_id).status == "judging"
    assert engine.submitted.count(("train", run_id)) == 2
    watch.tick()
    assert engine.submitted.count(("train", run_id)) == 2


def test_a_paused_run_keeps_its_state_goes_on_and_can_be_ended_instead(dataset_id, engine):
    run = start(dataset_id)
    save_checkpoint(run)
    run_actions.pause(run)
    assert (ids.run_folder(run) / stopping.FILE).read_text() == "pause"
    store.run_paused(run)
    engine.kill(run)
    assert run_actions.is_paused(store.run(run))
    run_actions.resume(run)
    assert store.run(run).status == "running" and not run_actions.is_paused(store.run(run))
    run_actions.pause(run)
    store.run_paused(run)
    submitted = len(engine.submitted)
    run_actions.stop(run)
    assert engine.submitted[submitted:] == [("train", run)]
    assert not run_actions.is_paused(store.run(run))


def test_a_worker_killed_while_pausing_leaves_a_paused_run(dataset_id, engine):
    run = start(dataset_id)
    save_checkpoint(run)
    run_actions.pause(run)
    submitted = len(engine.submitted)
    age(ids.run_folder(run) / stopping.FILE, TRAIN.stop_patience_s + 1)
    watch.tick()
    assert engine.cancelled == [run] and len(engine.submitted) == submitted
    assert run_actions.is_paused(store.run(run))


def test_a_run_that_ran_away_is_tried_again_with_a_tenth_of_the_rate(dataset_id, engine):
    run = start(dataset_id)
    again = run_actions.start_gentler(run, "another click")
    assert run_actions.start_gentler(run, "another click") == again
    before, after = (run_actions.settings_of(each).rate.learning_rate for each in (run, again))
    assert after == pytest.approx(before / 10)


def test_stopping_twice_does_not_begin_the_patience_anew(dataset_id, engine):
    run_id = start(dataset_id)
    run_actions.stop(run_id)
    asked = ids.run_folder(run_id) / stopping.FILE
    age(asked, 60)
    run_actions.stop(run_id)
    assert time.time() - asked.stat().st_mtime > 50


def test_a_killed_worker_goes_on_from_its_checkpoint_twice_then_fails(dataset_id, engine):
    run_id = start(dataset_id)
    save_checkpoint(run_id)
    for restarts in (1, 2):
        engine.kill(run_id)
        watch.tick()
        row = store.run(run_id)
        assert (row.status, row.restarts) == ("running", restarts)
        assert len(engine.submitted) == restarts + 1
    engine.kill(run_id)
    watch.tick()
    row = store.run(run_id)
    assert row.status == "failed"
    assert row.error is not None
    assert row.error["code"] == "process-ended"


def test_a_worker_killed_before_it_had_done_anything_is_tried_twice_more_then_fails_in_words(
    dataset_id, engine
):
    run_id = start(dataset_id)
    for restarts in (1, 2):
        engine.kill(run_id)
        watch.tick()
        row = store.run(run_id)
        assert (row.status, row.restarts) == ("running", restarts)
        assert engine.submitted == [("train", run_id)] * (restarts + 1)
    engine.kill(run_id)
    watch.tick()
    row = store.run(run_id)
    assert row.status == "failed" and row.error is not None
    assert row.error["code"] == "process-ended" and "more than once" in row.error["message"]
    run_actions.resume(run_id)
    assert (store.run(run_id).status, store.run(run_id).restarts) == ("running", 0)


def test_a_run_that_is_tried_again_waits_for_its_turn_and_keeps_its_place(dataset_id, engine):
    first, second = start(dataset_id, "a"), start(dataset_id, "b")
    engine.kill(first)
    watch.tick()
    assert (store.run(first).status, store.run(second).status) == ("running", "queued")


def test_nothing_is_tried_again_on_a_disk_that_takes_nothing(dataset_id, engine, monkeypatch):
    run_id = start(dataset_id)
    monkeypatch.setattr(watch, "is_read_only", lambda folder: True)
    engine.kill(run_id)
    watch.tick()
    row = store.run(run_id)
    assert row.status == "failed" and row.error is not None
    assert row.error["code"] == "disk-read-only" and len(engine.submitted) == 1


def test_a_run_whose_disk_stays_read_only_ends_with_the_reason(dataset_id, engine, monkeypatch):
    run_id = start(dataset_id)
    monkeypatch.setattr(watch, "is_read_only", lambda folder: True)
    watch.tick()
    assert store.run(run_id).status == "running"
    monkeypatch.setattr(watch, "READ_ONLY_PATIENCE_S", -1.0)
    watch.tick()
    row = store.run(run_id)
    assert engine.cancelled == [run_id] and row.status == "failed" and row.error is not None
    assert row.error["code"] == "disk-read-only"


def test_an_end_that_the_store_does_not_take_is_told_and_written_down_later(
    dataset_id, engine, monkeypatch
):
    run_id = start(dataset_id)

    def refuse(*_, **__):
        raise UserError("disk-read-only", "The disk can only be read.")

    with monkeypatch.context() as broken:
        broken.setattr(job_rows, "move", refuse)
        assert store.run_failed(run_id, UserError("disk-read-only", "No more room to keep."))
        assert not store.write_remembered()
        assert store.run(run_id).status == "failed" and store.undone_runs() == []
        assert [row.status for row in store.runs()] == ["failed"]
    watch.tick()
    assert store.write_remembered()
    row = store.run(run_id)
    assert row.status == "failed" and row.error is not None
    assert row.error["message"] == "No more room to keep."


@pytest.mark.parametrize(
    ("settings", "epoch", "is_worth_it"),
    [
        ({}, 0, True),
        ({"start": "random"}, 0, False),
        ({"hidden_units": (8,)}, 0, False),
        ({"start": "random"}, 1, True),
    ],
)
def test_a_failed_run_that_had_learnt_something_can_be_ended_as_if_stopped(
    dataset_id, engine, settings, epoch, is_worth_it
):
    run_id = run_actions.start_run(dataset_id, TrainConfig(**settings), "click")
    save_checkpoint(run_id, epoch)
    assert not run_actions.can_keep_best(store.run(run_id))
    store.run_failed(run_id, UserError("diverged", "It ran away.", "Lower the rate."))
    engine.kill(run_id)
    assert run_actions.can_keep_best(store.run(run_id)) == is_worth_it
    if not is_worth_it:
        with pytest.raises(UserError, match="had learnt nothing"):
            run_actions.keep_best(run_id)
        assert store.run(run_id).status == "failed"
        return
    run_actions.keep_best(run_id)
    row = store.run(run_id)
    assert (row.status, row.error) == ("judging", None) and not run_actions.is_paused(row)
    assert engine.submitted == [("train", run_id)] * 2


def test_the_judging_of_a_stopped_run_that_broke_off_can_be_asked_for_again(dataset_id, engine):
    run_id = start(dataset_id)
    save_checkpoint(run_id, 1)
    run_actions.stop(run_id)
    store.run_judging(run_id)
    assert run_actions.is_being_judged(store.run(run_id))
    run_actions.judge(run_id)
    assert engine.submitted == [("train", run_id)]
    engine.kill(run_id)
    watch.tick()
    assert not run_actions.is_being_judged(store.run(run_id))
    run_actions.judge(run_id)
    assert engine.submitted == [("train", run_id)] * 2
    assert run_actions.is_being_judged(store.run(run_id))
    store.move_run(run_id, "cancelled", only_from=("judging",), metrics={"test_accuracy": 0.5})
    assert not run_actions.is_being_judged(store.run(run_id))


def test_an_end_that_was_told_but_not_noted_is_noted(dataset_id, engine):
    run_id = start(dataset_id)
    with events.Writer(ids.run_folder(run_id)) as emit:
        emit("finished", metrics={"test_accuracy": 0.9})
    engine.kill(run_id)
    watch.tick()
    row = store.run(run_id)
    assert (row.status, row.metrics) == ("finished", {"test_accuracy": 0.9})


def test_an_end_from_before_a_resume_does_not_count(dataset_id, engine):
    run_id = start(dataset_id)
    with events.Writer(ids.run_folder(run_id)) as emit:
        emit("cancelled")
    store.run_cancelled(run_id)
    save_checkpoint(run_id)
    run_actions.resume(run_id)
    engine.kill(run_id)
    watch.tick()
    row = store.run(run_id)
    assert (row.status, row.restarts) == ("running", 1)


def test_resume_clears_the_wish_to_stop_and_refuses_a_run_at_work(dataset_id, engine):
    run_id = start(dataset_id)
    with pytest.raises(UserError, match="Only a run that was stopped or failed"):
        run_actions.resume(run_id)
    run_actions.stop(run_id)
    store.run_cancelled(run_id)
    run_actions.resume(run_id)
    assert store.run(run_id).status == "running"
    assert not (ids.run_folder(run_id) / stopping.FILE).exists()


def test_a_refused_resume_keeps_the_wish_to_stop(dataset_id, engine):
    run_id = start(dataset_id)
    run_actions.stop(run_id)
    with pytest.raises(UserError):
        run_actions.resume(run_id)
    assert (ids.run_folder(run_id) / stopping.FILE).exists()


def test_a_claim_whose_worker_never_started_does_not_block_the_queue(
    dataset_id, engine, monkeypatch
):
    start(dataset_id, "a")
    store.run_finished(store.runs()[0].id, {})
    run_id = store.add_run(dataset_id, "", {}, "b")
    store.claim_next()
    watch.tick()
    assert store.run(run_id).status == "running"
    monkeypatch.setattr(watch, "CLAIM_PATIENCE_S", -1.0)
    watch.tick()
    row = store.run(run_id)
    assert (row.status, row.restarts) == ("running", 1)
    assert engine.submitted.count(("train", run_id)) == 1


def test_a_worker_that_shows_no_life_is_called_silent(dataset_id, engine):
    run_id = start(dataset_id)
    folder = ids.run_folder(run_id)
    assert not run_actions.is_silent(store.run(run_id))
    (folder / heartbeat.FILE).touch()
    assert not run_actions.is_silent(store.run(run_id))
    age(folder / heartbeat.FILE, 29)
    assert run_actions.is_silent(store.run(run_id))
    store.run_finished(run_id, {})
    assert not run_actions.is_silent(store.run(run_id))


def test_a_run_can_be_started_again_with_its_own_settings(dataset_id, engine):
    run_id = start(dataset_id)
    assert run_actions.settings_of(run_id) == TrainConfig(epochs=4)


def test_settings_of_another_version_are_left_out(dataset_id, engine):
    run_id = store.add_run(dataset_id, "", {"epochs": 7, "gone": 1}, "a")
    assert run_actions.settings_of(run_id) == TrainConfig(epochs=7)


def test_an_import_is_handed_to_a_process_and_its_death_is_told(home, engine, tmp_path):
    project = store.default_project().id
    dataset_id = imports.start_intake(project, tmp_path, "pictures", split={"test": 0.2})
    assert engine.submitted == [("import", dataset_id)]
    row = store.dataset(dataset_id)
    assert row.request == {
        "source": str(tmp_path.resolve()),
        "split": {"test": 0.2},
        "targets": None,
        "columns": None,
        "addition": None,
        "remove_source": False,
        "then_train": None,
        "is_project": False,
        "by": None,
        "encoding": "",
    }
    watch.tick()
    assert store.dataset(dataset_id).status == "importing"
    engine.kill(dataset_id)
    watch.tick()
    row = store.dataset(dataset_id)
    assert row.status == "failed"
    assert row.error is not None
    assert row.error["code"] == "process-ended"


def test_an_import_can_be_stopped(home, engine, tmp_path):
    dataset_id = imports.start_intake(store.default_project().id, tmp_path, "pictures")
    imports.stop_intake(dataset_id)
    assert engine.cancelled == [dataset_id]
    assert store.dataset(dataset_id).status == "failed"


def test_a_full_disk_is_named_whether_it_stops_the_start_or_the_work(
    dataset_id, engine, monkeypatch
):
    run_id = start(dataset_id)
    monkeypatch.setattr(machine, "free_disk_bytes", lambda folder: 0)
    engine.kill(run_id)
    watch.tick()
    row = store.run(run_id)
    assert row.error is not None
    assert row.error["code"] == "disk-full"

    def full(path, value):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(run_queue, "write_json", full)
    with pytest.raises(UserError) as refused:
        start(dataset_id, "another")
    assert refused.value.code == "disk-full"
    assert len(store.runs()) == 1


def test_the_thread_that_sees_to_runs_survives_whatever_happens(home, monkeypatch, capsys):
    turns = iter([OSError(errno.ENOMEM, "no memory"), RuntimeError("restarting"), SystemExit()])

    def tick():
        raise next(turns)

    monkeypatch.setattr(watch, "tick", tick)
    monkeypatch.setattr(watch, "TICK_EVERY_S", 0)
    with pytest.raises(SystemExit):
        watch._tick_forever()
    assert "no memory" in (told := capsys.readouterr().out) and "restarting" in told


@pytest.mark.parametrize("end", ["stop", "tick"])
def test_an_import_that_ended_in_the_same_moment_keeps_what_it_brought(
    home, engine, monkeypatch, end
):
    dataset_id = store.create_dataset(
        store.create_project("Mine"), "Opened", request={"source": "x", "is_project": True}
    )
    seen = job_rows.job("import", dataset_id)
    store.dataset_ready(dataset_id, {"images": 3})
    removed = []
    monkeypatch.setattr(leftovers, "remove", removed.append)
    monkeypatch.setattr(job_rows, "jobs", lambda *_, **__: [seen])
    monkeypatch.setattr(watch, "_is_dead", lambda job: True)
    if end == "stop":
        imports.stop_intake(dataset_id)
    else:
        watch.tick()
    assert store.dataset(dataset_id).status == "ready" and removed == []
