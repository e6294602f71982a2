"""The only way an error reaches a page: what happened, why, what to do; never a traceback."""

import logging
import os
import re
import secrets
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.parts.text import literal
from pages.parts.words import t
from tl_core.errors import UserError
from tl_core.files import is_disk_full

LOG = logging.getLogger("graft")
HIDDEN = "•••"
SECRET_NAMES = ("SECRET", "TOKEN", "PASSWORD", "PASSWD", "KEY", "CREDENTIAL")
SHORTEST_SECRET = 6
_NAMED = re.compile(
    r"(?i)\b([\w-]*(?:password|passwd|pwd|secret|token|api[_-]?key|credential|authorization)[\w-]*)"
    r"([\"']?\s*[=:]\s*)(?:bearer\s+|basic\s+)?[\"']?[^\s\"',;]+"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
_IN_URL = re.compile(r"(://[^/\s:@]*:)[^@\s/]+@")
_KNOWN = re.compile(r"\b(?:sk|pk|ghp|gho|hf|xox[abp]|AKIA)[-_]?[A-Za-z0-9_-]{12,}")


@contextmanager
def shown() -> Iterator[None]:
    """Show whatever goes wrong inside the block, and let the rest of the page go on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the outer edge of a page
        on_script_error(error)


def explain(code: str, message: str, hint: str = "") -> None:
    """Show something a person can put right."""
    lines = [f"**{literal(t(message))}**"]
    if hint:
        lines.append(literal(t(hint)))
    lines.append(f":small[{literal(t('Code'))}: {literal(written(code))}]")
    st.error("\n\n".join(lines), icon=":material/error:")


def written(code: str) -> str:
    """Return a code in the one form that pages show: E-PATH, E-NO-PICTURES, E-BUG-1A2B3C4D."""
    plain = code.upper()
    return plain if plain.startswith("E-") else f"E-{plain}"


def show_bug(error: BaseException) -> bool:
    """Log a bug under a fresh code and show only the code. True: nothing else is to be shown."""
    code = secrets.token_hex(4)
    LOG.error(
        "error %s\n%s", written(f"bug-{code}"), masked("".join(traceback.format_exception(error)))
    )
    st.error(
        f"**{literal(t('Something went wrong here.'))}**\n\n"
        + literal(
            t(
                "Your pictures and runs are safe. Load the page again; if it happens again, ask for help with the code below. The details are in the log."
            )
        )
        + f"\n\n:small[{literal(t('Code'))}: {literal(written(f'bug-{code}'))}]",
        icon=":material/error:",
    )
    return True


def on_script_error(error: Exception) -> bool:
    """Show what a person can put right, or log a bug; for `shown`, and for `st.App` outside of it."""
    if isinstance(error, OSError) and is_disk_full(error):
        error = UserError(
            "disk-full",
            "The disk is full.",
            "Free some space, then try again. Nothing that was saved is lost.",
        )
    if isinstance(error, UserError):
        explain(error.code, error.message, error.hint)
        return True
    return show_bug(error)


def masked(text: str) -> str:
    """Return `text` without anything that looks like a password, token or key."""
    for name, value in os.environ.items():
        is_secret = any(part in name.upper() for part in SECRET_NAMES)
        if is_secret and len(value) >= SHORTEST_SECRET:
            text = text.replace(value, HIDDEN)
    text = _NAMED.sub(rf"\1\2{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _IN_URL.sub(rf"\1{HIDDEN}@", text)
    return _KNOWN.sub(HIDDEN, text)


class Masking(logging.Filter):
    """Masks messages and tracebacks of the records that pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, masked."""
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = masked("".join(traceback.format_exception(record.exc_info[1])))
        record.msg = masked(record.getMessage())
        record.args = None
        return True


def mask_logs() -> None:
    """Put the mask on what Streamlit logs of failing pages; safe to call again."""
    logger = logging.getLogger("streamlit.error_util")
    if not any(isinstance(existing, Masking) for existing in logger.filters):
        logger.addFilter(Masking())
