"""What commands print, and that they end without a word where nobody reads it any more."""

import io
import os
import subprocess
import sys

import pytest

from tl_core import __main__ as command_line
from tl_core.commands.output import Output, ReaderGoneError

UNREAD = 141


class Unread(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_command_that_nobody_reads_any_more_ends_without_a_fault(home, monkeypatch, stream):
    ended = []
    monkeypatch.setattr(command_line, "print_no_more", lambda: ended.append(True))
    monkeypatch.setattr(sys, stream, Unread())
    assert command_line.main(["evaluate", "no such run"]) == UNREAD
    assert ended == [True]


def test_a_result_that_nobody_reads_is_told_apart_from_other_broken_pipes(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Unread())
    with pytest.raises(ReaderGoneError):
        Output(as_json=True).result({"accuracy": 0.9})


def test_the_process_itself_says_nothing_of_broken_pipes(monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as unread:
        child = subprocess.run(
            [sys.executable, "-m", "tl_core", "evaluate", "--help"],
            stdout=unread,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert (child.returncode, child.stderr) == (UNREAD, "")


HEAVY = {"keras", "pandas", "plotly", "pyarrow", "scipy", "sklearn", "sqlalchemy", "streamlit"}
AFTER = """
import sys
from tl_core.__main__ import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(*sys.modules, sep="\\n", file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (["--help"], set()),
        (["train", "--help"], {"pyarrow"}),
        (["predict", "no such run", "picture.jpg"], set()),
        (["evaluate", "no such run"], {"pyarrow", "sqlalchemy"}),
        (["backbones"], {"pyarrow", "sqlalchemy"}),
    ],
)
def test_a_command_loads_no_library_that_it_does_not_need(home, words, needed):
    told = subprocess.run([sys.executable, "-c", AFTER, *words], capture_output=True, text=True)
    assert HEAVY & set(told.stderr.split()) <= needed
    assert "tl_core.__main__" in told.stderr
