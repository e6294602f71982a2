"""Settings written by earlier versions, brought into the form of today, one edition at a time.

Steps are only ever added at the end, and what they say of names of the past stays as it was.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tl_core.base.errors import UserError

EDITION = 3
_GROUPS_OF_EDITION_2: Mapping[str, tuple[str, ...]] = {
    "network": ("backbone", "trainable_stages", "image_size_px", "resize", "train_batch_norm"),
    "head": ("pooling", "hidden_units", "dropout", "l2"),
    "changes": (
        *("flip", "rotate", "zoom", "crop", "shift"),
        *("brightness", "contrast", "saturation", "hue", "views"),
    ),
    "rate": (
        *("learning_rate", "schedule", "warmup", "plateau_patience", "plateau_factor"),
        *("thaw_every", "tail_rate", "stage_decay"),
    ),
    "steps": ("batch_size", "optimizer", "momentum", "nesterov", "weight_decay"),
    "objective": ("class_weights", "loss", "target_scale", "label_smoothing", "mixup"),
    "course": ("epochs", "patience", "folds", "start", "seed"),
}


def to_present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of any edition in the form of today, `values` untouched.

    Raises:
        UserError: "setting-edition" for settings of a later edition.
    """
    edition = values.get("edition", 1)
    if not isinstance(edition, int) or edition < 1:
        return dict(values)  # refused as any other value that is none
    if edition > EDITION:
        raise UserError(
            "setting-edition",
            "These settings were written by a newer Graft: they are of edition {edition}, "
            "this one reads up to {known}.",
            "Update Graft.",
            edition=edition,
            known=EDITION,
        )
    upgraded = dict(values)
    for step in _STEPS[edition - 1 :]:
        upgraded = step(upgraded)
    return upgraded | {"edition": EDITION}


def _in_groups(values: dict[str, Any]) -> dict[str, Any]:
    """Edition 1 was flat: all settings side by side."""
    upgraded = dict(values)
    for group, names in _GROUPS_OF_EDITION_2.items():
        beside = upgraded.get(group, {})
        if isinstance(beside, Mapping):
            moved = {name: upgraded.pop(name) for name in names if name in upgraded}
            upgraded |= {group: {**beside, **moved}} if moved else {}
    return upgraded


def _ways_of_batch_normalisation(values: dict[str, Any]) -> dict[str, Any]:
    """Edition 2 knew two: it learns, or it does not."""
    network = values.get("network")
    if not isinstance(network, Mapping) or not isinstance(network.get(_LEARNS), bool):
        return values
    others = {name: value for name, value in network.items() if name != _LEARNS}
    return values | {
        "network": {"batch_norm": "learning" if network[_LEARNS] else "frozen", **others}
    }


_LEARNS = "train_batch_norm"
_STEPS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (
    _in_groups,
    _ways_of_batch_normalisation,
)
"""What brings edition 1 to 2, then 2 to 3, and so on."""
