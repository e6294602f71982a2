"""The backbones on offer, looked up by name: the published ones, and those that were models of this home. Reads no Keras."""

from collections.abc import Iterator
from dataclasses import replace

from tl_core.backbones import own
from tl_core.backbones.card import PREFIX, Card
from tl_core.backbones.families import RECORDS
from tl_core.backbones.record import Backbone
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.modalities import registry

__all__ = [
    "BACKBONES",
    "Backbone",
    "architecture",
    "every",
    "get",
    "known",
    "of_card",
    "of_modality",
    "owned",
    "size_for",
    "title",
]

BACKBONES: dict[str, Backbone] = {record.name: record for record in RECORDS}
LARGEST_SIZE = 1024


def get(name: str) -> Backbone:
    """Return the backbone called `name`.

    Raises:
        UserError: "backbone" when there is none of that name.
    """
    found = known(name)
    if found is None and name.startswith(PREFIX):
        raise own.missing(name)
    if found is None:
        raise UserError(
            "backbone",
            "There is no backbone called {name!r}.",
            hint="Choose one of: {names}.",
            name=name,
            names=", ".join(BACKBONES),
        )
    return found


def known(name: str) -> Backbone | None:
    """Return the backbone called `name`, None where there is none here: it may be gone since a run began."""
    if name in BACKBONES:
        return BACKBONES[name]
    card = own.find(name)
    return None if card is None or card.architecture not in BACKBONES else of_card(card)


def of_card(card: Card) -> Backbone:
    """Return the backbone that a card tells of.

    Raises:
        UserError: "backbone" where its shape is none that is known.
    """
    if card.architecture not in BACKBONES:
        raise UserError(
            "backbone",
            "{title} has the shape of a network that is not known here.",
            hint="Update Graft.",
            title=card.title,
        )
    shape = BACKBONES[card.architecture]
    learnt = card.last
    return replace(
        shape,
        name=card.name,
        title=card.title,
        sentence=counted(
            "A model of yours, to build on. It has the shape of {shape}, and has learnt from {count} example.",
            "A model of yours, to build on. It has the shape of {shape}, and has learnt from {count} examples.",
            learnt.examples,
            shape=shape.title,
        )
        if learnt.examples
        else Said("A model to build on. It has the shape of {shape}.", shape=shape.title),
        default_size_px=card.size,
        preprocessing=card.scaling,
        top1_accuracy=None,
        accuracy_source="",
        weights_file=own.WEIGHTS,
        weights_url="",
        weights_hash=card.fingerprint,
        weights_bytes=card.weights_bytes,
        wheel=None,
        card=card,
    )


def architecture(name: str) -> str:
    """Return the published backbone that `name` has the shape of; of an unknown one its own name."""
    found = known(name)
    return name if found is None else found.architecture


def title(name: str) -> str:
    """Return what `name` is called; its name where it is not here any more, as in what was found out before."""
    found = known(name)
    return name if found is None else found.title


def owned() -> list[Backbone]:
    """Return the backbones that were models of this home, the newest first."""
    return [of_card(card) for card in own.cards() if card.architecture in BACKBONES]


def every() -> Iterator[Backbone]:
    """Yield all backbones, the published ones first."""
    yield from BACKBONES.values()
    yield from owned()


def of_modality(name: str) -> list[Backbone]:
    """Return the backbones that take examples of a modality, in the order of the table, then those of this home."""
    return [record for record in every() if record.modality == name]


def size_for(name: str, wanted: int = 0) -> int:
    """Return the size of what the network sees, such as the side of a square; 0 asks for its own.

    Raises:
        UserError: when the network cannot take it; "picture-size" for pictures.
    """
    record = get(name)
    size = wanted or record.default_size_px
    least = record.min_size_px
    if not least <= size <= LARGEST_SIZE:
        raise registry.of(record).wrong_size(record.title, size, least, LARGEST_SIZE)
    return size
