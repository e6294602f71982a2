"""Backbones that were trained models before, kept in Graft's home: `trunks/NAME/` holds a card and all weights.

A name follows from the weights, so that a setting means the same weights on every computer, and the same
model taken twice is there once. Nothing here imports Keras; the weights are safetensors.
"""

import secrets
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from tl_core.backbones.card import LONGEST_TITLE, PREFIX, Card, is_plain
from tl_core.base import files, locks, settings
from tl_core.base.errors import UserError

CARD = "card.json"
WEIGHTS = "weights.safetensors"
REMOVED = ".removed-"
"""How the folder of one begins that was removed; it can be brought back until another one is."""


def folder() -> Path:
    """Return the folder of all of them, which need not exist."""
    return settings.current().home / "trunks"


def weights_file(name: str) -> Path:
    """Return where the weights of one lie, which need not exist."""
    return folder() / name / WEIGHTS


def find(name: str) -> Card | None:
    """Return the card of the one called `name`, None where there is none here."""
    if not name.startswith(PREFIX) or not name.removeprefix(PREFIX).isalnum():
        return None
    return _card(folder() / name / CARD)


def cards() -> list[Card]:
    """Return the cards of all of them, the newest first; what is damaged is none."""
    found = [_card(path) for path in folder().glob(f"{PREFIX}*/{CARD}")]
    return sorted((card for card in found if card), key=lambda card: (-card.made_at, card.name))


def require_title(title: str, name: str = "") -> str:
    """Return a title if one may be called so.

    Args:
        title: as a person wrote it.
        name: of the one that is to be called so, where it is there already.

    Raises:
        UserError: "backbone-title".
    """
    title = " ".join(title.split())
    if not is_plain(title):
        raise UserError(
            "backbone-title",
            "A backbone cannot be called “{title}”.",
            "Take a name of up to {most} letters, digits and spaces; it may also have , ' ( ) and -.",
            title=title[:80],
            most=LONGEST_TITLE,
        )
    taken = (card for card in cards() if card.title.casefold() == title.casefold())
    if any(card.name != name for card in taken):
        raise UserError(
            "backbone-title",
            "There is a backbone called “{title}” already.",
            "Choose another name, or remove that one first.",
            title=title,
        )
    return title


def free_title(wanted: str) -> str:
    """Return a title that none has: the wanted one, with a number behind it where that is taken."""
    taken = {card.title.casefold() for card in cards()}
    numbered = (f"{wanted[: LONGEST_TITLE - 4].rstrip()} {number}" for number in range(2, 1000))
    return next(title for title in (wanted, *numbered) if title.casefold() not in taken)


def keep(card: Card, weights: Path) -> Card:
    """Keep a backbone, whole or not at all; the same weights again get the new card.

    Args:
        card: what it is.
        weights: the file that the card names by its hash; copied.

    Raises:
        UserError: "disk-full" or another fault of the disk.
    """
    place = folder() / card.name
    fresh = folder() / f".fresh-{secrets.token_hex(4)}"
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with locks.held(folder() / ".lock"):
            if (place / WEIGHTS).is_file():
                files.write_whole(place / CARD, _text(card))
                return card
            fresh.mkdir()
            shutil.copyfile(weights, fresh / WEIGHTS)
            files.write_whole(fresh / CARD, _text(card))
            shutil.rmtree(place, ignore_errors=True)  # a card without its weights
            fresh.replace(place)
    except OSError as error:
        trouble = files.disk_trouble(error)
        if trouble is None:
            raise
        raise trouble from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return card


def rename(name: str, title: str) -> Card:
    """Call one otherwise.

    Raises:
        UserError: "backbone" when there is none of that name, "backbone-title".
    """
    card = find(name)
    if card is None:
        raise missing(name)
    return keep(card.model_copy(update={"title": require_title(title, name)}), weights_file(name))


def remove(name: str, in_use: Callable[[str], None]) -> None:
    """Remove one; `bring_back` undoes that until the next is removed.

    Args:
        name: of the backbone.
        in_use: raises where something stands on it.

    Raises:
        UserError: "backbone" when there is none of that name, or what `in_use` raises.
    """
    if find(name) is None:
        raise missing(name)
    in_use(name)
    for earlier in folder().glob(f"{REMOVED}*"):
        shutil.rmtree(earlier, ignore_errors=True)
    (folder() / name).replace(folder() / f"{REMOVED}{name}")


def bring_back(name: str) -> None:
    """Undo `remove`.

    Raises:
        UserError: "backbone" when it is gone for good.
    """
    removed, place = folder() / f"{REMOVED}{name}", folder() / name
    if place.exists():
        return
    if not removed.is_dir():
        raise missing(name)
    removed.replace(place)


def missing(name: str) -> UserError:
    """Return what is said where a backbone of that kind is not on this computer."""
    return UserError(
        "backbone",
        "The backbone {name} was made of a trained model, and is not on this computer.",
        "Open the model that it was made of, or the project that it was used in, and use it as a backbone again; "
        "or choose another one.",
        name=name[:80],
    )


def _text(card: Card) -> bytes:
    return card.model_dump_json(indent=1).encode()


def _card(path: Path) -> Card | None:
    try:
        about = path.stat()
        return _read(path, about.st_mtime_ns, about.st_size)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _read(path: Path, _changed_ns: int, _bytes: int) -> Card | None:
    try:
        card = Card.model_validate_json(path.read_bytes())
    except ValidationError:
        return None
    return card if card.name == path.parent.name else None
