"""Settings that come from outside: from JSON and from the command line, refused in words."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import upgrades
from tl_core.config.train_config import Setting, TrainConfig, groups_in, settings_in

Config = TypeVar("Config", bound=TrainConfig)


def parse(values: Mapping[str, Any], kind: type[TrainConfig] = TrainConfig) -> TrainConfig:
    """Check `values`, in groups or by bare names, of any edition up to today's, and return settings.

    Raises:
        UserError: "setting", naming the first one at fault and what is allowed, or
            "setting-edition" for settings of a newer Graft.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = _name_at(first["loc"], kind)
        known = settings_in(kind)
        raise UserError(
            "setting", _fault(name, first, known), hint=_allowed(name, known)
        ) from error


def changed(config: Config, **values: Any) -> Config:
    """Return `config` with some settings, by bare names, at other values.

    Raises:
        UserError: "setting" for one that does not exist or is out of bounds.
    """
    return parse(config.flat() | values, type(config))  # pyright: ignore[reportReturnType]


def as_far_as_known(values: Mapping[str, Any]) -> TrainConfig:
    """Return the settings of an earlier run; what this version does not know, or not allow, is left out.

    Raises:
        UserError: "setting-edition" for settings of a newer Graft.
    """
    present = upgrades.to_present(values)
    flat: dict[str, Any] = {}
    for name, value in present.items():
        flat |= value if isinstance(value, Mapping) else {name: value}
    known = {name: value for name, value in flat.items() if name in settings_in(TrainConfig)}
    return parse(known)


def stored(values: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """Return one setting of an earlier run, of any edition, as it was written; `default` where it is not told."""
    if values.get("edition", 1) in range(1, upgrades.EDITION):
        values = upgrades.to_present(values)
    beside = values.get(settings_in(TrainConfig)[name].group)
    return beside.get(name, default) if isinstance(beside, Mapping) else default


def parse_assignments(assignments: Iterable[str], base: TrainConfig | None = None) -> TrainConfig:
    """Read FIELD=VALUE pairs as the command line gives them.

    Raises:
        UserError: "setting" for an unknown field or a value out of bounds.
    """
    base = base or TrainConfig()
    known, values = settings_in(type(base)), base.flat()
    for assignment in assignments:
        name, equals, text = _of_today(assignment, known)
        if not equals:
            raise UserError(
                "setting",
                "{assignment!r} is not FIELD=VALUE.",
                "Write, say, epochs=5.",
                assignment=assignment,
            )
        table, dot, key = name.partition(".")
        if dot and (inside := _table_in(table, known)):
            values[inside] = values[inside] | {key: text}
        else:
            values[name] = _members(text) if name in known and is_list(known[name]) else text
    return parse(values, type(base))


def name_of_today(name: str, kind: type[TrainConfig] = TrainConfig) -> str:
    """Return what a setting is called today that an earlier edition called `name`."""
    for one in settings_in(kind).values():
        if one.declared.formerly is not None and one.declared.formerly.name == name:
            return one.name
    return name


def _of_today(assignment: str, known: Mapping[str, Setting]) -> tuple[str, str, str]:
    """Return name, "=" and text of an assignment, which an earlier edition may have written."""
    name, equals, text = assignment.partition("=")
    for one in known.values():
        formerly = one.declared.formerly
        if formerly is None or formerly.name != name:
            continue
        for value, before in formerly.values.items():
            if str(before).lower() == text.strip().lower():
                return one.name, equals, value
    return name, equals, text


def _table_in(group: str, known: Mapping[str, Setting]) -> str:
    """Return the setting of a group that has values by name, as GROUP.NAME=VALUE gives them; "" for none."""
    tables = (one.name for one in known.values() if one.group == group and is_table(one))
    return next(tables, "")


def is_table(setting: Setting) -> bool:
    """Say whether a setting has values by name."""
    return get_origin(setting.field.annotation) is dict


def is_list(setting: Setting) -> bool:
    """Say whether a setting has several values, written with commas between them."""
    return get_origin(setting.field.annotation) is tuple


def _members(text: str) -> list[str]:
    return [part for part in text.strip("()[] ").replace(" ", "").split(",") if part]


def _name_at(place: tuple[int | str, ...], kind: type[TrainConfig]) -> str:
    """Return the bare name of what is at fault, "" for the whole."""
    inside = len(place) > 1 and place[0] in groups_in(kind)
    return str(place[1 if inside else 0]) if place else ""


def _fault(name: str, error: ErrorDetails, known: Mapping[str, Setting]) -> str:
    """Return what is wrong in words, with the value that was given unless it is everything."""
    if name not in known:
        return Said("There is no setting called {name}.", name=name) if name else error["msg"]
    given, title = error["input"], _title(known[name])
    if isinstance(given, Mapping):
        return Said("{title} ({name}): {fault}.", title=title, name=name, fault=error["msg"])
    what = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return Said(
        "{title} ({name}) cannot be {given}; it must be {what}.",
        title=title,
        name=name,
        given=repr(given),
        what=what,
    )


def _allowed(name: str, known: Mapping[str, Setting]) -> str:
    if name not in known:
        return Said("Settings are: {names}.", names=", ".join(known))
    about = Said(known[name].field.description or "")
    return Said("{title}: {about}", title=_title(known[name]), about=about)


def _title(setting: Setting) -> Said:
    return Said(setting.field.title or "")
