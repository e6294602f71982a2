"""The value of a setting, written as its widget writes it."""

from typing import Any, Literal, get_args, get_origin

from pages.parts.shared import numbers
from pages.parts.shared.words import t
from tl_core.config import Setting


def written(setting: Setting, value: Any) -> str:
    """Return a value in words: "on", "Cosine with warm-up", "0.001", "20 %", "512, 128"."""
    names, kind = setting.declared.choices, setting.field.annotation
    if value in names:
        return t(names[value])
    if get_origin(kind) is Literal:  # of two values without names the first is off
        value = value != get_args(kind)[0]
    if isinstance(value, bool):
        return t("on") if value else t("off")
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or t("none")
    if is_percent(setting) and isinstance(value, float):
        return numbers.percent(value)
    return f"{value:g}"


def is_percent(setting: Setting) -> bool:
    """Say whether a setting is a share that is written in per cent: how far a picture is changed."""
    return setting.declared.section == "changes"
