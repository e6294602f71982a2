"""A few pictures of a data set as they were uploaded, byte for byte.

What a person takes home has to answer for the files that they have, not for what Graft made of them.
So a sample is kept beside the stored pictures, every kind of file and every folder in it as far as
there is room; an export is held against those of them that the model is judged by (`export.judged`).
Which those are is not known when the files come: what is to be learnt may be asked first, and may
be asked anew.

A browser that made large photos smaller sends some of them whole as well, in a folder of their own:
the sample holds those then, and an export tells how much that made.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path, PurePosixPath

from pydantic import BaseModel

from tl_core.base import choices, settings
from tl_core.base.files import is_disk_full, write_quickly
from tl_core.base.said import Said
from tl_core.intake.listing import Listing
from tl_core.modalities import kept
from tl_core.modalities.modality import Modality

WHOLE = "graft-originals/"
"""Where the browser puts photos that it sends whole beside those that it made smaller."""
CHOICE = "originals", "keeps"
MOST = 1000
"""Files of one import."""
TOLD = Said(
    "Your browser made large photos smaller before it sent them. Some came whole as well: a model that "
    "you take home is checked on those, and its certificate tells how much the difference is."
)
_MADE_SMALLER = "browser"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that an example was made of.

    Attributes:
        name: relative path as uploaded.
        path: where it lies.
        form: what kind of file it is, see `Opened.form`.
        whole: the photo before the browser made it smaller, if it did and sent that, too.
    """

    name: str
    path: Path
    form: str
    whole: Path | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it was uploaded; or, if `was_larger`, before the browser made it smaller."""

    path: Path
    was_larger: bool = False


def room_bytes() -> int:
    """Return how much may be kept of one import: 0 where a person wants none."""
    return settings.current().originals_bytes if is_wanted() else 0


def is_wanted() -> bool:
    """Say whether originals are kept: what a person chose, else the setting."""
    chosen = choices.chosen(*CHOICE)
    return settings.current().originals_bytes > 0 if chosen is None else bool(chosen)


def choose(keeps: bool) -> None:
    """Keep originals from the next import on, or none; those that are there stay."""
    choices.choose(*CHOICE, keeps)


def apart(found: Listing) -> dict[str, Path]:
    """Take photos that the browser sent whole out of an upload; return them by the smaller one's name."""
    names = {name for name, _ in found.pictures}
    whole = {
        name.removeprefix(WHOLE): path
        for name, path in found.pictures
        if name.startswith(WHOLE) and name.removeprefix(WHOLE) in names
    }
    if whole:
        found.pictures[:] = [one for one in found.pictures if not one[0].startswith(WHOLE)]
        found.folders.difference_update(
            {one for one in found.folders if f"{one}/".startswith(WHOLE)}
        )
    return whole


def keep(
    sources: Mapping[str, Source],
    modality: Modality,
    read_by: BaseModel | None,
    limit_bytes: int,
) -> int:
    """Keep a sample of what was uploaded; return the bytes it takes.

    Args:
        sources: by the hash of the stored example.
        modality: what they are.
        read_by: by what they were read.
        limit_bytes: room for all of them; 0 keeps none.
    """
    taken = count = 0
    for digest in _in_turns(sources):
        source = sources[digest]
        path = source.whole or source.path
        try:
            size = path.stat().st_size
            if count == MOST or taken + size > limit_bytes:
                continue
            place = kept.original(digest, _key_of(source, modality, read_by))
            write_quickly(place, path.read_bytes())
        except FileNotFoundError:  # gone since it was opened
            continue
        except OSError as error:
            if is_disk_full(error):  # the data set is good without them
                break
            raise
        taken, count = taken + size, count + 1
    return taken


def found(digest: str, modality: Modality, read_by: BaseModel | None) -> Original | None:
    """Return the file that a stored example was made of, None where it was not kept.

    Args:
        digest: the stored example's.
        modality: what it is.
        read_by: by what the data set or model that asks reads files.
    """
    for key in (modality.variant(read_by), "", _MADE_SMALLER):
        if (place := kept.original(digest, key)).is_file():
            return Original(place, was_larger=key == _MADE_SMALLER)
    return None


def _in_turns(sources: Mapping[str, Source]) -> Iterator[str]:
    """Return hashes, one of each kind of file and folder in turn, rare kinds first.

    Within a kind the order is that of the hashes, which is no order of the person's: so every part
    of a data set that is cut later has its share.
    """
    forms = Counter(source.form for source in sources.values())
    waiting: dict[tuple[bool, int, str, str], deque[str]] = {}
    for digest, source in sorted(sources.items(), key=itemgetter(0)):
        folder = str(PurePosixPath(source.name).parent)
        key = (source.whole is None, forms[source.form], source.form, folder)
        waiting.setdefault(key, deque()).append(digest)
    while waiting:
        for key in sorted(waiting):
            yield waiting[key].popleft()
        waiting = {key: left for key, left in waiting.items() if left}


def _key_of(source: Source, modality: Modality, read_by: BaseModel | None) -> str:
    """Return what tells a file from another that the same example was made of in another way."""
    if source.whole is not None:
        return _MADE_SMALLER
    return modality.variant(read_by) if modality.depends(source.form) else ""
