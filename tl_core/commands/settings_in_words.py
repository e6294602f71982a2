"""All settings and methods as lines for `--help`; loads neither the store nor anything that works."""

import textwrap

from tl_core.config import TrainConfig, settings_in
from tl_core.config.parsing import is_list
from tl_core.methods import registry as methods


def all_of_them(kind: type[TrainConfig] = TrainConfig) -> str:
    """Return the settings as lines for `--help`."""
    lines = [
        "settings, each as --set FIELD=VALUE; of those that are not given some follow what is",
        "recommended for the backbone, the stages that learn and the pictures:",
    ]
    for name, setting in settings_in(kind).items():
        field = setting.field
        default = ",".join(map(str, field.default)) if is_list(setting) else field.default
        about = textwrap.wrap(f"{field.title}. {field.description}", width=76)
        lines += [f"  {name}={default}", *(f"      {line}" for line in about)]
    return "\n".join([*lines, *_methods_in_words()])


def _methods_in_words() -> list[str]:
    lines = ["methods, each as --method NAME:"]
    for method in methods.METHODS:
        about = textwrap.wrap(f"{method.title}. {method.sentence} {method.paper}", width=76)
        lines += [f"  {method.name}", *(f"      {line}" for line in about)]
        lines += [f"      --input {need.role}=ID: {need.title}" for need in method.needs]
        for name, field in method.settings.model_fields.items():
            told = f"--set method.{name}={field.default}: {field.title}. {field.description}"
            lines += [f"      {line}" for line in textwrap.wrap(told, width=76)]
    return lines
