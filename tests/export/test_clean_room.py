"""What goes wrong in the clean process is told by its reason."""

import errno
from pathlib import Path

import pytest

from tl_core.base.errors import UserError
from tl_core.export import clean_room


def asked(tmp_path: Path, program: str) -> clean_room.Answers:
    (runner := tmp_path / "runner.py").write_text(program)
    return clean_room.answers(runner, {})


def test_what_a_runner_writes_comes_back(tmp_path):
    program = "import sys, numpy as np; np.save(sys.argv[1], np.eye(2, dtype=np.float32))"
    assert asked(tmp_path, program).outputs.tolist() == [[1, 0], [0, 1]]


def test_graft_cannot_be_imported_there(tmp_path):
    with pytest.raises(UserError, match="No module named 'tl_core'"):
        asked(tmp_path, "import tl_core")


def test_a_full_disk_is_called_so(tmp_path):
    program = f"raise OSError({errno.ENOSPC}, 'No space left on device')"
    with pytest.raises(OSError) as refusal:
        asked(tmp_path, program)
    assert refusal.value.errno == errno.ENOSPC


def test_an_end_without_a_word_is_told_by_its_number(tmp_path):
    with pytest.raises(UserError, match=r"\(-9\)") as refusal:
        asked(tmp_path, "import os; os.kill(os.getpid(), 9)")
    assert refusal.value.code == "export-unreadable"


def test_one_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(clean_room, "TIMEOUT_S", 1)
    with pytest.raises(UserError) as refusal:
        asked(tmp_path, "import time; time.sleep(60)")
    assert refusal.value.code == "export-slow"
