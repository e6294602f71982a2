"""The guard against leaks across sets: no run learns from a copy of what it is judged by.

Where a source holds a smaller, a mirrored or a lighter copy of a test picture, a run that learns from it knows
the answer beforehand. Identical examples are left out wherever further ones are gathered (`methods.inputs`);
those that were made from one another are looked for when a run first starts, and what was found is kept in its
folder: a run that goes on leaves out the same, and so does whatever tells of it later.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tl_core.base import about_run, files
from tl_core.base.errors import UserError
from tl_core.base.said import counted
from tl_core.datasets import across_sets, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.modalities import registry
from tl_core.modalities.modality import OnProgress

FILE = "copies.json"


def kept(folder: Path) -> dict[str, list[str]]:
    """Return what a run left out as copies of what judges it, names in the store by role.

    Nothing of a run that began before copies were looked for.
    """
    try:
        return json.loads((folder / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return {}


def found(
    folder: Path, dataset: Dataset, further: Mapping[str, np.ndarray], on_progress: OnProgress
) -> dict[str, list[str]]:
    """Return which further examples are copies of what judges a run, names in the store by role; keep them.

    Args:
        folder: where they are kept; a role that was looked at before is read there.
        dataset: what is trained on.
        further: names in the store of what it learns from beside, str (n,) by role.
        on_progress: called with pairs compared and pairs in all; what it raises ends the search.
    """
    told = kept(folder)
    names = {role: each for role, each in further.items() if role not in told}
    if not names:
        return told
    everything = np.unique(np.concatenate(list(names.values())))
    copied = everything[
        across_sets.copied(everything, judged(dataset), registry.of(dataset), on_progress)
    ]
    told |= {role: np.intersect1d(each, copied).tolist() for role, each in names.items()}
    files.write_whole(folder / FILE, json.dumps(told).encode())
    return told


def judged(dataset: Dataset) -> np.ndarray:
    """Return names in the store of what judges a run on a data set, str (n,)."""
    return dataset.hashes[dataset.splits != TRAIN]


def taught_with(teacher: Path, dataset: Dataset) -> np.ndarray:
    """Return what a run learnt from that is to teach, names in the store, str (n,); none where nobody can tell.

    What it shares with those that a run on the data set learns from is left out: that run sees them anyway.
    """
    try:
        taught = manifest.load(about_run.read(teacher).dataset)
    except UserError:  # gone, or trained elsewhere
        return np.zeros(0, "<U64")
    return np.setdiff1d(
        taught.hashes[taught.splits == TRAIN], dataset.hashes[dataset.splits == TRAIN]
    )


def teacher_has_seen(count: int) -> UserError:
    """Return the error of a teacher that learnt from what a run is judged by, or from copies of it."""
    return UserError(
        "teacher-leak",
        counted(
            "The teacher learnt from a picture that this run is judged by, or from a copy of it, so the result would look better than it is.",
            "The teacher learnt from {count} pictures that this run is judged by, or from copies of them, so the result would look better than it is.",
            count,
        ),
        "Choose a teacher that was trained on this data set.",
    )
