"""Real processes: the local engine, locks, the heartbeat and the one server of a store."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.waiting import wait_for
from tl_core.base import locks
from tl_core.base.errors import UserError
from tl_core.jobs import priority, server
from tl_core.jobs.engines import local
from tl_core.jobs.engines.local import LocalEngine
from tl_core.signals import heartbeat
from tl_core.store.claim import claim

WORK = "0123456789abcdef01234567"

STAND_IN = """
import json, os, subprocess, sys, time
print(json.dumps({"arguments": sys.argv[1:], "environment": dict(os.environ)}), flush=True)
if os.environ.get("GRAFT_TEST_WITH_CHILD"):
    code = "import time; time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    print(json.dumps({"child": child.pid}), flush=True)
time.sleep(float(os.environ.get("GRAFT_TEST_SLEEP", "60")))
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalEngine:
    """A local engine whose `-m tl_core` is a script of the test's own."""
    package = tmp_path / "stand_in" / "tl_core"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(STAND_IN)
    monkeypatch.setattr(local, "ROOT", package.parent)
    return LocalEngine()


def pid_of(handle):
    return int(handle.partition("/")[0])


def told(folder):
    log = folder / local.LOG
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def test_work_runs_in_a_session_of_its_own_until_it_is_cancelled(stand_in, tmp_path):
    handle = stand_in.submit("train", WORK, tmp_path / "run", {})
    pid = pid_of(handle)
    assert stand_in.alive(handle)
    assert os.getsid(pid) == pid != os.getsid(0)
    assert psutil.Process(pid).nice() >= priority.PAGES_FIRST
    shared = Path(f"/proc/{pid}/autogroup")
    if os.access(shared, os.W_OK):  # its session as a whole gives way too
        assert shared.read_text().split()[-1] == str(priority.PAGES_FIRST)
    assert not stand_in.alive(f"{pid}/{'f' * 24}")
    stand_in.cancel(handle)
    wait_for(lambda: not stand_in.alive(handle))


def test_work_just_started_is_alive_though_its_command_line_cannot_be_read_yet(
    stand_in, tmp_path, monkeypatch
):
    unread = [[], [], []]
    read = psutil.Process.cmdline
    monkeypatch.setattr(
        psutil.Process, "cmdline", lambda process: unread.pop() if unread else read(process)
    )
    handle = stand_in.submit("train", WORK, tmp_path / "run", {})
    assert not unread
    assert stand_in.alive(handle)
    stand_in.cancel(handle)


def test_work_that_ended_by_itself_is_not_alive(stand_in, tmp_path):
    handle = stand_in.submit("train", WORK, tmp_path / "run", {"GRAFT_TEST_SLEEP": "0"})
    wait_for(lambda: not stand_in.alive(handle))
    stand_in.cancel(handle)


def test_cancelling_leaves_no_children_even_of_stopped_work(stand_in, tmp_path):
    folder = tmp_path / "run"
    handle = stand_in.submit("train", WORK, folder, {"GRAFT_TEST_WITH_CHILD": "1"})
    child = wait_for(lambda: (folder / local.LOG).exists() and len(told(folder)) == 2)
    child = told(folder)[1]["child"]
    os.kill(pid_of(handle), signal.SIGSTOP)
    stand_in.cancel(handle)
    wait_for(lambda: not stand_in.alive(handle))
    wait_for(
        lambda: (
            not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE
        )
    )


def test_somebody_elses_process_is_never_cancelled(stand_in):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    stand_in.cancel(f"{other.pid}/{WORK}")
    assert other.poll() is None
    other.kill()
    other.wait()


def test_work_gets_what_it_needs_of_the_environment_and_no_secrets(stand_in, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", "hush")
    monkeypatch.setenv("KERAS_HOME", "/weights")
    folder = tmp_path / "run"
    environment = {"GRAFT_OWNER": "ada", "GRAFT_TEST_SLEEP": "0"}
    handle = stand_in.submit("import", WORK, folder, environment)
    wait_for(lambda: not stand_in.alive(handle))
    first = told(folder)[0]
    assert first["arguments"] == ["job", "import", WORK]
    assert "hush" not in first["environment"].values()
    assert first["environment"]["KERAS_HOME"] == "/weights"
    assert first["environment"]["GRAFT_OWNER"] == "ada"
    assert first["environment"]["PATH"] == os.environ["PATH"]


def test_a_lock_is_taken_once_and_names_its_holder(tmp_path):
    first, second = locks.Lock(tmp_path / "lock"), locks.Lock(tmp_path / "lock")
    assert first.take() is None
    assert second.take() == os.getpid()
    first.release()
    assert second.take() is None
    second.release()


def test_a_lock_is_free_again_when_its_holder_dies(tmp_path):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from tl_core.base.locks import Lock\n"
            "lock = Lock(Path(sys.argv[1])); print(lock.take(), flush=True); time.sleep(60)",
            str(tmp_path / "lock"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "None\n"
    mine = locks.Lock(tmp_path / "lock")
    assert mine.take() == holder.pid
    holder.kill()
    holder.communicate()
    assert mine.take() is None
    mine.release()


def test_two_workers_never_work_on_one_run(tmp_path):
    lock = locks.one_writer(tmp_path)
    with pytest.raises(UserError, match=f"Process {os.getpid()} already works"):
        locks.one_writer(tmp_path)
    lock.release()
    locks.one_writer(tmp_path).release()


def test_a_heart_beats_while_the_work_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_EVERY_S", 0.05)
    assert heartbeat.age_s(tmp_path) is None
    with heartbeat.Heartbeat(tmp_path):
        os.utime(tmp_path / heartbeat.FILE, (0, 0))
        wait_for(lambda: (heartbeat.age_s(tmp_path) or 99) < 1)
    os.utime(tmp_path / heartbeat.FILE, (0, 0))
    time.sleep(0.15)
    assert heartbeat.is_silent(tmp_path)


def test_a_second_server_on_the_same_store_ends_with_3_and_names_the_first(home):
    lock = claim(home)
    second = subprocess.run(
        [sys.executable, "-c", "from tl_core.jobs import server; server.start(); print('up')"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    lock.release()
    assert second.returncode == server.EXIT_REFUSED
    assert second.stdout == ""
    assert second.stderr.count("\n") == 1
    assert f"process {os.getpid()}" in second.stderr


def test_a_server_starts_once_however_often_it_is_asked(home):
    alone = subprocess.run(
        [
            sys.executable,
            "-c",
            "import threading; from tl_core.jobs import server\n"
            "server.start(); server.start()\n"
            "print([thread.name for thread in threading.enumerate()].count('dispatcher'))",
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (alone.returncode, alone.stdout, alone.stderr) == (0, "1\n", "")


def test_a_store_that_cannot_be_written_ends_the_server_with_3(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "file"))
    refused = subprocess.run(
        [sys.executable, "-c", "from tl_core.jobs import server; server.start()"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == server.EXIT_REFUSED
    assert refused.stderr.count("\n") == 1
    assert "[store-read-only]" in refused.stderr
