"""The settings that a command is given, and what becomes of those that nobody named."""

import json
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig, name_of_today, parse, parse_assignments
from tl_core.methods import registry as methods

if TYPE_CHECKING:
    from tl_core.methods.recipes import Recommended
    from tl_core.pricing.first_backbone import FirstBackbone


@dataclass(frozen=True, slots=True)
class ChosenSettings:
    """The settings of a training, and where those come from that nobody named.

    Attributes:
        config: all settings.
        first: why they have this backbone; None where a person chose it.
        touched: the settings that a person named; None where nothing follows a recommendation.
        recommended: the values that were taken because they are recommended, by name.
        own: the same of the settings that only the method knows.
    """

    config: TrainConfig
    first: "FirstBackbone | None" = None
    touched: frozenset[str] | None = None
    recommended: dict[str, Any] = field(default_factory=dict)
    own: "dict[str, Recommended]" = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Return the method, which backbone was taken and why, and what is as recommended, for programs."""
        backbone = {"name": self.config.network.backbone, "why": "chosen"}
        if self.first is not None:
            backbone |= {"why": self.first.why, "reason": self.first.sentence}
            backbone |= {} if self.first.seconds is None else {"seconds": self.first.seconds}
        method = self.config.method.method_name
        own = {f"method.{name}": one.value for name, one in self.own.items()}
        return {"method": method, "backbone": backbone, "recommended": self.recommended | own}

    def in_words(self) -> list[str]:
        """Return the same for people; of what is recommended only what is not as usual anyway."""
        reason = "" if self.first is None else f" ({self.first.sentence})"
        lines = [f"backbone: {self.config.network.backbone}{reason}"]
        usual = TrainConfig().flat()
        unusual = {name: value for name, value in self.recommended.items() if value != usual[name]}
        if unusual:
            told = " ".join(f"{name}={value}" for name, value in unusual.items())
            lines.append(f"as recommended: {told}")
        told = [
            f"method.{name}={one.value}: {one.because}"
            for name, one in self.own.items()
            if one.because
        ]
        return lines + told


def settings_for(dataset_id: str, arguments: Namespace) -> ChosenSettings:
    """Return the settings for a data set; what nobody named is what suits it.

    Sample pictures are a lesson, in which nothing is recommended.

    Raises:
        UserError: "setting" or "config-file"; "unknown" when there is no such data set.
    """
    from tl_core.datasets import manifest
    from tl_core.jobs import beginning
    from tl_core.methods import recipes

    given = _given(arguments)
    config, named, first = _settings(arguments, given), _named(arguments, given), None
    row, dataset = store.dataset(dataset_id), manifest.load(dataset_id)
    if "backbone" not in named:
        first = beginning.backbone(row, dataset, config, named)
        config = methods.settled(config.but(backbone=first.name))
    if beginning.is_lesson(row):
        return ChosenSettings(config, first)
    inputs = read_inputs(arguments) if "inputs" in arguments else {}
    stands = recipes.situation(dataset, config, recipes.labelled(dataset, config, inputs))
    values = recipes.recommended(stands)
    taken = {name: value for name, value in values.items() if name not in named}
    # A file of settings names all that the method knows.
    found = {} if "method_settings" in named else recipes.own(stands)
    own = {name: one for name, one in found.items() if f"method.{name}" not in named}
    told = {**config.method.method_settings, **{name: one.value for name, one in own.items()}}
    config = config.but(**taken, **({"method_settings": told} if own else {}))
    return ChosenSettings(config, first, named, taken, own)


def read_inputs(arguments: Namespace) -> dict[str, str]:
    """Return what else is to be learnt from, ids by role.

    Raises:
        UserError: "input-unknown".
    """
    found: dict[str, str] = {}
    for given in arguments.inputs:
        role, equals, identifier = given.partition("=")
        if not equals or not identifier:
            raise UserError(
                "input-unknown",
                "{given!r} is not ROLE=ID.",
                "Write, say, source=DATASET with the id that `ingest` told.",
                given=given,
            )
        found[role] = identifier
    return found


def read_settings(arguments: Namespace) -> TrainConfig:
    """Return the settings in the file, changed by the assignments, as the method lets them be.

    Raises:
        UserError: "setting", "method" or "config-file".
    """
    return _settings(arguments, _given(arguments))


def _settings(arguments: Namespace, given: dict[str, Any]) -> TrainConfig:
    base = parse(given) if given else TrainConfig()
    if chosen := getattr(arguments, "method", None):
        base = methods.changed(base, chosen)
    asked = parse_assignments(arguments.assignments, base)
    named = {name_of_today(each.partition("=")[0]) for each in arguments.assignments}
    methods.require_free(asked, named)
    return methods.settled(asked)


def _named(arguments: Namespace, given: dict[str, Any]) -> frozenset[str]:
    """Return the settings that the assignments or the file of settings name."""
    named = {assignment.partition("=")[0] for assignment in arguments.assignments}
    groups = [group for group in given.values() if isinstance(group, dict)]
    return frozenset(map(name_of_today, named.union(given, *groups)))


def _given(arguments: Namespace) -> dict[str, Any]:
    """Return what the file of settings holds, in groups, or flat as earlier editions wrote it.

    It is read once: a pipe, as in `--config <(…)`, gives nothing a second time.
    """
    path: Path | None = arguments.config
    if path is None:
        return {}
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            "config-file", "{path} cannot be read: {fault}.", "Give JSON.", path=path, fault=error
        ) from error
    if not isinstance(values, dict):
        raise UserError(
            "config-file", "{path} holds no JSON object.", 'Write {{"epochs": 5}}.', path=path
        )
    return values
