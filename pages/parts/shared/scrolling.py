"""What is to be brought into sight when the page is drawn next."""

import secrets

import streamlit as st


def scroll_to(key: str) -> None:
    """Bring what is drawn under `key` into sight when the page is drawn next."""
    st.session_state["_scroll"] = (key, secrets.token_hex(4))


def scroll_target() -> tuple[str, str]:
    """Return the key of what is to be brought into sight, and a name for this one time."""
    return st.session_state.get("_scroll", ("", ""))
