"""The settings of the next training, as the widgets of the Train page have them."""

import streamlit as st

from tl_core.config import TrainConfig


def settings() -> TrainConfig:
    """Return the settings as they stand."""
    return st.session_state.get("_config") or TrainConfig()


def keep(config: TrainConfig) -> None:
    """Keep settings as the widgets have them."""
    st.session_state["_config"] = config


def replace(config: TrainConfig) -> None:
    """Take other settings, which the widgets are to show from now on."""
    st.session_state["_config"] = config
    st.session_state["_config_round"] = round_number() + 1


def round_number() -> int:
    """Return a number that changes when widgets must forget what they showed."""
    return int(st.session_state.get("_config_round", 0))
