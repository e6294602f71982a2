"""Unpack zip and tar archives of unknown origin into numbered files.

Names inside an archive are data: no file on disk is ever called after them. Signs of an attack
(a path that leads out, links, devices, overlaps, bombs) refuse the whole upload before or while
it is unpacked; what the archive declares about sizes is checked, never trusted.
"""

import contextlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.base.settings import Settings
from tl_core.datasets.manifest import SetAside
from tl_core.datasets.naming import Reader
from tl_core.intake import refusals, tars, zips
from tl_core.intake.listing import Listing
from tl_core.intake.taker import Step, Taker
from tl_core.modalities import registry
from tl_core.modalities.modality import Modality

FOREIGN = {b"Rar!": "RAR", b"7z\xbc\xaf": "7z"}
"""How archives begin that Graft does not open, and what people call them."""

Progress = Callable[[int, int], None]


def unpack(
    paths: Sequence[Path],
    into: Path,
    limits: Settings,
    on_progress: Progress,
    names: Sequence[str] = (),
    reader: Reader | None = None,
    modality: Modality = registry.USUAL,
) -> Listing:
    """Unpack the examples of one upload into `into` as 000001, 000002, ….

    Args:
        paths: its archives; most uploads are one, a large folder comes in several.
        into: an empty folder; the caller removes it.
        limits: bounds on entries and bytes, for all archives together.
        on_progress: told (done, total) bytes of the archives.
        names: what people call the archives, for what is told about them; "" for one that was
            packed on the way here.
        reader: reads names that are bare bytes; see `naming`.
        modality: what is looked for.

    Raises:
        UserError: "E-PATH", "E-LINK", "E-DEVICE", "E-OVERLAP", "E-BOMB", "E-COUNT",
            "E-PASSWORD", "E-ARCHIVE" or "E-EMPTY", naming the archive and the entry to blame.
    """
    taker = Taker(into, limits, reader, modality)
    total = sum(path.stat().st_size for path in paths)
    done = 0
    names = [*names, *[""] * len(paths)][: len(paths)]
    # All are checked before any is unpacked: a refusal in the last part finds nothing written.
    checked = []
    for path, name in zip(paths, names, strict=True):
        with _called(name):
            checked.append(_checked(path, taker, limits))
    bare = []
    for path, name, unpack_into in zip(paths, names, checked, strict=True):
        found = taker.found
        with _called(name):
            unpack_into(lambda part, before=done: on_progress(before + part, total))
        done += path.stat().st_size
        if name and taker.found == found:
            bare.append(name)
    if not taker.listing.pictures and not taker.listing.aside:
        raise _empty(names, taker.listing.others)
    taker.listing.aside += [_bare(name) for name in bare]
    return taker.listing


@contextlib.contextmanager
def _called(name: str) -> Iterator[None]:
    """Turn a refusal inside the block into an error that names the archive."""
    try:
        yield
    except refusals.RefusalError as refusal:
        about = {"archive": _subject(name), "what": refusal.what}
        raise UserError(refusal.code, "{archive} {what}", refusal.hint, **about) from refusal


def _subject(name: str) -> Said:
    return Said("“{name}”", name=name[-80:]) if name else Said("The upload")


def _checked(path: Path, taker: Taker, limits: Settings) -> Callable[[Step], None]:
    """Refuse an archive that shows signs of an attack; return what unpacks it."""
    with path.open("rb") as file:
        head = file.read(4)
    if head in FOREIGN:
        raise refusals.RefusalError(
            "E-ARCHIVE",
            Said("is a {kind} archive, which Graft does not open.", kind=FOREIGN[head]),
            hint="Unpack it, make a zip of it, and give that.",
        )
    if head.startswith((b"PK\3\4", b"PK\5\6")) or zipfile.is_zipfile(path):
        entries = zips.check(path, taker, limits)
        return lambda on_progress: zips.unpack(path, entries, taker, on_progress)
    if tars.opener_of(path) is not None:
        read = tars.check(path, taker, limits)
        return lambda on_progress: tars.unpack(path, read, taker, limits, on_progress)
    raise refusals.RefusalError(
        "E-ARCHIVE",
        Said("is not a zip or tar archive, whatever its name says."),
        hint="Put the folders with your pictures into a zip file and send that.",
    )


def _empty(names: Sequence[str], others: Sequence[str]) -> UserError:
    which = Said(
        "{archive} holds no pictures", archive=_subject(names[0] if len(names) == 1 else "")
    )
    if len(names) > 1 and all(names):
        shown = ", ".join(_subject(name) for name in names[:5]) + (" …" if len(names) > 5 else "")
        which = Said("None of {archives} holds pictures", archives=shown)
    only = Said(", only files such as {entry}", entry=refusals.entry(others[0])) if others else ""
    hint = "Put one folder of pictures for each class into it."
    return UserError("E-EMPTY", "{which}{only}.", hint, which=which, only=only)


def _bare(name: str) -> SetAside:
    return SetAside(
        name,
        "archive-empty",
        "The archive holds no pictures.",
        "Put one folder of pictures for each class into it.",
    )
