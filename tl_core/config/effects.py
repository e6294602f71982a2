"""What follows from the effects that settings declare; nothing here names a setting.

Rows have two names: that of their table, in which all settings of how pictures enter the network
have a part, and that of the view of a picture, in which those of changed copies have.
"""

import hashlib
import json
from typing import Any

from tl_core.config.setting import Effect
from tl_core.config.train_config import Setting, TrainConfig, settings_in

VIEWS = "changes"
"""The group whose settings make one view of a picture unlike another."""


def view_name(config: TrainConfig, view: int) -> list[Any]:
    """Return what names changed copy number `view`, 1 and up, as JSON allows it.

    Equal lists mean equal copies. A setting that joins later leaves the names of before as they
    are, as long as it is at its default.
    """
    ours = [one for one in _with("rows", config) if _is_of_views(one)]
    first = [one.value(config) for one in ours if one.declared.key == "first"]
    second = [one for one in ours if one.declared.key == "second"]
    name = [*first, view]
    if not all(one.is_usual(config) for one in second):
        name += [one.value(config) for one in second]
    return name + [list(pair) for pair in _by_name(ours, config).items()]


def view_key(config: TrainConfig, view: int) -> bytes:
    """Return 16 bytes that name changed copy number `view` (1 and up) under these settings.

    View 0 is the example itself, whatever the settings.
    """
    if view == 0:
        return bytes(16)
    name = json.dumps(view_name(config, view))
    return hashlib.sha256(name.encode()).digest()[:16]


def table_name(config: TrainConfig) -> dict[str, Any]:
    """Return, by name, what names a table of rows beside the cut, the size and the way pictures are fitted.

    A model on disk keeps the same settings: whatever changes what enters the network has to be
    known to whoever asks it.
    """
    return _by_name([one for one in _with("rows", config) if not _is_of_views(one)], config)


def fit_name(config: TrainConfig) -> str:
    """Return 64 hexadecimal digits that name what a training ends in, however long it goes on.

    A training can go on from a checkpoint whose settings have the same name.
    """
    told = dict(
        _as_ever(one, config)
        for one in settings_in(type(config)).values()
        if "none" not in one.declared.effects
        and not one.declared.may_change_later
        and not one.is_usual(config)
    )
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def for_one_pass(config: TrainConfig) -> TrainConfig:
    """Return `config` with everything at its default that one pass at rising rates does not see."""
    usual = {
        one.name: one.field.default
        for one in settings_in(type(config)).values()
        if "none" in one.declared.effects or not one.declared.in_one_pass
    }
    return config.but(**usual)


def _as_ever(one: Setting, config: TrainConfig) -> tuple[str, Any]:
    """Return name and value of a setting as the edition wrote them that first had this value."""
    value, formerly = one.value(config), one.declared.formerly
    if formerly is None or value not in formerly.values:
        return one.name, value
    return formerly.name, formerly.values[value]


def _with(effect: Effect, config: TrainConfig) -> list[Setting]:
    every = settings_in(type(config)).values()
    return [one for one in every if effect in one.declared.effects]


def _is_of_views(one: Setting) -> bool:
    return one.group == VIEWS or one.declared.key in ("first", "second")


def _by_name(settings: list[Setting], config: TrainConfig) -> dict[str, Any]:
    return {
        one.name: one.value(config)
        for one in settings
        if one.declared.key == "name" and not one.is_usual(config)
    }
