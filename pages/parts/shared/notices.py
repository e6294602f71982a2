"""Short messages about what was just done, with the way back (Undo)."""

import time
from dataclasses import dataclass

import streamlit as st

from tl_core import store

NOTICE_S = 20.0
"""For so long a message may be drawn again; the browser hides it after less."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """Something that was just deleted and can be brought back."""

    kind: store.Kind
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a data set to go to: by undoing the one that it `leaves`, or just by opening it."""

    id: str
    number: int
    leaves: str | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """A backbone of one's own that was just removed and can be brought back."""

    backbone: str
    title: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A short message about what has just been done, and the way back where there is one."""

    number: int
    text: str
    at: float
    undo: Deleted | Version | Removed | None


def tell(text: str, undo: Deleted | Version | Removed | None = None) -> None:
    """Say something at the lower edge of the page, wherever that is scrolled to.

    Args:
        text: what was done; shown as it is.
        undo: the way back.
    """
    number = st.session_state["_notices"] = st.session_state.get("_notices", 0) + 1
    st.session_state["_notice"] = Notice(number, text, time.time(), undo)


def latest() -> Notice | None:
    """Return the latest message, unless its time is over."""
    latest = st.session_state.get("_notice")
    return latest if latest is not None and time.time() - latest.at < NOTICE_S else None


def forget() -> None:
    """Show the latest message no longer."""
    st.session_state.pop("_notice", None)


def note_undone(dataset_id: str) -> None:
    """Remember that a version was left by Undo, so that Redo comes back to it."""
    st.session_state["_undone"] = (*undone(), dataset_id)


def undone() -> tuple[str, ...]:
    """Return the versions that were left by Undo, the latest last."""
    return st.session_state.get("_undone", ())


def note_redone(dataset_id: str) -> None:
    """Forget that this version was left."""
    st.session_state["_undone"] = tuple(each for each in undone() if each != dataset_id)


def newest_known(root_id: str, newest: int) -> int:
    """Return the newest version of a data set that this tab has heard of, at first `newest`."""
    return st.session_state.setdefault("_known", {}).setdefault(root_id, newest)


def note_known(root_id: str, number: int) -> None:
    """Remember that this tab has heard of a version."""
    known = st.session_state.setdefault("_known", {})
    known[root_id] = max(number, known.get(root_id, 0))
