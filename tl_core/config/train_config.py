"""TrainConfig: one training, fully described by its groups of settings, and what is known of each setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo

from tl_core.config import upgrades
from tl_core.config.changes import Changes
from tl_core.config.corrections import Rate, Steps
from tl_core.config.course import Course, Objective
from tl_core.config.method import Method
from tl_core.config.network import Head, Network
from tl_core.config.setting import Declared, Depth, Group, Section, declaration


class TrainConfig(BaseModel):
    """One training, fully described. Equal settings on equal data give equal results.

    JSON holds one object a group. Values may also be given by the bare name of a setting, as the
    command line and all files of the first edition do; such a value goes before the group's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    edition: Literal[3] = 3
    """The form of the JSON; see `upgrades`."""
    method: Method = Method()
    network: Network = Network()
    head: Head = Head()
    changes: Changes = Changes()
    rate: Rate = Rate()
    steps: Steps = Steps()
    objective: Objective = Objective()
    course: Course = Course()

    @model_validator(mode="before")
    @classmethod
    def _in_the_form_of_today(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        return _placed(upgrades.to_present(values), settings_in(cls))

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse groups whose settings could be taken for each other."""
        super().__pydantic_init_subclass__(**kwargs)
        settings_in(cls)

    def flat(self) -> dict[str, Any]:
        """Return the value of every setting by its bare name."""
        return {name: one.value(self) for name, one in settings_in(type(self)).items()}

    def but(self, **values: Any) -> Self:
        """Return the same settings but for `values`, given by bare names and checked.

        Raises:
            pydantic.ValidationError: a value is out of bounds; see `parsing.changed` for words.
        """
        return type(self).model_validate(self.flat() | values)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, found by its bare name: the name of its flag, its widget and its field.

    Attributes:
        name: unlike that of any other setting, in whichever group.
        group: name of the group that it lies in.
        field: type, default, title, description and bounds.
        declared: what it has an effect on, and where it shows.
    """

    name: str
    group: str
    field: FieldInfo
    declared: Declared

    def value(self, config: TrainConfig) -> Any:
        """Return the value that `config` gives it."""
        return getattr(getattr(config, self.group), self.name)

    def is_usual(self, config: TrainConfig) -> bool:
        """Say whether it is at its default in `config`."""
        return self.value(config) == self.field.default

    def applies(self, config: TrainConfig, task: str) -> bool:
        """Say whether it changes anything, given the others and the task."""
        return self.declared.task in (None, task) and self.declared.when(config)

    def is_for(self, modality: str) -> bool:
        """Say whether it is for examples of this modality."""
        return self.declared.modality in (None, modality)


@cache
def settings_in(kind: type[TrainConfig]) -> Mapping[str, Setting]:
    """Return every setting of a tree of groups, by name, in the order in which they are shown.

    Raises:
        TypeError: two settings have one name, or a setting has that of a group.
    """
    found: dict[str, Setting] = {}
    for group, members in groups_in(kind).items():
        for name, field in members.model_fields.items():
            if name in found or name in kind.model_fields:
                raise TypeError(f"{members.__name__}.{name}: something else has this name")
            found[name] = Setting(name, group, field, declaration(field))
    return MappingProxyType(found)


def groups_in(kind: type[TrainConfig]) -> dict[str, type[Group]]:
    """Return the groups of a tree of settings, by name."""
    kinds = ((name, field.annotation) for name, field in kind.model_fields.items())
    return {
        name: group for name, group in kinds if isinstance(group, type) and issubclass(group, Group)
    }


def _placed(values: Mapping[str, Any], known: Mapping[str, Setting]) -> dict[str, Any]:
    """Put every setting that is given by its bare name into its group."""
    bare = {name: value for name, value in values.items() if name in known}
    placed = {name: value for name, value in values.items() if name not in bare}
    for name, value in bare.items():
        group = known[name].group
        beside = placed.get(group, {})
        if isinstance(beside, Group):
            beside = {one: getattr(beside, one) for one in beside.model_fields_set}
        if isinstance(beside, Mapping):
            placed[group] = {**beside, name: value}
    return placed


SETTINGS = settings_in(TrainConfig)
"""Every setting by its bare name."""
LESSON = TrainConfig(course=Course(start="random", epochs=20, patience=0))
"""For the sample pictures: a head that knows nothing yet, so that a class can watch it learn."""


def depth_of(name: str) -> Depth:
    """Return where the setting called `name` shows in the app."""
    return SETTINGS[name].declared.depth


def group_of(name: str) -> Section:
    """Return what the setting called `name` is shown together with."""
    return SETTINGS[name].declared.section


def applies(name: str, config: TrainConfig, task: str) -> bool:
    """Say whether the setting called `name` changes anything, given the others and the task."""
    return settings_in(type(config))[name].applies(config, task)
