"""An upload that would take the machine's memory ends its own import, and says so."""

import subprocess
import sys

import pytest

from tl_core.jobs import dispatcher, intake_worker
from tl_core.store import store


def test_an_import_that_runs_out_of_memory_is_refused_by_name(home, engine, monkeypatch, tmp_path):
    def greedy(*arguments, **more):
        raise MemoryError

    monkeypatch.setattr(intake_worker.importing, "arrive", greedy)
    dataset_id = dispatcher.start_intake(store.default_project().id, tmp_path, "mine")
    assert intake_worker.main(dataset_id) == 2
    row = store.dataset(dataset_id)
    assert row.status == "failed"
    assert (row.error or {})["code"] == "E-BOMB"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_limit_is_in_force_in_a_process_of_its_own():
    script = (
        "from tl_core.jobs import intake_worker as w; w.MEMORY_BYTES = 600 << 20; w.limit_memory()\n"
        "try: bytearray(1 << 30)\n"
        "except MemoryError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "refused"
