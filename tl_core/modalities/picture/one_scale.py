"""Opens the pictures of an upload, greys of more than 8 bits by one scale for all of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from tl_core.base.said import Said
from tl_core.modalities.modality import OpenAll, Standing, TakenIn
from tl_core.modalities.picture import greys
from tl_core.modalities.picture.greys import Extent, Greys


def by_one_scale(open_all: OpenAll, paths: Sequence[Path], base: Standing | None = None) -> TakenIn:
    """Open all files; deep greys twice, since their scale is known only when all were seen.

    Args:
        open_all: opens some of them.
        paths: files of unknown content.
        base: the data set that they are added to. Its scales stay; an older one that has none
            goes on as it began, with a scale for each picture.
    """
    known = cast(Greys | None, base.read_by) if base else None
    if base is not None and known is None:
        return TakenIn(open_all(paths, "pictures", greys=None))
    opened = open_all(paths, "pictures", measures=True)
    deep = {row: greys.extent(one.extent) for row, one in enumerate(opened) if one.extent}
    scales = greys.of(deep.values(), known)
    if not deep:
        return TakenIn(opened, scales)
    again = open_all([paths[row] for row in deep], "greys", greys=scales.scales())
    for row, one in zip(deep, again, strict=True):
        opened[row] = one
    return TakenIn(opened, scales, _notes(deep, scales))


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
