"""What an upload holds, before any picture is opened."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.base.settings import Settings
from tl_core.datasets.manifest import SetAside
from tl_core.datasets.naming import Reader
from tl_core.intake import layout
from tl_core.modalities import registry
from tl_core.modalities.modality import Modality

# fmt: off
VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".qt", ".webm", ".mkv", ".avi", ".ogv", ".3gp", ".3g2", ".mpg", ".mpeg",
    ".mpe", ".wmv", ".asf", ".flv", ".f4v", ".mts", ".m2ts", ".vob", ".divx",
)
# fmt: on
LEVELS = 16
"""Folders are noted down to this depth: classes are found far above it."""


@dataclass(slots=True)
class Listing:
    """Files of one upload.

    Attributes:
        pictures: (relative path as uploaded, file on disk) of what may be an example.
        folders: relative paths of all folders.
        others: relative paths of files that are no examples; skipped and counted.
        tables: (relative path, file on disk) of tables about the examples.
        aside: files and linked folders that were refused one by one.
        modality: what is looked for.
    """

    pictures: list[tuple[str, Path]] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    others: list[str] = field(default_factory=list)
    tables: list[tuple[str, Path]] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)
    modality: Modality = registry.USUAL

    def add_folders_of(self, name: str) -> None:
        """Note every folder that leads to the file called `name`."""
        name = "/".join(name.split("/")[: LEVELS + 1])
        while "/" in name:
            name = name.rpartition("/")[0]
            if not name or name in self.folders:
                return
            self.folders.add(name)

    def pass_over(self, name: str) -> None:
        """Note a file that is no example: one that may be full of them by name, others counted."""
        if layout.is_archive(name):
            self.aside.append(_archive_inside(name))
        elif name.lower().endswith(VIDEO_SUFFIXES) and not layout.is_system_junk(name):
            self.aside.append(_video(name))
        else:
            self.others.append(name)


def source(text: str) -> Path:
    """Return the folder or file on this machine that a person named; "~" is their home.

    Raises:
        UserError: "source-missing" when there is none, or `text` can be no path.
    """
    try:
        path = Path(text.strip()).expanduser()
        if path.exists():
            return path
    except (OSError, ValueError, RuntimeError):  # too long, a null character, nobody's home
        pass
    shown = text if len(text) <= 200 else f"{text[:200]}…"
    raise UserError(
        "source-missing",
        "There is nothing at {path!r}.",
        "Check the spelling, or copy the path from your file manager.",
        path=shown,
    )


def of_folder(
    root: Path,
    limits: Settings,
    reader: Reader | None = None,
    modality: Modality = registry.USUAL,
) -> Listing:
    """List a folder on this machine; links, to files or folders, are named, never followed.

    Args:
        root: the folder.
        limits: bounds on its files.
        reader: reads names that are no UTF-8; see `naming`.
        modality: what is looked for.

    Raises:
        UserError: "E-COUNT" when it holds more files than the limit in force.
    """
    listing = Listing(modality=modality)
    entries = 0
    unreadable: list[OSError] = []
    for path, folders, files in os.walk(root, followlinks=False, onerror=unreadable.append):
        folders.sort()
        base = Path(path)
        relative = base.relative_to(root)
        entries += len(folders) + len(files)
        if entries > limits.entry_limit:
            raise UserError(
                "E-COUNT",
                "“{folder}” holds more than {limit} files.",
                "Import its folders one by one, or raise GRAFT_ENTRY_LIMIT.",
                folder=str(root)[-80:],
                limit=f"{limits.entry_limit:,}",
            )
        for name in folders:
            _add_folder(listing, (relative / name).as_posix(), base / name)
        for name in sorted(files):
            _add(listing, (relative / name).as_posix(), base / name)
    listing.aside += [_unreadable(root, error) for error in unreadable]
    return _read(listing, reader or Reader())


def _read(listing: Listing, reader: Reader) -> Listing:
    """Return the listing with names that can be shown; Python keeps bytes that are no UTF-8 as surrogates."""
    named = [name for name, _ in (*listing.pictures, *listing.tables)]
    named += [*listing.folders, *listing.others, *(entry.name for entry in listing.aside)]
    if all(_is_text(name) for name in named):
        return listing
    raw = [name.encode("utf-8", "surrogateescape") for name in named]
    text_of = dict(zip(named, reader.texts(raw), strict=True))
    pictures: dict[str, Path] = {}
    twice: list[SetAside] = []
    for name, path in listing.pictures:
        # One name in UTF-8 and another in an older encoding may read as the same text.
        if pictures.setdefault(text_of[name], path) != path:
            twice.append(name_twice(text_of[name]))
    return Listing(
        pictures=list(pictures.items()),
        folders={text_of[name] for name in listing.folders},
        others=[text_of[name] for name in listing.others],
        tables=[(text_of[name], path) for name, path in listing.tables],
        aside=[*(replace(entry, name=text_of[entry.name]) for entry in listing.aside), *twice],
        modality=listing.modality,
    )


def name_twice(name: str) -> SetAside:
    """Return what is said of a file whose name another one has that was taken."""
    return SetAside(
        name,
        "name-twice",
        "Two files came under this name; the first was taken.",
        "Rename one of them.",
    )


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _unreadable(root: Path, error: OSError) -> SetAside:
    name = Path(error.filename or root).relative_to(root).as_posix()
    return SetAside(
        name,
        "folder-unreadable",
        Said("The folder cannot be read: {why}.", why=error.strerror or error),
        "Check that you may open it, then import again.",
    )


def _video(name: str) -> SetAside:
    return SetAside(
        name,
        "video",
        "The file is a video, and no pictures were taken from it.",
        "Drop it on the Data page in a browser that plays it, such as MP4 (H.264) or WebM; it becomes pictures there.",
    )


def _archive_inside(name: str) -> SetAside:
    if name.lower().endswith(layout.FOREIGN_ARCHIVES):
        return SetAside(
            name,
            "archive-foreign",
            "The file is an archive of a kind that Graft does not open.",
            "Unpack it, make a zip of it, and give that.",
        )
    return SetAside(
        name,
        "archive-inside",
        "The file is an archive inside what was given, and was not opened.",
        "Unpack it first, or give it by itself.",
    )


def _add_folder(listing: Listing, name: str, path: Path) -> None:
    if not path.is_symlink():
        listing.folders.add(name)
    elif not layout.is_system_junk(name):
        listing.aside.append(
            SetAside(
                name,
                "folder-link",
                "The folder is only a link, so nothing in it was read.",
                "Put the folder itself there, or import the one that the link leads to.",
            )
        )


def _add(listing: Listing, name: str, path: Path) -> None:
    modality = listing.modality
    if layout.is_table(name, modality) and path.is_file() and not path.is_symlink():
        listing.tables.append((name, path))
    elif layout.is_junk(name, modality) and not layout.is_table(name, modality):
        listing.pass_over(name)
    elif path.is_symlink():
        listing.aside.append(
            SetAside(name, "picture-link", "The file is only a link.", "Put the file itself there.")
        )
    elif not path.is_file():
        listing.aside.append(
            SetAside(name, "picture-device", "This is no ordinary file.", "Take it out.")
        )
    elif layout.has_no_suffix(name) and not is_example(path, modality):
        listing.others.append(name)
    else:
        listing.pictures.append((name, path))


def is_example(path: Path, modality: Modality) -> bool:
    """Tell by content whether a file without an ending is an example."""
    try:
        with path.open("rb") as file:
            return modality.is_known(file.read(modality.head_bytes))
    except OSError:
        return False
