"""A Python package that an export format needs: whether it is here, and in a version that will do."""

import re
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from tl_core.base.said import Said


@dataclass(frozen=True, slots=True)
class Package:
    """A Python package that a format cannot do without and that may not be there.

    Attributes:
        name: as pip takes it.
        module: what it is imported as.
        reason: what the format needs it for, as a sentence for people.
        least: the earliest version that will do; "" for any.
    """

    name: str
    module: str
    reason: str
    least: str = ""

    @property
    def wanted(self) -> str:
        """What pip is asked for."""
        return f"{self.name}>={self.least}" if self.least else self.name

    @property
    def is_here(self) -> bool:
        """Whether it is installed in a version that will do, without importing it."""
        return find_spec(self.module) is not None and not self.is_too_old

    @property
    def is_too_old(self) -> bool:
        """Whether it is installed in a version that will not do."""
        here = self._version()
        return bool(here and self.least) and _numbers(here) < _numbers(self.least)

    @property
    def lacking(self) -> str:
        """What is wrong with it, as a sentence; for one that `is_here` is not true of."""
        if not self.is_too_old:
            return Said(
                "It needs the package {package}, which is not installed.", package=self.name
            )
        return Said(
            "It needs the package {package} in version {least} or later; {here} is installed.",
            package=self.name,
            least=self.least,
            here=self._version(),
        )

    def _version(self) -> str:
        try:
            return metadata.version(self.name)
        except metadata.PackageNotFoundError:  # a module that no package brought
            return ""


def _numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers that can be compared: "1.17.0rc1" is as late as 1.17.0."""
    return tuple(int(part) for part in re.match(r"[\d.]*", version)[0].split(".") if part)  # pyright: ignore[reportOptionalSubscript]
