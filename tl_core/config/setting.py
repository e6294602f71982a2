"""How one setting is declared, and the base of the groups that settings lie in.

A setting is one field of a `Group`, written with `setting(...)`. Title, description and bounds ARE
the widget's label, help and limits and the command line's help. What the setting has an effect on
is declared there and nowhere else: names of rows, what a model on disk is rebuilt from, what the
search for a rate looks at and which trainings may go on are all derived from it. A field without
a declaration is refused when its class is made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from tl_core.base.said import Said

Effect = Literal["rows", "head", "fit", "none"]
"""What is another one when a setting is: the rows that a picture is encoded to (and so all that comes
after them), the layers of the head, only what the training ends in, or nothing but what is told beside it."""
Key = Literal["name", "resolved", "first", "second"]
"""How a setting with an effect on rows enters their names: by its own name, unless it is at its
default, which any new setting does; resolved, as the cut or the size that it leads to, or as the
number of a copy; or, as in caches of earlier versions, by its value alone, among the "first" or
the "second" of the settings of changed copies."""
Depth = Literal["main", "more", "expert"]
Section = Literal["", "changes", "rate"]


@dataclass(frozen=True, slots=True)
class Formerly:
    """What a setting was called in an earlier edition, and which of its values there were then.

    What such a training ended in keeps the name that it had, so that its checkpoints are gone on from.

    Attributes:
        name: its bare name.
        values: from a value of today to that of then; others came later.
    """

    name: str
    values: Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Declared:
    """What a setting says of itself beside its type, title, description and bounds.

    Attributes:
        effects: what changes with it.
        key: how it enters the names of rows; of no meaning without an effect on them.
        in_one_pass: whether a single pass over the pictures, at rates that rise, depends on it.
        may_change_later: whether a training that goes on may have another value than at its start.
        task: the only task that it is for; None for every one.
        modality: the only examples that it is for, by their name; None for all.
        when: whether it changes anything beside the other settings, a `TrainConfig`.
        depth: where it shows in the app.
        section: what it is shown together with there.
        choices: what each of several values is called; a setting of two without names is a switch,
            the first value being off.
        formerly: what an earlier edition called it, if it has another name or other values since.
    """

    effects: frozenset[Effect]
    key: Key
    in_one_pass: bool
    may_change_later: bool
    task: str | None
    modality: str | None
    when: Callable[[Any], bool]
    depth: Depth
    section: Section
    choices: Mapping[str, Said]
    formerly: Formerly | None = None

    def __call__(self, schema: dict[str, Any]) -> None:
        """Add to the JSON schema of the field what JSON can say."""
        schema |= {"effects": sorted(self.effects), "depth": self.depth, "section": self.section}


def setting(
    default: Any,
    *,
    effect: Effect | tuple[Effect, ...],
    depth: Depth,
    key: Key = "name",
    in_one_pass: bool = True,
    may_change_later: bool = False,
    task: str | None = None,
    modality: str | None = None,
    when: Callable[[Any], bool] = lambda config: True,
    shown_with: Section = "",
    choices: Mapping[str, Said] | None = None,
    formerly: Formerly | None = None,
    **details: Any,
) -> Any:
    """Return the field of a setting.

    Args:
        default: its usual value.
        effect: what changes with it; nearly always one, see `Effect`.
        depth: where it shows in the app.
        key, in_one_pass, may_change_later, task, modality, when: see `Declared`.
        shown_with: the section in which it shows.
        choices: what each of several values is called.
        formerly: what an earlier edition called it.
        details: title, description and bounds, as pydantic's `Field` takes them.
    """
    effects = frozenset((effect,) if isinstance(effect, str) else effect)
    declared = Declared(
        effects=effects,
        key=key,
        in_one_pass=in_one_pass,
        may_change_later=may_change_later,
        task=task,
        modality=modality,
        when=when,
        depth=depth,
        section=shown_with,
        choices=choices or {},
        formerly=formerly,
    )
    return Field(default, json_schema_extra=cast(Any, declared), **details)


def declaration(field: FieldInfo) -> Declared:
    """Return what the field of a setting declares.

    Raises:
        TypeError: it was not written with `setting`, or names no effect.
    """
    declared = field.json_schema_extra
    if not isinstance(declared, Declared) or not declared.effects:
        raise TypeError("its effect is not declared; write it as setting(..., effect=...)")
    if "none" in declared.effects and len(declared.effects) > 1:
        raise TypeError("it cannot have an effect and none")
    return declared


class Group(BaseModel):
    """Settings that belong together. Each field is a setting; each setting declares its effect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a field that does not say what it has an effect on."""
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            try:
                declaration(field)
            except TypeError as error:
                raise TypeError(f"{cls.__name__}.{name}: {error}") from error
