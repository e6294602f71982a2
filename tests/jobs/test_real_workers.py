"""Runs in real processes, through the queue: one that runs away, one that will not stop, a full disk."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import forks
from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.jobs import engines, run_actions, watch
from tl_core.signals import events, progress
from tl_core.training import checkpoint

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform == "win32", reason="needs SIGSTOP"),
]
LIMIT_S = 500


@pytest.fixture
def begun(made_dataset, monkeypatch):
    """A function that starts a run of a worker of its own; whatever is left of it is killed."""
    monkeypatch.setattr(engines, "_IN_USE", [forks.workers()])
    dataset_id = store.create_dataset(store.default_project().id, "made")
    made_dataset(classes=3, each=12, identifier=dataset_id)
    store.dataset_ready(dataset_id, {})
    runs = []

    def begin(**settings):
        config = TrainConfig(backbone="starter", patience=0, **settings)
        runs.append(run_actions.start_run(dataset_id, config, "click"))
        return runs[-1]

    yield begin
    for run_id in runs:
        handle = store.run(run_id).handle
        if handle is not None:
            engines.in_use().cancel(handle)


def until(condition):
    """Wait, ticking as a server does."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        watch.tick()
        time.sleep(0.2)


def of(run_id):
    return store.run(run_id)


def pid_of(run_id):
    return int((of(run_id).handle or "0").partition("/")[0])


def test_a_run_whose_loss_ran_away_hands_over_the_exact_head_that_it_started_from(begun):
    # Huge weights that tell all pictures apart have no loss, unless nobody is to be quite sure.
    run_id = begun(learning_rate=1e9, label_smoothing=0.1, refit=False)
    until(lambda: of(run_id).is_done)
    metrics = of(run_id).metrics or {}
    assert of(run_id).status == "finished" and metrics["ended"] == "diverged"
    assert metrics["test_accuracy"] == metrics["closed_form_accuracy"] > 0.5


def test_a_run_that_failed_keeps_its_best_epoch_as_a_judged_model(begun):
    run_id = begun(epochs=500)
    until(lambda: progress.state(ids.run_folder(run_id)).epoch >= 1)
    run_actions.pause(run_id)
    until(lambda: of(run_id).status == "paused")
    failure = {"code": "disk-full", "message": "The disk is full.", "hint": "Free some space."}
    assert store.move_run(run_id, "failed", only_from=("paused",), error=failure)
    run_actions.keep_best(run_id)
    until(lambda: of(run_id).metrics)
    assert of(run_id).status == "cancelled" and (of(run_id).metrics or {})["test_accuracy"] > 0.5
    assert (ids.run_folder(run_id) / "model" / "tail.safetensors").exists()


def test_a_worker_that_does_not_hear_the_wish_to_stop_is_ended_and_loses_nothing(begun):
    run_id = begun(epochs=500)
    folder = ids.run_folder(run_id)
    until(lambda: progress.state(folder).epoch >= 2)
    handle = of(run_id).handle
    assert handle is not None
    os.kill(pid_of(run_id), signal.SIGSTOP)  # as deaf as in the midst of a very long step
    run_actions.stop(run_id)
    until(lambda: of(run_id).status == "cancelled")
    assert not engines.in_use().alive(handle)
    kept, damaged = checkpoint.load(folder / checkpoint.FOLDER)
    assert kept is not None and kept.epoch >= 2 and damaged == []
    until(lambda: of(run_id).metrics)
    metrics = of(run_id).metrics or {}
    assert of(run_id).status == "cancelled" and metrics["epochs"] == kept.epoch
    assert (folder / "model" / "tail.safetensors").exists()


