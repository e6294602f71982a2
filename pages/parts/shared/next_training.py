"""The settings of the next training: as the widgets of the Train page have them, and which are a person's own.

What is recommended follows the data set, the backbone and the freeze depth for as long as nobody
touches it. A setting that a person gave another value than the recommended one is their own.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from tl_core.config import LESSON, SETTINGS, TrainConfig


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


def keep_inputs(chosen: Mapping[str, str | None]) -> None:
    """Keep what else is to be learnt from, ids by role; None where nothing is chosen any more.

    Roles that are not named stay as they are: another method may ask for them.
    """
    kept = {**inputs(), **chosen}
    st.session_state["_inputs"] = {role: one for role, one in kept.items() if one}


def take_inputs(chosen: Mapping[str, str]) -> None:
    """Take what else is to be learnt from at a click, and nothing beside it; it goes before what a data set names."""
    forget_inputs()
    keep_inputs(chosen)
    st.session_state["_taken_inputs"] = frozenset(chosen)


def forget_inputs() -> None:
    """Forget what else is to be learnt from: another data set names other things."""
    for name in ("_inputs", "_taken_inputs", "_named_inputs"):
        st.session_state.pop(name, None)


def input_to_begin_with(role: str, named: str | None) -> str | None:
    """Return what the choice for a role begins with: the latest that was said.

    Args:
        role: what it is to the run.
        named: what the data set names for it.
    """
    taken: frozenset[str] = st.session_state.get("_taken_inputs", frozenset())
    before = st.session_state.get("_named_inputs", {})
    st.session_state["_taken_inputs"] = taken - {role}
    st.session_state["_named_inputs"] = {**before, role: named}
    is_new = bool(named) and named != before.get(role) and role not in taken
    return named if is_new else inputs().get(role)


def keep_try(dataset_id: str, backbone: str, key: str) -> None:
    """Keep which try of two depths was last begun with a data set and a backbone."""
    st.session_state["_tries"] = {**st.session_state.get("_tries", {}), (dataset_id, backbone): key}


def last_try(dataset_id: str, backbone: str) -> str | None:
    """Return which try of two depths was last begun with a data set and a backbone, if one was."""
    return st.session_state.get("_tries", {}).get((dataset_id, backbone))


# What a person chose


def touched() -> frozenset[str]:
    """Return the settings that are a person's own, by name: they follow nothing."""
    return st.session_state.get("_touched", frozenset())


def note_choice(name: str, value: Any) -> None:
    """Remember that a person chose a value; one that is as recommended is not their own."""
    _note_own(name, value != recommended().get(name, SETTINGS[name].field.default))


def _note_own(name: str, is_own: bool) -> None:
    st.session_state["_touched"] = touched() | {name} if is_own else touched() - {name}


def take(**values: Any) -> None:
    """Take settings that a person chose at a click, which the widgets are to show from now on."""
    replace(settings().but(**values))
    for name, value in values.items():
        note_choice(name, value)


def release(*names: str) -> None:
    """Let settings follow what is recommended again."""
    st.session_state["_touched"] = touched() - set(names)


def go_back_to(config: TrainConfig) -> None:
    """Take the settings of an earlier run; those that are not as recommended are a person's own."""
    replace(config)
    st.session_state["_own_backbone"] = st.session_state["_is_of_a_run"] = True


def is_of_a_run() -> bool:
    """Say whether the settings were just taken from an earlier run, and no page has drawn them yet."""
    return bool(st.session_state.get("_is_of_a_run"))


# What is recommended


def recommended() -> Mapping[str, Any]:
    """Return the recommended values by name; none where nothing is recommended, as in the lesson."""
    return st.session_state.get("_recommended", {})


def follow(config: TrainConfig, values: Mapping[str, Any]) -> TrainConfig:
    """Return settings with all that nobody touched as recommended, and let its widgets show it.

    What was recommended before and is no more is as usual again.
    """
    if st.session_state.pop("_is_of_a_run", False):
        for name, setting in SETTINGS.items():
            _note_own(name, setting.value(config) != values.get(name, setting.field.default))
    freed = {name: SETTINGS[name].field.default for name in recommended().keys() - values.keys()}
    changes = {
        name: value
        for name, value in (freed | dict(values)).items()
        if name not in touched() and SETTINGS[name].value(config) != value
    }
    st.session_state["_recommended"] = dict(values)
    for name in changes:
        st.session_state[f"_followed-{name}"] = times_followed(name) + 1
    return config.but(**changes) if changes else config


def follow_own(method: str, values: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that only a method knows with all that nobody touched as recommended; see `follow`.

    Args:
        method: its name; with another one nothing is touched yet, with that of a run what is otherwise.
        values: as they are now.
        wanted: what is recommended, by name.
    """
    if st.session_state.get("_own_of") != method or is_of_a_run():
        own = [name for name in wanted if is_of_a_run() and values[name] != wanted[name]]
        st.session_state["_own_of"], st.session_state["_own_touched"] = method, frozenset(own)
    touched: frozenset[str] = st.session_state.get("_own_touched", frozenset())
    changes = {name: one for name, one in wanted.items() if name not in touched}
    changes = {name: one for name, one in changes.items() if values[name] != one}
    for name in changes:
        followed = f"{method}.{name}"
        st.session_state[f"_followed-{followed}"] = times_followed(followed) + 1
    return {**values, **changes}


def note_own_choice(name: str, *, is_as_recommended: bool) -> None:
    """Remember that a person chose a value of a setting that only the method knows."""
    before: frozenset[str] = st.session_state.get("_own_touched", frozenset())
    st.session_state["_own_touched"] = before - {name} if is_as_recommended else before | {name}


def times_followed(name: str) -> int:
    """Return a number that changes when the widget of a setting must forget what it showed."""
    return int(st.session_state.get(f"_followed-{name}", 0))


# What is offered before a person chooses


def begin_with(usual: TrainConfig) -> None:
    """Offer these settings unless a person has chosen other ones."""
    if settings() != usual and _are_offered(settings()):
        replace(usual)
        st.session_state["_recommended"] = {}


def offer_backbone(name: str) -> None:
    """Begin on this backbone, unless a person has chosen one or any other settings."""
    if is_own_backbone() or settings().network.backbone == name or not _are_offered(settings()):
        return
    offered = _on(name)
    st.session_state["_offered"] = _as_chosen(offered)
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
    return _as_chosen(config) in (LESSON, TrainConfig(), st.session_state.get("_offered"))


def _as_chosen(config: TrainConfig) -> TrainConfig:
    """Return settings without what followed a recommendation by itself."""
    usual = {name: SETTINGS[name].field.default for name in recommended() if name not in touched()}
    return config.but(**usual)
