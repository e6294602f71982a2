"""What widgets hold, and which rows are chosen in a gallery."""

from collections.abc import Iterable
from typing import Any

import streamlit as st


def value_of(key: str, default: Any = None) -> Any:
    """Return the value of the widget or component called `key`, if it was shown."""
    return st.session_state.get(key, default)


def is_held(key: str) -> bool:
    """Say whether the widget called `key` was shown, even if it holds nothing."""
    return key in st.session_state


def set_value(key: str, value: Any) -> None:
    """Give the widget called `key` a value before it is drawn."""
    st.session_state[key] = value


# Pictures chosen by clicking


def chosen_rows(key: str, default: Iterable[int] = ()) -> frozenset[int]:
    """Return the rows chosen in the gallery called `key`; before the first click `default`."""
    return st.session_state.get(f"_chosen-{key}", frozenset(default))


def keep_chosen_rows(key: str, rows: frozenset[int]) -> None:
    """Keep the rows as the gallery has them."""
    st.session_state[f"_chosen-{key}"] = rows


def choose_rows(key: str, rows: Iterable[int]) -> None:
    """Choose other rows, which the gallery is to show from now on."""
    st.session_state[f"_chosen-{key}"] = frozenset(rows)
    st.session_state[f"_chosen-round-{key}"] = choice_round(key) + 1


def choice_round(key: str) -> int:
    """Return a number that changes when the gallery must forget what it showed."""
    return int(st.session_state.get(f"_chosen-round-{key}", 0))