NOT_ALLOWED = 77
# A worker whose cache lies on a small disk of its own. That is filled up once the first pictures are
# encoded, so that it is the kernel that refuses the next ones; then it is emptied and the run goes on.
SMALL_DISK = f"""
import json, subprocess, sys
from pathlib import Path
from tl_core.signals import events; from tl_core.base import ids; from tl_core import store; from tl_core.jobs import work as working
from tl_core.encoding import encode

run_id, disk = sys.argv[1], Path(sys.argv[2])
mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)])
if mounted.returncode:
    sys.exit({NOT_ALLOWED})
encode.WRITE_BYTES = 1  # every batch is kept at once
ballast, plain = disk / "ballast", events.Writer.emit

def emit(self, event, **fields):
    plain(self, event, **fields)
    if event == "progress" and fields["done"] and not ballast.exists():
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

def work():
    store.claim_next()
    working.do("train", run_id)
    row = store.run(run_id)
    return {{"status": row.status, "error": row.error}}

events.Writer.emit = emit
first = work()
events.Writer.emit = plain
ballast.unlink()
store.move_run(run_id, "queued", only_from=("failed",))
print(json.dumps([first, work()]))
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_disk_that_fills_up_while_encoding_is_named_and_the_run_goes_on_once_there_is_room(
    made_dataset,
    home,
):
    dataset_id = store.create_dataset(store.default_project().id, "made")
    made_dataset(classes=3, each=24, identifier=dataset_id)
    store.dataset_ready(dataset_id, {})
    run_id, config = ids.new(), TrainConfig(backbone="starter", epochs=1)
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(config.model_dump_json())
    (folder / "run.json").write_text(json.dumps({"run": run_id, "dataset": dataset_id}))
    store.add_run(dataset_id, "", config.model_dump(mode="json"), "click", run_id=run_id)
    (home / "cache").mkdir(exist_ok=True)
    child = subprocess.run(
        ["unshare", "-rm", sys.executable, "-c", SMALL_DISK, run_id, str(home / "cache")],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    if child.returncode == NOT_ALLOWED or child.stderr.startswith("unshare: "):
        pytest.skip("this system lets nobody mount a small disk")
    assert child.returncode == 0, child.stderr[-2000:]
    first, then = json.loads(child.stdout.splitlines()[-1])
    assert first["status"] == "failed" and first["error"]["code"] == "disk-full"
    assert "goes on where it was" in first["error"]["hint"]
    assert then["status"] == "finished"
    told = [event for event in events.read(folder)[0] if event.get("phase") == "encode"]
    begins = [number for number, event in enumerate(told) if event["event"] == "phase"]
    kept = max(event["done"] for event in told[: begins[1]] if event["event"] == "progress")
    texts = [told[number]["text"] for number in begins]
    assert 0 < kept < 72
    assert texts == ["Encoding 72 pictures", f"Encoding {72 - kept} pictures, {kept} known"]


# A worker whose home can only be read from its second epoch on, as a failing disk turns, and is itself
# again a few seconds after the worker met that.
READ_ONLY_DISK = f"""
import json, subprocess, sys, threading
from tl_core.signals import events; from tl_core import store; from tl_core.jobs import work as working

run_id, home = sys.argv[1], sys.argv[2]
plain, turned = events.Writer.emit, []

def emit(self, event, **fields):
    plain(self, event, **fields)
    if event == "epoch" and fields["epoch"] == 1 and not turned:
        # On top, so that what is open for writing does not forbid it.
        turned.append(subprocess.run(["mount", "--bind", home, home]).returncode)
        turned.append(subprocess.run(["mount", "-o", "remount,bind,ro", home]).returncode)
    if event == "failed":
        seen.append(store.run(run_id).status)
        threading.Timer(2.0, subprocess.run, [["umount", "-l", home]]).start()

def work():
    store.claim_next()
    working.do("train", run_id)
    row = store.run(run_id)
    return {{"status": row.status, "error": row.error, "written": not store.is_remembered(run_id)}}

seen = []
events.Writer.emit = emit
first = work()
if turned != [0, 0]:
    sys.exit({NOT_ALLOWED})
store.move_run(run_id, "queued", only_from=("failed",))
print(json.dumps([seen, first, work()]))
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_run_whose_disk_turns_read_only_fails_with_the_reason_and_goes_on_once_it_can(
    made_dataset, home
):
    dataset_id = store.create_dataset(store.default_project().id, "made")
    made_dataset(classes=3, each=12, identifier=dataset_id)
    store.dataset_ready(dataset_id, {})
    config = TrainConfig(backbone="starter", epochs=3, patience=0)
    run_id = ids.new()
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(config.model_dump_json())
    (folder / "run.json").write_text(json.dumps({"run": run_id, "dataset": dataset_id}))
    store.add_run(dataset_id, "", config.model_dump(mode="json"), "click", run_id=run_id)
    child = subprocess.run(
        ["unshare", "-rm", sys.executable, "-c", READ_ONLY_DISK, run_id, str(home)],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    if child.returncode == NOT_ALLOWED or child.stderr.startswith("unshare: "):
        pytest.skip("this system lets nobody mount a disk that can only be read")
    assert child.returncode == 0, child.stderr[-2000:]
    seen, first, then = json.loads(child.stdout.splitlines()[-1])
    assert seen == ["failed"]  # told at once, though the store could not take it
    assert first["status"] == "failed" and first["error"]["code"] == "disk-read-only"
    assert first["written"] and then["status"] == "finished"


def test_a_worker_that_is_killed_before_it_learnt_anything_is_tried_again_and_ends_in_the_same_bits(
    begun,
):
    plain = begun(epochs=2)
    until(lambda: of(plain).is_done)
    run_id = run_actions.start_run(
        of(plain).dataset_id, run_actions.settings_of(plain), "another click"
    )
    for restarts in (1, 2):
        until(lambda: of(run_id).status == "running" and of(run_id).handle is not None)
        os.kill(pid_of(run_id), signal.SIGKILL)
        until(lambda restarts=restarts: of(run_id).restarts == restarts)
    until(lambda: of(run_id).is_done)
    assert of(run_id).status == "finished"
    one, two = (ids.run_folder(run) / "model" / "tail.safetensors" for run in (plain, run_id))
    assert one.read_bytes() == two.read_bytes()
