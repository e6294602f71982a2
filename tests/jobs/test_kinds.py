"""The one mechanism for work of every kind, shown by a kind that only the tests have."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.jobs.counting import COUNT, CountArguments, folder
from tl_core.base import cores
from tl_core.base.errors import UserError
from tl_core.jobs import admission, engines, queue, registry, watch, work
from tl_core.signals import events, heartbeat, progress
from tl_core.store import job_rows
from tl_core.store.rows import AT_WORK

PATIENCE_S = 240.0


@pytest.fixture(autouse=True)
def _known(home, monkeypatch):
    """The line in the registry."""
    monkeypatch.setattr(registry, "KINDS", (*registry.KINDS, COUNT))


class Threads:
    """An engine whose workers are threads of this process; tells how many were at work at once.

    They begin once `gate` is open, as it is unless a test closes it.
    """

    def __init__(self) -> None:
        self.at_once: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self._threads: dict[str, threading.Thread] = {}

    def submit(self, kind: str, subject: str, folder: Path, environment: Mapping[str, str]) -> str:
        def begin() -> None:
            self.gate.wait(PATIENCE_S)
            work.do(kind, subject)

        thread = threading.Thread(target=begin, daemon=True)
        self._threads[subject] = thread
        thread.start()
        self.at_once.append(len(job_rows.jobs("count", AT_WORK)))
        return subject

    def alive(self, handle: str) -> bool:
        return self._threads[handle].is_alive()

    def cancel(self, handle: str) -> None:
        raise AssertionError("threads cannot be killed")


@pytest.fixture
def threads(monkeypatch):
    made = Threads()
    monkeypatch.setattr(engines, "_IN_USE", [made])
    return made


def until(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        watch.tick()
        time.sleep(0.02)


def status(subject):
    return watch.state(COUNT, subject).status


def test_a_job_is_asked_for_once_works_tells_and_ends(threads):
    assert queue.ask(COUNT, "a", CountArguments(until=3, step_s=0.05))
    assert not queue.ask(COUNT, "a", CountArguments(until=9))
    assert status("a") == "queued"
    until(lambda: status("a") == "finished")
    told = [event["event"] for event in events.read(folder("a"))[0]]
    assert told == ["started", *["progress"] * 3, "finished"]
    assert watch.state(COUNT, "a").view.metrics == {"share": pytest.approx(1 / 3)}
    assert heartbeat.age_s(folder("a")) is not None
    assert queue.ask(COUNT, "a", CountArguments(until=1)), "what has ended may be asked for again"


def test_it_is_stopped_where_it_waits_and_where_it_works(threads):
    queue.ask(COUNT, "waits", CountArguments(until=9))
    watch.stop(COUNT, "waits")
    assert status("waits") == "cancelled"
    queue.ask(COUNT, "works", CountArguments(until=9999, step_s=0.01))
    until(lambda: progress.state(folder("works")).done > 1)
    watch.stop(COUNT, "works")
    assert status("works") in {"stopping", "cancelled"}, "it may end within the same moment"
    until(lambda: status("works") == "cancelled")
    assert 0 < (progress.state(folder("works")).ending or {})["reached"] < 9999


def test_every_failure_has_one_form(home, engine, capfd):
    queue.ask(COUNT, "few", CountArguments(until=-1))
    queue.ask(COUNT, "bug", CountArguments(until=0))  # a share of nothing
    watch.tick()
    assert work.do("count", "few") == work.REFUSED and work.do("count", "bug") == work.BUG
    few, bug = watch.state(COUNT, "few"), watch.state(COUNT, "bug")
    assert few.error is not None and str(few.error) == "Nobody counts to -1. Give more."
    assert bug.error is not None and bug.error.code == "bug"
    assert [each.view.ending["code"] for each in (few, bug)] == ["too-few", "bug"]
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_thirty_begun_together_work_two_at_a_time_in_a_queue_that_can_be_seen(threads, monkeypatch):
    monkeypatch.setattr(cores, "available", lambda: 2)
    threads.gate.clear()
    names = [f"{number:02}" for number in range(30)]
    for name in names:
        queue.ask(COUNT, name, CountArguments(until=2))
    assert [job.subject for job in job_rows.jobs("count", ("queued",))] == names
    watch.tick()
    assert len(job_rows.jobs("count", ("queued",))) == 28
    threads.gate.set()
    until(lambda: not job_rows.jobs("count"))
    assert {status(name) for name in names} == {"finished"}
    assert max(threads.at_once) == admission.at_most(COUNT.needs) == 2


def test_one_whose_process_dies_is_tried_again_as_often_as_it_says_and_then_tells(home, engine):
    queue.ask(COUNT, "a", CountArguments(until=3))
    watch.tick()
    engine.kill("a")
    watch.tick()
    assert engine.submitted == [("count", "a")] * 2
    engine.kill("a")
    found = watch.state(COUNT, "a")
    assert found.status == "failed" and found.error is not None
    assert found.error.code == "process-ended"
    assert (found.view.ending or {})["code"] == "process-ended"


def test_one_that_does_not_hear_is_killed_in_the_end(home, engine, monkeypatch):
    queue.ask(COUNT, "deaf", CountArguments(until=3))
    watch.tick()
    watch.stop(COUNT, "deaf")
    watch.tick()
    assert engine.cancelled == [] and status("deaf") == "stopping"
    monkeypatch.setattr(watch.stopping, "waited_s", lambda folder: COUNT.stop_patience_s + 1)
    watch.tick()
    assert engine.cancelled == ["deaf"] and status("deaf") == "cancelled"


def test_a_process_whose_job_was_stopped_before_it_began_does_nothing(home, engine):
    queue.ask(COUNT, "a", CountArguments(until=3))
    watch.stop(COUNT, "a")
    assert work.do("count", "a") == work.DONE
    assert events.read(folder("a"))[0] == []


def test_a_kind_that_this_graft_does_not_know_is_left_alone(home, engine):
    job_rows.ask("dream", "sheep")
    watch.tick()
    found = job_rows.job("dream", "sheep")
    assert engine.submitted == [] and found is not None and found.status == "queued"


def test_kinds_have_names_of_their_own_and_wait_only_for_kinds_that_there_are(home):
    names = [kind.name for kind in registry.KINDS]
    assert len(set(names)) == len(names)
    for kind in registry.KINDS:
        assert kind.title and set(kind.waits_for) <= set(names)
        assert kind.run.__module__.startswith(("tl_core.jobs.kinds.", "tests."))


def test_many_that_claim_at_once_give_each_job_to_one(home, engine):
    for number in range(8):
        job_rows.ask("count", str(number))
    taken = []
    claiming = [
        threading.Thread(target=lambda: taken.append(job_rows.claim("count", 3))) for _ in range(12)
    ]
    for thread in claiming:
        thread.start()
    for thread in claiming:
        thread.join()
    found = [job.subject for job in taken if job is not None]
    assert sorted(found) == ["0", "1", "2"]


def test_what_is_wrong_with_the_arguments_is_a_fault_that_is_told(home, engine):
    job_rows.ask("count", "a", {"until": "many"})
    watch.tick()
    assert work.do("count", "a") == work.BUG
    with pytest.raises(UserError):
        raise watch.state(COUNT, "a").error or AssertionError


def test_who_asks_a_moment_later_removes_nothing_of_what_is_at_work(engine, monkeypatch):
    kind = replace(COUNT, begins_afresh=True)
    queue.ask(kind, "a", CountArguments(until=1))
    job_rows.claim(COUNT.name, 1)
    (folder("a") / "told").touch()
    # It looked before the other had asked.
    monkeypatch.setattr(job_rows, "job", lambda *_: None)
    assert not queue.ask(kind, "a", CountArguments(until=1))
    assert (folder("a") / "told").exists()


def test_a_kind_that_goes_on_from_files_keeps_these_alone_of_what_was_there(engine):
    kind = replace(COUNT, begins_afresh=True, goes_on_from="*.done")
    folder("a").mkdir(parents=True)
    for name in ("1.done", "events.jsonl"):
        (folder("a") / name).touch()
    (folder("a") / "scratch").mkdir()
    queue.ask(kind, "a", CountArguments(until=1))
    assert [path.name for path in folder("a").iterdir()] == ["1.done"]


def test_a_job_about_what_is_gone_fails_and_holds_up_no_other(engine):
    job_rows.ask("pack", "0123456789abcdef01234567-npz")
    job_rows.ask("fetch", "a_backbone_of_before")
    job_rows.claim("fetch", 1)
    queue.ask(COUNT, "a", CountArguments(until=1))
    watch.tick()
    assert engine.submitted == [(COUNT.name, "a")]
    for kind, subject, code in (
        ("pack", "0123456789abcdef01234567-npz", "format"),
        ("fetch", "a_backbone_of_before", "backbone"),
    ):
        job = job_rows.job(kind, subject)
        assert job is not None and job.status == "failed"
        assert job.error is not None and job.error["code"] == code


def test_who_slept_between_claim_and_start_ends_its_own_process(engine):
    queue.ask(COUNT, "a", CountArguments(until=1))
    slept = job_rows.claim(COUNT.name, 1)
    assert slept is not None
    job_rows.move(COUNT.name, "a", "queued", only_from=("running",), claim=slept.claimed_at)
    watch.tick()  # another process took it up meanwhile
    taken = job_rows.job(COUNT.name, "a")
    assert taken is not None and taken.handle in engine.working
    watch.submit(COUNT, slept)
    assert job_rows.job(COUNT.name, "a") == taken
    assert engine.working == {taken.handle} and engine.cancelled == ["a"]
