"""The settings of the next training, as the widgets of the Train page have them."""

from collections.abc import Mapping

import streamlit as st

from tl_core.config import LESSON, TrainConfig


def settings() -> TrainConfig:
    """Return the settings as they are chosen now."""
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


def inputs() -> dict[str, str]:
    """Return what else is to be learnt from as it is chosen now, ids by role."""
    return st.session_state.get("_inputs", {})


def keep_inputs(named: Mapping[str, str]) -> None:
    """Keep what else is to be learnt from, ids by role."""
    st.session_state["_inputs"] = {**inputs(), **named}


def begin_with(usual: TrainConfig) -> None:
    """Offer these settings unless a person has chosen other ones."""
    if settings() != usual and _are_offered(settings()):
        replace(usual)


def offer_backbone(name: str) -> None:
    """Begin on this backbone, unless a person has chosen one or any other settings."""
    if is_own_backbone() or settings().network.backbone == name or not _are_offered(settings()):
        return
    offered = _on(name)
    st.session_state["_offered"] = offered
    replace(offered)


def choose_backbone(name: str) -> None:
    """Take the backbone that a person chose, all of it frozen; none is offered from now on."""
    st.session_state["_own_backbone"] = True
    replace(_on(name))


def is_own_backbone() -> bool:
    """Say whether a person chose the backbone."""
    return bool(st.session_state.get("_own_backbone"))


def _on(name: str) -> TrainConfig:
    return settings().but(backbone=name, trainable_stages=0)


def _are_offered(config: TrainConfig) -> bool:
    """Say whether settings are as they were offered, and not chosen."""
    return config in (LESSON, TrainConfig(), st.session_state.get("_offered"))
