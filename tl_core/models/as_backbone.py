"""A trained model becomes a backbone: all weights of its network, the head left away. Imports Keras where it builds."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.backbones import build, catalogue, own, weight_files, weights
from tl_core.backbones.card import MOST_LESSONS, Card, Lesson
from tl_core.base import machine
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.models import persist
from tl_core.models.persist import Description

if TYPE_CHECKING:
    import keras

SPARE_BYTES = 16 * 1024**2
"""Left free on the disk."""


def refusal(folder: Path) -> UserError | None:
    """Return why the model in `folder` would be no new backbone, None where it may be one; needs no Keras.

    Raises:
        UserError: "model-format".
    """
    described = persist.describe(folder)
    is_new = described.trainable_stages or brings_backbone(folder, described)
    return None if is_new else _unchanged(described)


def brings_backbone(folder: Path, described: Description) -> bool:
    """Say whether a model that came from elsewhere brought another one that it stands on, which is not here."""
    card = described.stands_on
    return (
        card is not None and own.find(card.name) is None and (folder / persist.BACKBONE).is_file()
    )


def take_in_base(folder: Path) -> Card | None:
    """Keep as a backbone here what a model from elsewhere stands on, where it brought that along; return it.

    Raises:
        UserError: "model-format", "disk-full".
    """
    described = persist.describe(folder)
    card, file = described.stands_on, folder / persist.BACKBONE
    if card is None or not brings_backbone(folder, described):
        return None
    if weights.file_hash(file) != card.weights_sha256:
        raise weight_files.unreadable(
            Said("{file} has changed since it was written", file=persist.BACKBONE)
        )
    return own.keep(card.model_copy(update={"title": own.free_title(card.title)}), file)


def make(folder: Path, title: str, lesson: Lesson, told: Callable[[str], None]) -> Card:
    """Keep the network of a trained model as a backbone; return its card.

    Args:
        folder: the model's.
        title: what it is to be called.
        lesson: the training that made the model.
        told: called with what is being done, in words; may raise to end it.

    Raises:
        UserError: "backbone-title", "backbone-unchanged" where only a head learnt, "model-format",
            "weights-missing", "weights-changed", "backbone", "disk-full".
    """
    if (no := refusal(folder)) is not None:
        raise no
    described = persist.describe(folder)
    if not described.trainable_stages and (brought := take_in_base(folder)) is not None:
        return own.rename(brought.name, title)
    title = own.require_title(title)
    told(Said("Building the network"))
    base = persist.load_model(folder).base
    held = weight_files.layer_variables(build.PREFIX, base)
    if not _has_changed(described, folder, held):
        if (brought := take_in_base(folder)) is not None:
            return own.rename(brought.name, title)
        raise _unchanged(described)
    told(Said("Keeping its weights"))
    own.folder().mkdir(parents=True, exist_ok=True)
    needed = sum(4 * int(np.prod(variable.shape)) for variable in held.values())
    if machine.free_disk_bytes(own.folder()) < 2 * needed + SPARE_BYTES:
        raise UserError(
            "disk-full",
            "The disk has no room for another backbone of {size} MB.",
            "Free some space, then try again.",
            size=needed // 1_000_000 + 1,
        )
    file = own.folder() / f".made-{secrets.token_hex(4)}.safetensors"
    try:
        weight_files.save(held, file)
        if odd := weight_files.first_not_finite(file):
            raise weight_files.unreadable(
                Said("its weights “{name}” hold values that are no numbers", name=odd[:80])
            )
        card = _card(described, file, title, lesson)
        own.require_title(title, card.name)
        if own.find(card.name) is not None and weights.present(card.name):
            return own.rename(card.name, title)  # what is known of it already may be more
        return own.keep(card, file)
    finally:
        file.unlink(missing_ok=True)


def _card(described: Description, file: Path, title: str, lesson: Lesson) -> Card:
    before = described.stands_on
    lessons = (*(before.lessons if before else ()), lesson)
    return Card(
        title=title,
        architecture=described.backbone,
        began_with=before.began_with if before else described.backbone_weights,
        lessons=lessons[-MOST_LESSONS:],
        scaling=described.scaling,
        size=described.entry.size,
        weights_sha256=weights.file_hash(file),
        weights_bytes=file.stat().st_size,
        made_at=time.time(),
    )


def _has_changed(described: Description, folder: Path, held: dict[str, Any]) -> bool:
    """Say whether training changed anything of the network.

    A model whose exact head did better than fine-tuning stands on the network as it was, whatever was to learn.
    """
    before = _before(described, folder)
    if before is None:
        return True
    return any(
        not np.array_equal(_numbers(held[key]), _numbers(variable))
        for key, variable in weight_files.layer_variables(build.PREFIX, before).items()
    )


def _numbers(variable: Any) -> np.ndarray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(variable))


def _before(described: Description, folder: Path) -> "keras.Model | None":
    """Return the network as the training of a model began with it; None where it was random or is not here."""
    size, carried = described.entry.size, folder / persist.BACKBONE
    if described.backbone_weights == persist.RANDOM:
        return None
    if carried.is_file():
        base = build.backbone(described.backbone, size, None)
        weight_files.fill(weight_files.layer_variables(build.PREFIX, base), carried)
        return base
    is_here = catalogue.known(described.began_on) and weights.present(described.began_on)
    return build.backbone(described.began_on, size) if is_here else None


def _unchanged(described: Description) -> UserError:
    record, card = catalogue.known(described.began_on), described.stands_on
    return UserError(
        "backbone-unchanged",
        "Only the head of this model learnt something: its network is {title} as it was.",
        "Choose {title} itself as the backbone; or let some of its stages learn first, then use that model.",
        title=record.title if record else card.title if card else described.began_on,
    )
