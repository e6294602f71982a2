"""How a worker records its end, whatever that end is; the training itself is a stand-in."""

import errno
import json
from dataclasses import replace

import pytest

from tl_core import store
from tl_core.base import ids, locks
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.jobs import bell, registry, watch, work
from tl_core.jobs.kinds.training import TRAIN
from tl_core.signals import events
from tl_core.store import job_rows
from tl_core.training import pipeline


@pytest.fixture
def run(home, engine):
    project = store.default_project().id
    dataset = store.create_dataset(project, "pictures")
    store.dataset_ready(dataset, {})
    made = ids.new()
    store.add_run(dataset, "a run", TrainConfig().model_dump(mode="json"), "token", run_id=made)
    ids.run_folder(made).mkdir(parents=True)
    store.claim_next()
    return made


def stand_in(monkeypatch, behave):
    monkeypatch.setattr(pipeline, "train", lambda folder, emit, **_: behave(emit))


def told(run):
    return events.read(ids.run_folder(run))[0]


def raising(error):
    def behave(emit):
        raise error

    return behave


DONE = {"status": "finished", "metrics": {"test_accuracy": 0.9}, "seconds": {"total": 1.0}}


def test_a_finished_run_is_told_and_stored(run, monkeypatch):
    stand_in(monkeypatch, lambda emit: DONE)
    assert work.do("train", run) == 0
    assert [event["event"] for event in told(run)] == ["started", "finished"]
    assert told(run)[0]["device"] and told(run)[0]["epochs"] == 10
    assert store.run(run).status == "finished" and store.run(run).metrics == DONE["metrics"]


def test_a_stopped_run_keeps_the_numbers_of_its_best_weights(run, monkeypatch):
    told_first = []
    done = DONE | {"status": "cancelled"}
    done["later"] = lambda: told_first.append(store.run(run).status)
    stand_in(monkeypatch, lambda emit: done)
    assert work.do("train", run) == 0
    assert told(run)[-1]["event"] == "cancelled" and told_first == ["cancelled"]
    assert store.run(run).status == "cancelled" and store.run(run).metrics == DONE["metrics"]


def test_what_is_judged_after_the_end_was_told_is_stored_unless_the_run_goes_on(run, monkeypatch):
    stopped = {"status": "cancelled", "metrics": {}, "seconds": {}}
    stand_in(monkeypatch, lambda emit: stopped | {"later": lambda: DONE["metrics"]})
    work.do("train", run)
    assert store.run(run).metrics == DONE["metrics"]

    def taken_up_again():
        store.move_run(run, "queued", only_from=("judging",), metrics=None)
        return {"test_accuracy": 0.1}

    store.move_run(run, "running", only_from=("cancelled",))
    stand_in(monkeypatch, lambda emit: stopped | {"later": taken_up_again})
    work.do("train", run)
    assert store.run(run).metrics is None


def test_who_judges_a_stopped_run_does_not_end_it_when_it_goes_on_meanwhile(run, monkeypatch):
    store.move_run(run, "judging", only_from=("running",))

    def resumed(emit):
        assert store.move_run(run, "queued", only_from=("judging",))
        return DONE | {"status": "cancelled"}

    stand_in(monkeypatch, resumed)
    work.do("train", run)
    assert store.run(run).status == "queued" and store.run(run).claimed_at is None

    def taken_up(emit):
        resumed(emit)
        store.claim_next()
        return DONE | {"status": "cancelled"}

    store.claim_next()
    store.move_run(run, "judging", only_from=("running",))
    stand_in(monkeypatch, taken_up)
    work.do("train", run)
    assert store.run(run).status == "running"


def test_a_paused_run_says_so_and_keeps_its_state(run, monkeypatch):
    paused = {"status": "cancelled", "metrics": {}, "seconds": {"total": 1.0}, "paused": True}
    stand_in(monkeypatch, lambda emit: paused)
    assert work.do("train", run) == 0
    assert told(run)[-1]["paused"] and store.run(run).status == "paused"


def test_the_seconds_of_earlier_lives_are_in_the_total(run, monkeypatch):
    with events.Writer(ids.run_folder(run)) as writer:
        writer.emit("started")
    log = ids.run_folder(run) / events.FILE
    early = json.loads(log.read_text())
    later = early | {"event": "epoch", "epoch": 1, "time": early["time"] + 40.0}
    log.write_text(f"{json.dumps(early)}\n{json.dumps(later)}\n")
    stand_in(monkeypatch, lambda emit: DONE)
    work.do("train", run)
    assert told(run)[-1]["seconds"]["total"] == 41.0


