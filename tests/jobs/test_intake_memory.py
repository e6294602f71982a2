"""An upload that would take the machine's memory ends its own import, and says so."""

import subprocess
import sys

import pytest

from tl_core import store
from tl_core.jobs import imports, work
from tl_core.jobs.kinds import importing


def test_an_import_that_runs_out_of_memory_is_refused_by_name(home, engine, monkeypatch, tmp_path):
    def greedy(*arguments, **more):
        raise MemoryError

    monkeypatch.setattr(importing.arrival, "arrive", greedy)
    dataset_id = imports.start_intake(store.default_project().id, tmp_path, "mine")
    assert work.do("import", dataset_id) == 2
    row = store.dataset(dataset_id)
    assert row.status == "failed"
    assert (row.error or {})["code"] == "E-BOMB"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_limit_is_in_force_in_a_process_of_its_own(home):
    script = (
        "from dataclasses import replace\n"
        "from tl_core.jobs import registry, work\n"
        "from tl_core.jobs.kinds.importing import IMPORT\n"
        "from tl_core import store\n"
        "from tl_core.store import job_rows\n"
        "registry.get = lambda name: replace(IMPORT, memory_limit_bytes=600 << 20)\n"
        "store.create_dataset(store.default_project().id, 'x', dataset_id='a' * 24)\n"
        "job_rows.end('import', 'a' * 24, 'finished')\n"
        "work.in_own_process('import', 'a' * 24)\n"
        "try: bytearray(1 << 30)\n"
        "except MemoryError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "refused"
