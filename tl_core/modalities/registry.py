"""The modalities that there are. A new one is a folder beside this module and one name in `MODALITIES`."""

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator

from tl_core.base.errors import UserError
from tl_core.modalities.modality import Modality
from tl_core.modalities.picture import member as picture

MODALITIES: tuple[Modality, ...] = (picture.MODALITY,)
USUAL = picture.MODALITY


class HasModality(Protocol):
    """A data set, a backbone or a model: each is of one modality, by its name."""

    @property
    def modality(self) -> str: ...


def get(name: str) -> Modality:
    """Return the modality called `name`.

    Raises:
        UserError: "modality".
    """
    for modality in MODALITIES:
        if modality.name == name:
            return modality
    raise UserError(
        "modality",
        "There are no examples called {name!r}.",
        "Choose one of: {names}.",
        name=name[:80],
        names=", ".join(modality.name for modality in MODALITIES),
    )


def of(thing: HasModality) -> Modality:
    """Return the modality of a data set, a backbone or a model."""
    return get(thing.modality)


def of_details(details: Mapping[str, Any]) -> Modality:
    """Return the modality of what is kept in a file; files of before knew one and named none.

    Raises:
        UserError: "modality" where a later version wrote it.
    """
    return get(str(details.get("modality") or USUAL.name))


def named(modality: str) -> dict[str, str]:
    """Return what a file says of its modality: nothing of the usual one, so that earlier versions read it."""
    return {} if modality == USUAL.name else {"modality": modality}


def endings() -> frozenset[str]:
    """Return how files of examples may end, of any modality, opened or not."""
    return frozenset().union(*(each.endings | each.foreign_endings for each in MODALITIES))


def _known(name: str) -> str:
    if all(modality.name != name for modality in MODALITIES):
        raise ValueError("this version of Graft does not know its modality")
    return name


Name = Annotated[str, AfterValidator(_known)]
"""The name of a modality that there is, checked by pydantic."""
