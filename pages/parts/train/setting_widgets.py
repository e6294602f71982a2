"""Widgets made from settings: title, help and bounds come from the field itself."""

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import annotated_types
import streamlit as st
from pydantic.fields import FieldInfo

from pages.parts.shared import next_training, setting_words
from pages.parts.shared.words import t
from pages.parts.train import recommendations
from tl_core.backbones import catalogue
from tl_core.base.errors import UserError
from tl_core.config import Depth, Section, Setting, TrainConfig, changed, settings_in
from tl_core.methods import registry

# Drawn by themselves: as cards, and as the picture of the network.
DRAWN_ELSEWHERE = ("method_name", "method_settings", "backbone", "trainable_stages")
LONGEST_SLIDER = 100


def for_depth(
    depth: Depth, config: TrainConfig, task: str, *, group: Section = "", columns: int = 2
) -> TrainConfig:
    """Draw a widget for every setting of this depth and group that changes anything.

    A setting that another one rules, as the optimiser does its momentum, comes and goes with it;
    one that is not as recommended shows the way back.

    Returns:
        `config` with the values of the widgets.
    """
    shown = [
        one
        for name, one in settings_in(type(config)).items()
        if (one.declared.depth, one.declared.section) == (depth, group)
        and name not in DRAWN_ELSEWHERE
    ]
    slots, fixed = st.columns(columns, gap="large"), registry.of(config).fixes(config)
    drawn = 0
    for one in shown:
        if one.name in fixed or not one.applies(config, task):
            continue
        with slots[drawn % columns]:
            config = _chosen(one, config)
            recommendations.beside(one, config)
        drawn += 1
    return config


def _chosen(setting: Setting, config: TrainConfig) -> TrainConfig:
    """Draw the widget of a setting and return the settings with its value, noted if a person gave it."""
    value = for_setting(setting.name, config)
    chosen = changed(config, **{setting.name: value})
    if chosen != config:
        next_training.note_choice(setting.name, setting.value(chosen))
    return chosen


def for_setting(name: str, config: TrainConfig) -> Any:
    """Draw the widget of one setting and return its value."""
    setting = settings_in(type(config))[name]
    field, value = setting.field, setting.value(config)
    label, about = t(field.title or name), t(field.description or "")
    shown = next_training.round_number(), next_training.times_followed(name)
    key = f"setting-{name}-{shown[0]}-{shown[1]}"
    if name == "hidden_units":
        return _units(label, about, value, key)
    if name == "image_size_px":
        return _size(field, label, about, value, key, config)
    look = "percent" if setting_words.is_percent(setting) else "%.2f"
    return for_field(field, value, key, names=setting.declared.choices, look=look)


def for_field(
    field: FieldInfo, value: Any, key: str, *, names: Mapping[str, str], look: str = "%.2f"
) -> Any:
    """Draw a switch, a choice or a number and return its value.

    Args:
        field: of any settings; title, help and bounds are read.
        value: to begin with.
        key: of the widget.
        names: what each of several values is called; a choice of two without names is a switch.
        look: how a share is written.
    """
    label, about = t(field.title or ""), t(field.description or "")
    if field.annotation is bool:
        return st.toggle(label, value=value, help=about, key=key)
    if get_origin(field.annotation) is Literal:
        options = list(get_args(field.annotation))
        if not names:
            off, on = options
            return on if st.toggle(label, value=value == on, help=about, key=key) else off
        return st.selectbox(
            label,
            options,
            index=options.index(value),
            format_func=lambda option: t(names[option]),
            help=about,
            key=key,
        )
    return _number(field, label, about, value, key, look)


def _number(field: FieldInfo, label: str, about: str, value: Any, key: str, look: str) -> Any:
    low, high = bounds(field)
    if field.annotation is int:
        if high is not None and high - (low or 0) <= LONGEST_SLIDER:
            return st.slider(label, int(low or 0), int(high), value, help=about, key=key)
        return st.number_input(label, low, high, value, step=1, help=about, key=key)
    low, high = float(low or 0), None if high is None else float(high)
    step = _slider_step(field, high)
    if high is not None and step is not None:
        # A bound that the value must stay below still needs a last stop on the slider.
        last = high - step if _is_open(field) else high
        look = look if high <= 1 else "%.0f"
        return st.slider(
            label, low, last, float(value), step=step, format=look, help=about, key=key
        )
    step = 10.0 ** _magnitude(field.default)
    return st.number_input(
        label, low, high, float(value), step=step, format="%g", help=about, key=key
    )


def _size(
    field: FieldInfo, label: str, about: str, value: int, key: str, config: TrainConfig
) -> int:
    """Draw a side in pixels; where none is chosen, the backbone's own stands there in grey."""
    own = catalogue.get(config.network.backbone).default_size_px
    low, high = bounds(field)
    chosen = st.number_input(
        label,
        max(1, int(low or 0)),
        high,
        value or None,
        step=1,
        placeholder=t("the backbone's own: {size}", size=own),
        help=about,
        key=key,
    )
    return int(chosen or 0)


def _slider_step(field: FieldInfo, high: float | None) -> float | None:
    """Return the step of a slider where its stops suit the setting, else None."""
    if high == 180:
        return 5.0
    in_twentieths = abs(field.default * 20 - round(field.default * 20)) < 1e-9
    return 0.05 if high is not None and high <= 1 and in_twentieths else None


def bounds(field: FieldInfo) -> tuple[Any, Any]:
    """Return the lowest and highest value of a field, None where it has no bound."""
    low = high = None
    for rule in field.metadata:
        match rule:
            case annotated_types.Ge(ge=bound) | annotated_types.Gt(gt=bound):
                low = bound
            case annotated_types.Le(le=bound) | annotated_types.Lt(lt=bound):
                high = bound
    return low, high


def _units(label: str, about: str, value: tuple[int, ...], key: str) -> tuple[int, ...]:
    text = st.text_input(
        label, ", ".join(map(str, value)), placeholder=t("none"), help=about, key=key
    )
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    if any(not part.isdecimal() for part in parts):
        raise UserError(
            "setting",
            t("Hidden layers are whole numbers, separated by commas."),
            t("Write 1024 for one layer, 512, 128 for two, or nothing."),
        )
    return tuple(int(part) for part in parts)


def _is_open(field: FieldInfo) -> bool:
    return any(isinstance(rule, annotated_types.Lt) for rule in field.metadata)


def _magnitude(value: float) -> int:
    text = f"{value:e}" if value else "1e-4"
    return int(text.partition("e")[2])
