"""The backbones on offer, looked up by name. Reads no Keras."""

from tl_core.backbones.families import RECORDS
from tl_core.backbones.record import Backbone, Preprocessing
from tl_core.base.errors import UserError

__all__ = ["BACKBONES", "Backbone", "Preprocessing", "get", "size_for"]

BACKBONES: dict[str, Backbone] = {record.name: record for record in RECORDS}
LARGEST_SIZE_PX = 1024


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


def size_for(name: str, image_size_px: int = 0) -> int:
    """Return the side of the square that the network sees; 0 asks for the backbone's own.

    Raises:
        UserError: "picture-size" when the network cannot take it.
    """
    record = get(name)
    size_px = image_size_px or record.default_size_px
    if not record.min_size_px <= size_px <= LARGEST_SIZE_PX:
        raise UserError(
            "picture-size",
            "{title} cannot look at pictures of {size} pixels.",
            hint="Choose {least} to {most}, or 0 for its own size.",
            title=record.title,
            size=size_px,
            least=record.min_size_px,
            most=LARGEST_SIZE_PX,
        )
    return size_px
