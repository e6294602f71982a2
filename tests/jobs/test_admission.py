"""Work that many ask for at once waits its turn, in order, and nobody's turn is lost."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tl_core import store
from tl_core.base import cores, machine
from tl_core.jobs import admission, imports, registry, watch, work
from tl_core.jobs.kinds.importing import IMPORT

ALL = [*admission.NEEDS.values(), *(kind.needs for kind in registry.KINDS)]


@pytest.fixture
def two_at_a_time(monkeypatch):
    monkeypatch.setattr(admission, "at_most", lambda needs: 2)


def begin(folder, count):
    project = store.default_project().id
    return [imports.start_intake(project, folder, f"D{number}") for number in range(count)]


def submitted(engine):
    return [identifier for _, identifier in engine.submitted]


def test_thirty_imports_started_together_run_two_at_a_time(
    home, engine, picture_folder, two_at_a_time
):
    waiting = begin(picture_folder(), 30)
    assert submitted(engine) == waiting[:2]
    assert [imports.imports_before(store.dataset(one)) for one in waiting[:5]] == [
        None,
        None,
        0,
        1,
        2,
    ]
    store.dataset_ready(waiting[1], {})
    watch.tick()
    watch.tick()
    assert submitted(engine) == waiting[:3]
    for one in waiting:
        store.dataset_ready(one, {})
        watch.tick()
    assert sorted(submitted(engine)) == sorted(waiting)


def test_an_import_that_waits_is_not_taken_for_dead(
    home, engine, picture_folder, two_at_a_time, monkeypatch
):
    waiting = begin(picture_folder(), 3)
    monkeypatch.setattr(watch, "CLAIM_PATIENCE_S", -1)
    watch.tick()
    assert store.dataset(waiting[2]).status == "importing"


def test_an_import_that_dies_makes_room(home, engine, picture_folder, two_at_a_time):
    waiting = begin(picture_folder(), 3)
    engine.kill(waiting[0])
    watch.tick()
    assert store.dataset(waiting[0]).status == "failed"
    assert submitted(engine) == waiting


def test_who_stops_a_waiting_import_leaves_the_queue(home, engine, picture_folder, two_at_a_time):
    waiting = begin(picture_folder(), 4)
    imports.stop_intake(waiting[2])
    assert imports.imports_before(store.dataset(waiting[3])) == 0
    store.dataset_ready(waiting[0], {})
    watch.tick()
    assert submitted(engine) == [*waiting[:2], waiting[3]]


def test_a_worker_whose_import_was_stopped_before_it_began_does_nothing(
    home, engine, picture_folder
):
    (stopped,) = begin(picture_folder(), 1)
    imports.stop_intake(stopped)
    assert work.do("import", stopped) == 0
    assert store.dataset(stopped).status == "failed"


def test_many_claim_at_once_and_no_more_are_taken_up_than_may_be(
    home, engine, picture_folder, monkeypatch
):
    monkeypatch.setattr(admission, "at_most", lambda needs: 0)
    waiting = begin(picture_folder(), 8)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: store.claim_import(3), range(16)))
    assert sorted(row.id for row in taken if row) == sorted(waiting[:3])


def test_a_small_machine_still_does_one_of_each(monkeypatch):
    monkeypatch.setattr(machine, "memory_bytes", lambda: 1)
    monkeypatch.setattr(cores, "available", lambda: 1)
    assert {admission.at_most(needs) for needs in ALL} == {1}


def test_a_large_machine_does_more(monkeypatch):
    monkeypatch.setattr(machine, "memory_bytes", lambda: 64 * admission.GIB)
    monkeypatch.setattr(cores, "available", lambda: 16)
    assert admission.at_most(IMPORT.needs) == 16
    assert admission.at_most(admission.NEEDS["export"]) == 8


def test_places_are_held_by_so_many_and_then_by_the_next(home, two_at_a_time):
    inside, most, waited = [0], [0], []
    counting, all_wait = threading.Lock(), threading.Event()

    def wait(number):
        waited.append(number)
        if len(waited) == 3:
            all_wait.set()

    def work(number):
        with admission.admitted("predict", lambda: wait(number)):
            with counting:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            # The first two stay until all others wait, however busy the machine is.
            assert all_wait.wait(60)
            with counting:
                inside[0] -= 1

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(work, range(5)))
    assert most[0] == 2
    assert len(waited) == 3


def test_a_process_that_is_killed_gives_its_place_back(home, monkeypatch):
    monkeypatch.setattr(admission, "at_most", lambda needs: 1)
    script = (
        "import time\nfrom tl_core.jobs import admission\n"
        "admission.at_most = lambda needs: 1\n"
        "with admission.admitted('export'):\n    print('in', flush=True)\n    time.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"in\n"
    waited = []
    child_ends = threading.Timer(0.3, child.kill)
    child_ends.start()
    with admission.admitted("export", lambda: waited.append(True)):
        assert waited == [True]
    child.wait()
    child.stdout.close()
