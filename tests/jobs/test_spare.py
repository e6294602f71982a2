"""The worker that waits with TensorFlow imported."""

import json
import os
import subprocess
import sys

import psutil
import pytest

from tests.waiting import wait_for
from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.jobs import engines, run_actions, spare
from tl_core.jobs.engines.local import LocalEngine
from tl_core.jobs.spare import Spare
from tl_core.pricing import calibration
from tl_core.signals import progress

PLENTY = 8 * 1024**3
WAITING = """
import sys
from pathlib import Path
place = Path(sys.argv[1])
place.parent.mkdir(parents=True, exist_ok=True)
place.write_text("ready")
line = sys.stdin.readline()
Path(sys.argv[1] + ".order").write_text(line)
"""


@pytest.fixture
def memory(monkeypatch):
    """A function that sets how much memory is free."""

    def free(size):
        told = psutil.virtual_memory()._replace(available=size)
        monkeypatch.setattr(spare.psutil, "virtual_memory", lambda: told)

    free(PLENTY)
    return free


@pytest.fixture
def kept(home, memory):
    """A spare of a stand-in, and the children it started."""
    started = []

    def spawn(words):
        place = home / "spares" / words[-1]
        child = subprocess.Popen(
            [sys.executable, "-c", WAITING, str(place)], stdin=subprocess.PIPE, text=True
        )
        started.append((child, place))
        return child

    one = Spare(spawn)
    yield one, started
    one.drop()


def test_one_spare_waits_and_takes_up_one_run(kept, tmp_path):
    one, started = kept
    one.keep()
    one.keep()
    assert len(started) == 1
    child, place = started[0]
    wait_for(lambda: place.exists() and place.read_text() == "ready")
    run = ids.new()
    assert one.take(run, tmp_path, {"GRAFT_OWNER": "ada"}) == child.pid
    told = place.parent / f"{place.name}.order"
    order = json.loads(wait_for(lambda: told.exists() and told.read_text()))
    assert order == {"run": run, "folder": str(tmp_path), "environment": {"GRAFT_OWNER": "ada"}}
    assert spare.works_on(["python", "-m", "tl_core", "spare", place.name], run)
    assert not spare.works_on(["python", "-m", "tl_core", "spare", place.name], ids.new())
    assert one.take(ids.new(), tmp_path, {}) is None
    one.keep()
    assert len(started) == 2


def test_a_spare_that_is_still_importing_takes_nothing_up(kept, tmp_path, monkeypatch):
    one, _started = kept
    one.keep()
    monkeypatch.setattr(spare, "_is_ready", lambda token: False)
    assert one.take(ids.new(), tmp_path, {}) is None


def test_little_memory_or_the_setting_let_it_go(kept, memory, monkeypatch):
    one, started = kept
    memory(spare.FREE_BYTES - 1)
    one.keep()
    assert started == []
    memory(PLENTY)
    one.keep()
    memory(spare.FREE_BYTES - 1)
    one.keep()  # its own memory does not count against it
    assert started[0][0].poll() is None
    monkeypatch.setenv("GRAFT_QUICK_START", "0")
    one.keep()
    assert started[0][0].poll() is not None


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="reads /proc")
def test_a_real_spare_ends_with_its_server(home):
    code = (
        "from tl_core.jobs.engines.local import _spawn_spare; import sys, time\n"
        f"child = _spawn_spare(['spare', '{'a' * 24}'])\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    place = home / "spares" / ("a" * 24)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as server:
        pid = int(server.stdout.readline())
        wait_for(place.exists)
        server.kill()
    wait_for(lambda: not psutil.pid_exists(pid))
    assert not place.exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_that_is_clicked_goes_to_the_spare_and_waits_for_no_libraries(
    shapes,
    memory,
    monkeypatch,
):
    engine = LocalEngine()
    monkeypatch.setattr(engines, "_IN_USE", [engine])
    engine.get_ready(is_idle=True)
    assert not spare.waits()
    wait_for(spare.waits)
    run = run_actions.start_run(shapes.id, TrainConfig(epochs=1), "click")
    handle = store.run(run).handle
    pid = int(handle.partition("/")[0])
    wait_for(lambda: progress.state(ids.run_folder(run)).starts)  # its first event
    assert spare.works_on(psutil.Process(pid).cmdline(), run)
    assert not spare.waits()
    wait_for(lambda: store.run(run).status == "finished")
    kept = json.loads((ids.run_folder(run) / "plan.json").read_text("utf-8"))
    # Loaded libraries are not said to take time, nor is it learnt that they take none.
    assert kept["import_s"] == 0
    taught = calibration.current().factors
    assert taught and not any(name.startswith("import") for name in taught)
    wait_for(lambda: not engine.alive(handle))
