"""The value of a setting in words, as its widget writes it."""

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from tl_core.base import figures
from tl_core.base.said import Said
from tl_core.config.train_config import Setting


def written(setting: Setting, value: Any) -> str:
    """Return a value in words: "on", "Cosine with warm-up", "0.001", "20 %", "512, 128"."""
    names, kind = setting.declared.choices, setting.field.annotation
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={own}" for name, own in value.items()) or Said("none")
    if value in names:
        return names[value]
    if get_origin(kind) is Literal:  # of two values without names the first is off
        value = value != get_args(kind)[0]
    if isinstance(value, bool):
        return Said("on") if value else Said("off")
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or Said("none")
    if is_percent(setting) and isinstance(value, float):
        return figures.percent(value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def is_percent(setting: Setting) -> bool:
    """Say whether a setting is a share that is written in per cent: how far a picture is changed, but for degrees."""
    bounds = (getattr(bound, "le", None) for bound in setting.field.metadata)
    most = next((bound for bound in bounds if bound is not None), 0)
    return setting.declared.section == "changes" and 0 < most <= 1
