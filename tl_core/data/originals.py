"""A few pictures of a data set as they were uploaded, byte for byte.

What a person takes home has to answer for the files that they have, not for what Graft made of them.
So a sample of the test pictures is kept beside the stored ones, every kind of file and every class
in it as far as there is room, and an export is held against it (`export.judged`).
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tl_core.data import pictures
from tl_core.data.datasets import Dataset
from tl_core.data.greys import Greys
from tl_core.data.splits import TEST, VALIDATION
from tl_core.files import is_disk_full

MOST = 200
"""Files; an export is not compared on more."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a picture came from, and in what kind of file (`images.form`)."""

    path: Path
    form: str


def keep(dataset: Dataset, sources: Mapping[str, Source], limit_bytes: int) -> int:
    """Keep a sample of the pictures that are judged; return the bytes it takes.

    Args:
        dataset: with its parts.
        sources: by the hash of the stored picture; those that are not in the data set are not kept.
        limit_bytes: room for all of them; 0 keeps none.
    """
    taken = count = 0
    for row in _in_turns(dataset, sources):
        source = sources[str(dataset.hashes[row])]
        size = source.path.stat().st_size
        if count == MOST or taken + size > limit_bytes:
            continue
        try:
            place = pictures.original_path(str(dataset.hashes[row]), _scale(source, dataset.greys))
            pictures.write_whole(place, source.path.read_bytes())
        except OSError as error:
            if is_disk_full(error):  # the data set is good without them
                break
            raise
        taken, count = taken + size, count + 1
    return taken


def found(digest: str, greys: Greys | None) -> Path | None:
    """Return the file that a stored picture was made of, None where it was not kept.

    Args:
        digest: the stored picture's.
        greys: the scales of the data set or model that asks.
    """
    places = (pictures.original_path(digest, key) for key in (_key(greys), ""))
    return next((place for place in places if place.is_file()), None)


def _in_turns(dataset: Dataset, sources: Mapping[str, Source]) -> Iterator[int]:
    """Return rows of the test part (of validation where there is none), rare kinds first, in turns."""
    part = TEST if (dataset.splits == TEST).any() else VALIDATION
    rows = [int(row) for row in np.flatnonzero(dataset.splits == part)]
    rows = [row for row in _once(dataset, rows) if str(dataset.hashes[row]) in sources]
    forms = {row: sources[str(dataset.hashes[row])].form for row in rows}
    frequent = Counter(forms.values())
    waiting: dict[tuple[int, str, int], deque[int]] = {}
    for row in rows:
        key = (frequent[forms[row]], forms[row], int(dataset.labels[row]))
        waiting.setdefault(key, deque()).append(row)
    while waiting:
        for key in sorted(waiting):
            yield waiting[key].popleft()
        waiting = {key: left for key, left in waiting.items() if left}


def _once(dataset: Dataset, rows: Sequence[int]) -> list[int]:
    """Return rows without those whose picture came before."""
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(str(dataset.hashes[row]), row)
    return list(first.values())


def _scale(source: Source, greys: Greys | None) -> str:
    """Return what tells a deep grey's original from one that another scale made the same picture of."""
    mode = source.form.split(" ")[1]
    return _key(greys) if mode == "F" or mode.startswith("I") else ""


def _key(greys: Greys | None) -> str:
    if greys is None:
        return "each"
    return "-".join(f"{value:g}" for scale in (greys.whole, greys.real) for value in scale)
