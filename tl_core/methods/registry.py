"""All ways of training there are. To add one, write its module and name it in `METHODS`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from tl_core.backbones import stages
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import TrainConfig, parse, settings_in, stored
from tl_core.methods import (
    adabn,
    adversary,
    alignment,
    deep_coral,
    distillation,
    fine_tune,
    gradual,
    instances,
    main_directions,
    relations,
    scratch,
    surgical,
)
from tl_core.methods.method import Ended, Method, Role, Settings

METHODS: tuple[Method, ...] = (
    fine_tune.METHOD,
    gradual.METHOD,
    surgical.METHOD,
    scratch.METHOD,
    instances.METHOD,
    distillation.METHOD,
    relations.METHOD,
    main_directions.METHOD,
    alignment.METHOD,
    adabn.METHOD,
    deep_coral.METHOD,
    adversary.METHOD,
)
USUAL = fine_tune.METHOD
"""What the others are told apart from."""
CONTROL = scratch.METHOD
"""What shows the gain of transfer: the same network, with nothing brought along."""

QUICKLY_ADAPTED = alignment.METHOD
"""What adapts to pictures from elsewhere in seconds, with nothing trained."""


def get(name: str) -> Method:
    """Return the method called `name`.

    Raises:
        UserError: "method".
    """
    for method in METHODS:
        if method.name == name:
            return method
    raise UserError(
        "method",
        "There is no method called {name!r}.",
        "Choose one of: {names}.",
        name=name[:80],
        names=", ".join(method.name for method in METHODS),
    )


def of(config: TrainConfig) -> Method:
    """Return the method that settings name.

    Raises:
        UserError: "method".
    """
    return get(config.method.method_name)


def title_of(config: Mapping[str, Any]) -> str:
    """Return what the method of a run's kept settings is called; its name where nobody knows it."""
    return title(name_of(config))


def title(name: str) -> str:
    """Return what a method is called; its name where nobody knows it."""
    return next((method.title for method in METHODS if method.name == name), name)


def name_of(config: Mapping[str, Any]) -> str:
    """Return the name of the method in a run's kept settings; earlier versions knew one and named none."""
    return str(stored(config, "method_name", METHODS[0].name))


def inputs_of(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the titles of what the method of a run's kept settings needs, by role."""
    return {need.role: need.title for method in _known(config) for need in method.needs}


def setting_titles(config: Mapping[str, Any]) -> dict[str, str]:
    """Return what the settings that only the method of a run knows are called, by name."""
    fields = {
        name: each
        for method in _known(config)
        for name, each in method.settings.model_fields.items()
    }
    return {name: each.title or name for name, each in fields.items()}


def additions(run: Ended, others: Sequence[Ended]) -> Sequence[str]:
    """Return the sentences that the method of a run adds to its result page."""
    return [sentence for method in _known(run.config) for sentence in method.adds(run, others)]


def settings_of(config: TrainConfig) -> Settings:
    """Return the settings that only the method knows, checked.

    Raises:
        UserError: "method", or "setting" naming the first at fault.
    """
    method = of(config)
    try:
        return method.settings.model_validate(config.method.method_settings)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        about = method.settings.model_fields.get(name)
        raise UserError(
            "setting",
            "{title} (method.{name}): {fault}.",
            about.description or "" if about else Said("The method has no such setting."),
            title=about.title or name if about else name,
            name=name,
            fault=first["msg"],
        ) from error


def settled(config: TrainConfig) -> TrainConfig:
    """Return settings as the method lets them be: its own complete, those that it fixes in place.

    Raises:
        UserError: "method", "setting" or "backbone".
    """
    method, own = of(config), settings_of(config).model_dump(mode="json")
    fixed = method.fixes(config)
    if own != config.method.method_settings:
        fixed = {**fixed, "method_settings": own}
    return config.but(**fixed) if fixed else config


def changed(config: TrainConfig, name: str) -> TrainConfig:
    """Return settings with another method; what the one before had fixed is as usual again.

    Where stages have to learn and none does, or too few for the method, the upper half of them do.

    Raises:
        UserError: "method" or "backbone".
    """
    known, method = settings_in(type(config)), get(name)
    freed = {field: known[field].field.default for field in of(config).fixes(config)}
    freed = config.but(**freed, method_name=method.name, method_settings={})
    half = stages.half(freed.network.backbone)
    are_too_few = half > freed.network.trainable_stages and unfit(settled(freed)) is not None
    return freed.but(trainable_stages=half) if method.needs_stages and are_too_few else freed


def _known(config: Mapping[str, Any]) -> list[Method]:
    """Return the method of a run's kept settings; none where a later version made it."""
    return [method for method in METHODS if method.name == name_of(config)]


def as_far_as_known(config: TrainConfig) -> TrainConfig:
    """Return settings to begin another training with: with the first method where theirs is not known."""
    try:
        settings_of(config)
    except UserError:
        return config.but(method_name=METHODS[0].name, method_settings={})
    return config


def read(config: Mapping[str, Any]) -> TrainConfig | None:
    """Return a run's kept settings as its method lets them be; None where a later version made them."""
    try:
        return settled(parse(dict(config)))
    except UserError:
        return None


def require_free(config: TrainConfig, names: Collection[str]) -> None:
    """Refuse settings that somebody chose although the method fixes them at another value.

    Raises:
        UserError: "method" or "setting-fixed".
    """
    method, known = of(config), settings_in(type(config))
    for name, value in method.fixes(config).items():
        if name in names and known[name].value(config) != value:
            raise UserError(
                "setting-fixed",
                "{title} ({name}) is not to be chosen with the method {method}.",
                "Leave it out, or take another method.",
                title=Said(known[name].field.title or name),
                name=name,
                method=method.title,
            )


def unfit(config: TrainConfig) -> UserError | None:
    """Return why settings make no training by their method, None where they do.

    Raises:
        UserError: "method".
    """
    method = of(config)
    if method.needs_stages and not config.network.trainable_stages:
        return UserError(
            "stages-frozen",
            "{method} is about stages of the backbone that learn, and all of them are frozen.",
            "Let at least one of them learn.",
            method=method.title,
        )
    return method.unfit(config)


def require_inputs(config: TrainConfig, inputs: Mapping[str, str]) -> None:
    """Refuse inputs that the method does not take, or too few of them, and settings that do not suit it.

    Raises:
        UserError: "method", "input-missing", "input-unknown" or as `unfit`.
    """
    method = of(config)
    if (fault := unfit(config)) is not None:
        raise fault
    needed: dict[Role, str] = {need.role: need.title for need in method.needs}
    optional = {need.role for need in method.needs if need.is_optional}
    for role, title in needed.items():
        if not inputs.get(role) and role not in optional:
            raise UserError(
                "input-missing",
                "{method} needs one thing more: {input}.",
                "Choose it on the Train page, or give --input {role}=ID on the command line.",
                method=method.title,
                input=title,
                role=role,
            )
    for role in inputs:
        if role not in needed:
            raise UserError(
                "input-unknown",
                "{method} takes no input called {role!r}.",
                "It takes: {roles}.",
                method=method.title,
                role=role[:80],
                roles=", ".join(needed) or Said("nothing beside the data set"),
            )
