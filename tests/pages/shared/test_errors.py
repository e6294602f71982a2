"""People see codes, logs see masked texts, nobody sees a traceback."""

import errno
import logging

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import errors


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2secret",
        "api_key: 'hunter2secret'",
        "Authorization: Bearer hunter2secret",
        "postgresql://graft:hunter2secret@db/graft",
        '{"token": "hunter2secret"}',
    ],
)
def test_what_looks_like_a_secret_is_masked(text):
    assert "hunter2secret" not in errors.masked(text)


def test_the_value_of_a_secret_variable_is_masked_wherever_it_turns_up(monkeypatch):
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "correct horse battery")
    assert "correct horse" not in errors.masked("failed for correct horse battery at line 3")


def test_ordinary_text_is_left_alone():
    text = "The class “glass” has 12 pictures; keep calm."
    assert errors.masked(text) == text


def test_a_logged_traceback_is_masked(caplog):
    try:
        raise RuntimeError("password=hunter2secret")
    except RuntimeError:
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, "uncaught", None, __import__("sys").exc_info()
        )
    assert errors.Masking().filter(record)
    told = logging.Formatter().format(record)
    assert "hunter2secret" not in told
    assert "RuntimeError" in told


@pytest.mark.parametrize("where", ["block", "callback"])
def test_a_full_disk_is_told_as_such_and_any_other_fault_by_a_code(where):
    def page(where, number):
        from pages.parts.shared import errors

        error = OSError(number, "told to nobody")
        if where == "callback":
            errors.on_script_error(error)
            return
        with errors.shown():
            raise error

    full = AppTest.from_function(page, args=(where, errno.ENOSPC)).run()
    assert "The disk is full" in full.error[0].value and "Free some space" in full.error[0].value
    other = AppTest.from_function(page, args=(where, errno.EIO)).run()
    assert "Something went wrong here" in other.error[0].value
    assert "told to nobody" not in other.error[0].value and not other.exception
