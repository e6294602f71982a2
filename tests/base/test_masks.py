"""No log shows a password, a token, a key or a cookie, whoever writes it."""

import io
import logging
import os
import subprocess
import sys

import pytest

from tl_core.base import masks
from tl_core.base.masks import HIDDEN, Masked, masked

SECRET = "hunter2secret"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"password = 'correct {SECRET} horse'",
        f"{{'Cookie': 'a=1; _streamlit_xsrf={SECRET}'}}",
        f"Cookie: graft_access=1.2.{SECRET}; other={SECRET}",
        f"Set-Cookie: graft_access={SECRET}; HttpOnly",
        f"(b'cookie', b'graft_access={SECRET}')",
        f"_streamlit_xsrf={SECRET}&x",
        f"X-Xsrftoken: {SECRET}",
        f"PUT /graft/upload/{SECRET}/0 HTTP/1.1",
        f"GET http://localhost:8501/graft/download/{SECRET}",
        f"GET /page?access_token={SECRET}&x=1",
        f"GET /page?x=1&code={SECRET}#y",
        f"postgresql+psycopg://graft:{SECRET}@db/graft",
        f"postgresql://graft:p@{SECRET}/x@db:5432/graft?sslmode=require",
        f"postgresql://:{SECRET}@db/graft",
        f"https://{SECRET}@github.com/x",
        f"connecting with api-key: {SECRET}",
        f'{{"private_key": "{SECRET}"}}',
    ],
)
def test_what_looks_like_a_secret_is_masked(text):
    assert SECRET not in masked(text)
    assert HIDDEN in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "The class “glass” has 12 pictures; keep calm.",
        "http://localhost:8501/data?run=1234&dataset=5",
        "sqlite:////home/me/.graft/graft.db",
        "tokens are few and the key is red",
        "mail to me@example.org, or https://example.org/a@b",
        "epoch 3 of 8: loss 0.5",
    ],
)
def test_ordinary_text_stays(text):
    assert masked(text) == text


def test_the_password_of_a_database_is_masked_wherever_it_turns_up(monkeypatch):
    monkeypatch.setenv("GRAFT_DATABASE_URL", "postgresql://me:s%40crets@db/graft")
    monkeypatch.setenv("GRAFT_ACCESS_CODE", "an open sesame")
    told = masked("could not log in as me with s@crets; s%40crets; an open sesame")
    assert "crets" not in told and "sesame" not in told


def logged(*args: object, formatter: logging.Formatter | None = None, fault: bool = False) -> str:
    """Return what a logger of this process writes."""
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, args[0], args[1:], None)
    if fault:
        try:
            raise RuntimeError(f"token={SECRET}")
        except RuntimeError:
            record.exc_info = sys.exc_info()
    return (formatter or logging.Formatter()).format(masks.mask(record))


def test_records_are_masked_whatever_they_are_made_of():
    assert SECRET not in logged("failed: %s", f"password={SECRET}")
    assert SECRET not in logged("password=%s", SECRET)
    assert SECRET not in logged(f"token={SECRET} %d", 3)
    assert SECRET not in logged("failed: %s", RuntimeError(f"secret={SECRET}"))
    told = logged("it failed", fault=True)
    assert SECRET not in told and "RuntimeError" in told
    assert logged("%s of %d", "a", 3) == "a of 3"


def test_the_access_log_of_uvicorn_is_masked_and_stays_readable():
    from uvicorn.logging import AccessFormatter

    form = AccessFormatter('%(client_addr)s "%(request_line)s" %(status_code)s', use_colors=False)
    parts = ("127.0.0.1:5", "PUT", f"/graft/upload/{SECRET}/0?a=1", "1.1", 201)
    told = logged('%s - "%s %s HTTP/%s" %d', *parts, formatter=form)
    assert told == f'127.0.0.1:5 "PUT /graft/upload/{HIDDEN}/0?a=1 HTTP/1.1" 201 Created'


def test_a_stream_masks_lines_that_come_in_pieces():
    out = io.StringIO()
    stream = Masked(out)
    for piece in ("pass", "word=hunter", "2secret\nnext ", "line"):
        stream.write(piece)
    assert out.getvalue() == f"password={HIDDEN}\n"
    stream.flush()
    assert out.getvalue().endswith("next line")
    stream.write("x" * (masks.LONGEST_LINE + 1))
    assert out.getvalue().endswith("xxx")


@pytest.mark.parametrize(
    "program",
    [
        "import logging; logging.error('token=%s', S)",
        "import sys; print('password=' + S, file=sys.stderr)",
        "raise RuntimeError('postgresql://me:' + S + '@db')",
        "import threading; threading.Thread(target=lambda: 1 / len(open('/token=' + S).read())).start()",
        "print('secret=' + S)",
        "import warnings; warnings.warn('api_key=' + S)",
    ],
)
def test_nothing_that_a_worker_prints_shows_a_secret(program):
    begin = f"from tl_core.base import masks; masks.install_everywhere(); S = '{SECRET}'; "
    done = subprocess.run(
        [sys.executable, "-c", begin + program],
        capture_output=True,
        text=True,
        env=os.environ,
        check=False,
        timeout=60,
    )
    told = done.stdout + done.stderr
    assert HIDDEN in told
    assert SECRET not in told.replace(begin + program, "")