def test_a_run_that_was_killed_while_stopping_is_only_finished(run, monkeypatch):
    store.run_judging(run)
    asked = {}
    monkeypatch.setattr(pipeline, "train", lambda *_, **how: asked.update(how) or DONE)
    work.do("train", run)
    assert asked == {"only_finish": True}


def test_what_a_person_can_put_right_is_recorded_word_for_word(run, monkeypatch):
    stand_in(monkeypatch, raising(UserError("diverged", "It ran away.", "Lower the rate.")))
    assert work.do("train", run) == work.REFUSED
    last = told(run)[-1]
    assert (last["event"], last["code"], last["hint"]) == ("failed", "diverged", "Lower the rate.")
    assert store.run(run).error == {
        "code": "diverged",
        "message": "It ran away.",
        "hint": "Lower the rate.",
    }


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named(run, monkeypatch, number):
    stand_in(monkeypatch, raising(OSError(number, "no space")))
    work.do("train", run)
    assert store.run(run).status == "failed" and store.run(run).error["code"] == "disk-full"


@pytest.mark.parametrize(
    ("number", "code"), [(errno.EROFS, "disk-read-only"), (errno.EIO, "disk-faulty")]
)
def test_a_disk_that_takes_nothing_is_the_reason_and_no_fault_of_graft(
    run, monkeypatch, number, code
):
    stand_in(monkeypatch, raising(OSError(number, "no")))
    assert work.do("train", run) == work.REFUSED
    assert store.run(run).status == "failed" and store.run(run).error["code"] == code
    assert told(run)[-1]["code"] == code


def test_an_end_that_the_store_does_not_take_is_written_once_it_does(run, monkeypatch):
    plain, refused = job_rows.move, []

    def refuse(*words, **values):
        if len(refused) < 3:
            refused.append(words)
            raise UserError("disk-read-only", "The disk can only be read.")
        return plain(*words, **values)

    monkeypatch.setattr(work, "STORE_EVERY_S", 0.01)
    monkeypatch.setattr(job_rows, "move", refuse)
    stand_in(monkeypatch, raising(OSError(errno.EROFS, "no")))
    assert work.do("train", run) == work.REFUSED
    assert len(refused) == 3 and not store.is_remembered(run)
    assert store.run(run).error["code"] == "disk-read-only"


def test_a_run_that_is_tried_again_says_so(run, monkeypatch):
    store.move_run(run, "running", only_from=("running", "queued"), restarts=1)
    stand_in(monkeypatch, lambda emit: DONE)
    work.do("train", run)
    assert any("try 2 of 3" in event.get("text", "") for event in told(run))


def test_a_bug_is_recorded_and_its_traceback_kept_for_the_log(run, monkeypatch, capfd):
    stand_in(monkeypatch, raising(ZeroDivisionError("a secret")))
    assert work.do("train", run) == 1
    error = store.run(run).error
    assert error["code"] == "bug" and "a secret" not in error["message"]
    assert "ZeroDivisionError: a secret" in capfd.readouterr().err


def test_a_second_worker_is_refused_and_changes_nothing(run, monkeypatch):
    stand_in(monkeypatch, lambda emit: DONE)
    impatient = replace(TRAIN, lock_patience_s=0.0)
    monkeypatch.setattr(registry, "get", lambda name: impatient)
    held = locks.one_writer(ids.run_folder(run))
    with pytest.raises(UserError) as caught:
        work.do("train", run)
    held.release()
    assert caught.value.code == "already-running"
    assert store.run(run).status == "running" and told(run) == []


def test_the_next_run_of_the_queue_is_left_to_whoever_ticks_who_is_told_at_once(
    run, monkeypatch, engine
):
    stand_in(monkeypatch, lambda emit: DONE)
    row = store.run(run)
    after = ids.new()
    store.add_run(row.dataset_id, "next", row.config, "other", run_id=after)
    heard = bell.rung_at()
    work.do("train", run)
    assert engine.submitted == [] and bell.rung_at() != heard
    watch.tick()
    assert engine.submitted == [("train", after)]
