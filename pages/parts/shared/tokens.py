"""Tokens that make a double click one action, and bind uploads to a session or a browser."""

import hashlib
import secrets
import time
from collections.abc import Callable
from itertools import cycle

import streamlit as st

XSRF_COOKIE = "_streamlit_xsrf"


def click_token(*, clicked: bool) -> str:
    """Return the token of the Start button as it stands on the page.

    It is renewed only when the page is drawn without a click, so that the second click of a
    double click carries the token of the first and makes no second run.
    """
    if not clicked and st.session_state.pop("_click_taken", False):
        st.session_state.pop("_click", None)
    if "_click" not in st.session_state:
        st.session_state["_click"] = secrets.token_hex(12)
    if clicked:
        st.session_state["_click_taken"] = True
    return st.session_state["_click"]


def edit_token(dataset_id: str, change: str) -> str:
    """Return the token of one change to a data set: the same change, clicked twice, is one."""
    return hashlib.sha256(f"{session_id()} {dataset_id} {change}".encode()).hexdigest()


def session_id() -> str:
    """Return a random name of this session, to bind uploads to."""
    if "_session" not in st.session_state:
        st.session_state["_session"] = secrets.token_hex(12)
    return st.session_state["_session"]


def visitor() -> str:
    """Return a random name of this browser: the same in all its tabs and after a refresh.

    It is worked out from the cookie that Streamlit guards uploads with, whose mask changes while
    what it holds stays. Without that cookie the session stands for the browser.
    """
    try:
        _, mask, masked, _ = str(st.context.cookies.get(XSRF_COOKIE, "")).split("|")
        told = bytes(a ^ b for a, b in zip(bytes.fromhex(masked), cycle(bytes.fromhex(mask))))
    except ValueError:
        return session_id()
    return hashlib.sha256(told).hexdigest()[:24]


def upload_token(issue: Callable[[str], str], expires: Callable[[str], int]) -> str:
    """Return the token of the next upload.

    Made by `issue` for this session when there is none, or when half its time, as `expires`
    tells, has passed; an upload that has begun keeps the one it began with.
    """
    kept = st.session_state.get("_upload")
    if kept is None or time.time() > kept[1]:
        token, now = issue(session_id()), time.time()
        st.session_state["_upload"] = (token, (now + expires(token)) / 2)
    return st.session_state["_upload"][0]


def forget_upload_token() -> None:
    """Take another token for the next upload."""
    st.session_state.pop("_upload", None)


def renew_upload_token() -> None:
    """Take another token and give it to the page at once."""
    forget_upload_token()
    st.rerun()
