"""The backbones on offer, looked up by name. Reads no Keras."""

from tl_core.backbones.families import RECORDS
from tl_core.backbones.record import Backbone
from tl_core.base.errors import UserError
from tl_core.modalities import registry

__all__ = ["BACKBONES", "Backbone", "get", "of_modality", "size_for"]

BACKBONES: dict[str, Backbone] = {record.name: record for record in RECORDS}
LARGEST_SIZE = 1024


def get(name: str) -> Backbone:
    """Return the backbone called `name`.

    Raises:
        UserError: "backbone" when there is none of that name.
    """
    found = BACKBONES.get(name)
    if found is None:
        raise UserError(
            "backbone",
            "There is no backbone called {name!r}.",
            hint="Choose one of: {names}.",
            name=name,
            names=", ".join(BACKBONES),
        )
    return found


def of_modality(name: str) -> list[Backbone]:
    """Return the backbones that take examples of a modality, in the order of the table."""
    return [record for record in BACKBONES.values() if record.modality == name]


def size_for(name: str, wanted: int = 0) -> int:
    """Return the size of what the network sees, such as the side of a square; 0 asks for its own.

    Raises:
        UserError: when the network cannot take it; "picture-size" for pictures.
    """
    record = get(name)
    size = wanted or record.default_size_px
    if not record.min_size_px <= size <= LARGEST_SIZE:
        raise registry.of(record).wrong_size(record.title, size, record.min_size_px, LARGEST_SIZE)
    return size
