"""What the page of a run offers once it has ended."""

import time
from contextlib import nullcontext

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.runs import planned_and_actual
from pages.parts.shared import page_files
from tests.made import FakeEngine
from tests.pages.test_pages import MAIN
from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.jobs import engines, run_actions
from tl_core.signals import events
from tl_core.signals.progress import RunView
from tl_core.training import checkpoint


@pytest.mark.parametrize("code", ["diverged", "process-ended"])
def test_the_best_epoch_of_a_run_that_failed_can_be_kept(dataset_id, monkeypatch, code):
    engine = FakeEngine()
    monkeypatch.setattr(engines, "_IN_USE", [engine])
    run_id = run_actions.start_run(dataset_id, TrainConfig(), "click")
    kept = ids.run_folder(run_id) / "checkpoints" / "epoch-0002"
    kept.mkdir(parents=True)
    (kept / "manifest.json").write_text("{}")
    store.run_failed(run_id, UserError(code, "It failed in epoch 3.", "Do something."))
    engine.kill(run_id)
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(page_files.RUNS).run()
    assert not app.exception, app.exception
    other = "gentler" if code == "diverged" else "resume"
    assert app.button(key=f"{other}-{run_id}")
    app.button(key=f"keep-{run_id}").click().run()
    assert not app.exception, app.exception
    assert store.run(run_id).status == "judging"
    assert engine.submitted == [("train", run_id)] * 2
    assert not any("failed in epoch" in error.value for error in app.error)


@pytest.mark.parametrize("had_result", [True, False])
def test_a_run_whose_checkpoints_are_all_damaged_lets_a_person_choose(
    dataset_id, monkeypatch, had_result
):
    engine = FakeEngine()
    monkeypatch.setattr(engines, "_IN_USE", [engine])
    run_id = run_actions.start_run(dataset_id, TrainConfig(epochs=7), "click")
    if had_result:
        store.run_cancelled(run_id, {"test_accuracy": 0.5})
        run_actions.resume(run_id)
    kept = ids.run_folder(run_id) / "checkpoints" / "epoch-0002"
    kept.mkdir(parents=True)
    with pytest.raises(UserError) as damaged:
        checkpoint.require_one(kept.parent)
    store.run_failed(run_id, damaged.value)
    engine.kill(run_id)
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(page_files.RUNS).run()
    assert any("epoch" in error.value and "damaged" in error.value for error in app.error)
    keys = {button.key for button in app.button}
    assert f"resume-{run_id}" not in keys and f"keep-{run_id}" not in keys
    assert (f"earlier-{run_id}" in keys) == had_result
    if had_result:
        app.button(key=f"earlier-{run_id}").click().run()
        assert not app.exception, app.exception
        assert store.run(run_id).status == "cancelled"
        assert store.run(run_id).metrics == {"test_accuracy": 0.5}
        return
    app.button(key=f"over-{run_id}").click().run()
    assert not app.exception, app.exception
    newest, old = store.runs()
    assert (old.id, old.status) == (run_id, "failed")
    assert newest.setting("epochs") == 7 and newest.id != run_id


@pytest.mark.parametrize(("since_s", "told"), [(1, "takes about 3"), (30, "and takes longer")])
def test_a_phase_that_takes_longer_than_was_said_is_told_to(dataset_id, monkeypatch, since_s, told):
    engine = FakeEngine()
    monkeypatch.setattr(engines, "_IN_USE", [engine])
    run_id = run_actions.start_run(dataset_id, TrainConfig(), "click")
    with monkeypatch.context() as earlier, events.Writer(ids.run_folder(run_id)) as emit:
        began = time.time() - since_s
        earlier.setattr(time, "time", lambda: began)
        emit("started", epochs=3)
        emit("phase", phase="convert", text="Preparing the frozen part", expected_s=3.0)
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(page_files.RUNS).run()
    assert not app.exception, app.exception
    (bar,) = app.get("progress")
    assert told in bar.proto.text


@pytest.mark.parametrize(("others_s", "is_said"), [(30.0, True), (2.0, False)])
def test_a_run_that_other_work_held_up_says_by_how_much(monkeypatch, others_s, is_said):
    told = []
    monkeypatch.setattr(planned_and_actual.st, "caption", told.append)
    monkeypatch.setattr(planned_and_actual, "_bars", lambda rows: None)
    seconds = {"total": 60.0, "others": others_s}
    view = RunView(
        said_s={"fit": 30.0},
        spent_s={"fit": 60.0},
        worked_s=60.0,
        ending={"event": "finished", "seconds": seconds},
    )
    planned_and_actual.draw(view, "Encoding")
    held_up = [text for text in told if "Other work on this computer took" in text]
    assert bool(held_up) == is_said
    assert not is_said or "30" in held_up[0]


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (100, "said 32 s, took 47 s"),
        (17, "said 32 s for 100 epochs, took 47 s for 17"),
        (0, "said 32 s, took 47 s"),
    ],
    ids=["all", "ended early", "solved at once"],
)
def test_what_was_said_of_all_epochs_is_not_held_against_some(monkeypatch, done, told):
    heads = []
    monkeypatch.setattr(planned_and_actual, "_bars", lambda rows: None)
    monkeypatch.setattr(
        planned_and_actual.st, "expander", lambda head: heads.append(head) or nullcontext()
    )
    view = RunView(
        said_s={"fit": 32.0},
        spent_s={"fit": 47.0},
        worked_s=47.0,
        planned_epochs=100,
        epochs=tuple({"epoch": number + 1} for number in range(done)),
    )
    planned_and_actual.draw(view, "Encoding")
    assert heads == [f"Was the estimate right? :small[{told}]"]
