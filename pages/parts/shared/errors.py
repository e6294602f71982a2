"""The only way an error reaches a page: what happened, why, what to do; never a traceback."""

import logging
import secrets
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.parts.shared.text import literal, literal_with_links
from pages.parts.shared.words import t
from tl_core.backbones import catalogue
from tl_core.base.errors import UserError
from tl_core.base.files import disk_trouble
from tl_core.base.masks import install, mask, masked

LOG = logging.getLogger("graft")


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
        own = (record.weights_url for record in catalogue.BACKBONES.values() if record.weights_url)
        lines.append(literal_with_links(t(hint), own))
    lines.append(f":small[{literal(t('Code'))}: {literal(written(code))}]")
    st.error("\n\n".join(lines), icon=":material/error:")


def written(code: str) -> str:
    """Return a code in the one form that pages show: E-PATH, E-NO-PICTURES, E-BUG-1A2B3C4D."""
    plain = code.upper()
    return plain if plain.startswith("E-") else f"E-{plain}"


def log_bug(error: BaseException) -> str:
    """Log a bug and return the fresh code under which it stands in the log."""
    code = secrets.token_hex(4)
    LOG.error(
        "error %s\n%s", written(f"bug-{code}"), masked("".join(traceback.format_exception(error)))
    )
    return code


def show_bug(error: BaseException) -> bool:
    """Log a bug under a fresh code and show only the code. True: nothing else is to be shown."""
    code = log_bug(error)
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
    if isinstance(error, OSError):
        error = disk_trouble(error) or error
    if isinstance(error, UserError):
        explain(error.code, error.message, error.hint)
        return True
    return show_bug(error)


class Masking(logging.Filter):
    """Masks messages and tracebacks of the records that pass, whoever made them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, masked."""
        mask(record)
        return True


def mask_logs() -> None:
    """Put the mask on everything that this process logs or prints of faults; safe to call again."""
    install()
    logger = logging.getLogger("streamlit.error_util")
    if not any(isinstance(existing, Masking) for existing in logger.filters):
        logger.addFilter(Masking())
