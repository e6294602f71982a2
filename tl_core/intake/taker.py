"""Where examples of an archive go, whatever its format: numbered files, never called after an entry."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from tl_core.base.said import Said
from tl_core.base.settings import Settings
from tl_core.datasets.manifest import SetAside
from tl_core.datasets.naming import Reader
from tl_core.intake import layout, refusals
from tl_core.intake.listing import Listing, is_example, name_twice
from tl_core.modalities import registry
from tl_core.modalities.modality import Modality

BLOCK = 1 << 20
NAME_LIMIT = 1024

Step = Callable[[int], None]
"""Told how many bytes of an archive were gone through."""


class Taker:
    """Writes examples as numbered files and sorts everything else; shared by all formats."""

    def __init__(
        self,
        into: Path,
        limits: Settings,
        reader: Reader | None = None,
        modality: Modality = registry.USUAL,
    ) -> None:
        self.reader = reader or Reader()
        self.listing = Listing(modality=modality)
        self._modality = modality
        self._into = into
        self._limits = limits
        self._names: set[str] = set()
        self._written = 0
        self._entries = 0

    @property
    def found(self) -> int:
        """How many files so far were of use or are listed one by one."""
        listing = self.listing
        return len(listing.pictures) + len(listing.tables) + len(listing.aside)

    def count(self, entries: int) -> None:
        """Add to the number of entries, junk and all; above the limit in force they are refused."""
        self._entries += entries
        if self._entries > self._limits.entry_limit:
            raise refusals.RefusalError(
                "E-COUNT",
                Said("makes it more than {limit} files.", limit=f"{self._limits.entry_limit:,}"),
                hint="Give fewer at once, or raise GRAFT_ENTRY_LIMIT.",
            )

    def folder(self, name: str) -> None:
        self.listing.folders.add(name)
        self.listing.add_folders_of(name)

    def wants(self, name: str) -> bool:
        """Sort the entry called `name`; tell whether its content is needed."""
        self.listing.add_folders_of(name)
        if layout.is_junk(name, self._modality) and not self._is_table(name):
            self.listing.pass_over(name)
            return False
        if name in self._names:
            self.listing.aside.append(name_twice(name))
            return False
        self._names.add(name)
        return True

    def take(self, name: str, blocks: Iterator[bytes]) -> None:
        """Write one picture or table, never more than the limits allow."""
        target = self._into / f"{len(self._names):06}"
        limit, before = self._limits.unpacked_limit_bytes, self._written
        try:
            with target.open("wb") as file:
                for block in blocks:
                    self._written += len(block)
                    if self._written > limit:
                        raise refusals.bomb(name if self._written - before > limit else "")
                    file.write(block)
        except DamagedEntryError:
            target.unlink()
            self.listing.aside.append(
                SetAside(
                    name,
                    "picture-damaged",
                    "The picture is damaged inside the archive.",
                    "Copy it again from where it came, or leave it out.",
                )
            )
            return
        if layout.has_no_suffix(name) and not is_example(target, self._modality):
            target.unlink()
            self.listing.others.append(name)
            return
        kind = self.listing.tables if self._is_table(name) else self.listing.pictures
        kind.append((name, target))

    def _is_table(self, name: str) -> bool:
        return layout.is_table(name, self._modality)


class DamagedEntryError(Exception):
    """One entry's content does not fit its checksum."""


def safe_name(raw: str) -> str:
    """Return an entry's name as a relative path with "/", without "." and empty parts.

    One that leads out of the archive is refused.
    """
    name = layout.readable(raw).replace("\\", "/")
    absolute = name.startswith("/") or (len(name) > 1 and name[1] == ":" and name[0].isalpha())
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if absolute or ".." in parts or "\0" in name or len(name) > NAME_LIMIT:
        raise refusals.RefusalError(
            "E-PATH",
            Said(
                "wants to write outside its own folder ({entry}), so nothing was taken.",
                entry=refusals.entry(raw),
            ),
            hint="Make the archive again from the folder that holds your pictures.",
        )
    return str(PurePosixPath(*parts)) if parts else ""
