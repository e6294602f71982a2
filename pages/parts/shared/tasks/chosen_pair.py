"""Which two classes a person looks at in the confusion matrix of a run: the true one and the answer."""

import streamlit as st

Pair = tuple[int, int]


def key(run_id: str) -> str:
    """Return the key of the widget that holds the choice."""
    return f"pair-{run_id}"


def of(run_id: str) -> Pair | None:
    """Return the chosen pair, None before a person chose."""
    return st.session_state.get(key(run_id))


def choose(run_id: str, pair: Pair) -> None:
    """Choose a pair, before the widget that holds the choice is drawn."""
    st.session_state[key(run_id)] = pair
