"""Opens the pictures of an upload, greys of more than 8 bits by one scale for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tl_core.base.said import Said
from tl_core.datasets.manifest import Dataset
from tl_core.modalities.picture import greys
from tl_core.modalities.picture.greys import Extent, Greys
from tl_core.modalities.picture.opening_children import Opened


class Open(Protocol):
    """Opens files in children with limits; `options` are those of `opener`."""

    def __call__(self, paths: Sequence[Path], phase: str, **options: Any) -> list[Opened]: ...


@dataclass(frozen=True, slots=True)
class Read:
    """What came of each file, by which scales deep greys were read, and what to know of that."""

    opened: list[Opened]
    greys: Greys | None
    notes: tuple[str, ...] = ()


def by_one_scale(open_all: Open, paths: Sequence[Path], base: Dataset | None = None) -> Read:
    """Open all files; deep greys twice, since their scale is known only when all were seen.

    Args:
        open_all: opens some of them.
        paths: files of unknown content.
        base: the data set that they are added to. Its scales stay; an older one that has none
            goes on as it began, with a scale for each picture.
    """
    if base is not None and base.greys is None:
        return Read(open_all(paths, "pictures", greys=None), None)
    opened = open_all(paths, "pictures", measures=True)
    deep = {row: greys.extent(one.extent) for row, one in enumerate(opened) if one.extent}
    scales = greys.of(deep.values(), base.greys if base else None)
    if not deep:
        return Read(opened, scales)
    again = open_all([paths[row] for row in deep], "greys", greys=scales.scales())
    for row, one in zip(deep, again, strict=True):
        opened[row] = one
    return Read(opened, scales, _notes(deep, scales))


def _notes(deep: dict[int, Extent], scales: Greys) -> tuple[str, ...]:
    count = greys.beyond(deep.values(), scales)
    if not count:
        return ()
    return (
        Said(
            "{count} of the new grey pictures reach beyond the scale of this data set; what is "
            "darker than its black or brighter than its white is cut off.",
            count=count,
        ),
    )
