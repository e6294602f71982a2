"""Intake: an upload becomes a data set, every example cleaned, counted and stored once.

Call `ingest` in a worker process, never in the web process. It is `arrival.arrive`, which takes in
what came, and `making.make`, which makes a data set of it, one after the other.
"""

import os
import time
from dataclasses import replace
from pathlib import Path

from tl_core.datasets import guard
from tl_core.datasets.adding import Grouping
from tl_core.datasets.splits import Split
from tl_core.intake.arrival import Addition, Progress, arrive
from tl_core.intake.making import Summary, make
from tl_core.intake.reading import Choice
from tl_core.intake.tables import Columns
from tl_core.modalities import registry
from tl_core.modalities.modality import Modality


def ingest(
    source: Path,
    dataset_id: str,
    *,
    split: Split | None = None,
    name: str = "",
    targets: Path | None = None,
    columns: Columns | None = None,
    reading: Choice | int | None = None,
    addition: Addition | None = None,
    grouping: Grouping = guard.numbered,
    encoding: str = "",
    modality: Modality = registry.USUAL,
    on_progress: Progress | None = None,
) -> Summary:
    """Turn a folder or an archive into the data set `dataset_id`.

    Args:
        source: a folder, a zip, a tar (plain, gz, bz2, xz), or what `uploads.redeem` returned.
        dataset_id: an id that is not in use.
        split: how to cut it; parts given as folders or in the CSV are kept.
        name: what people call it; the source's own name when empty.
        targets: a table with a file column and labels or numeric targets; see `tables`. Without
            it, those that lie among the pictures are read; see `ways_to_read`.
        columns: which column of `targets` says what; found by their values when None.
        reading: what is to be learnt: its number, counted from 1, or a choice; the likeliest when
            None.
        addition: the data set that the pictures are added to; they make one of their own when None.
        grouping: see `Grouping`; by default only equal pictures are copies.
        encoding: what names and tables that are not UTF-8 are written in; judged when empty.
        modality: what the examples are.
        on_progress: see `arrival.Progress`.

    Raises:
        UserError: a refusal ("E-…"), "no-pictures", "no-classes", "source-missing", "reading",
            "disk-full", or a fault of the CSV. The data set does not exist then.
    """
    started = time.monotonic()
    kept, choice = arrive(
        source,
        dataset_id,
        targets=targets,
        columns=columns,
        reading=reading,
        addition=addition,
        encoding=encoding,
        modality=modality,
        on_progress=on_progress,
    )
    summary = make(
        kept,
        dataset_id,
        choice,
        split=split,
        name=name or source.stem,
        addition=addition,
        grouping=grouping,
    )
    return replace(summary, seconds=time.monotonic() - started)


def settle() -> None:
    """Wait until all pictures are on the disk, where a power cut cannot take them.

    Call it once nobody waits: a slow disk takes longer over it than the import itself. Until then
    an import that lost pictures can be done again, and heals them; see `pictures.store`.
    """
    if hasattr(os, "sync"):
        os.sync()
