"""What lies beside the manifest of a data set and goes along with every version of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.datasets import edits, manifest, naming
from tl_core.datasets.edits import Edit
from tl_core.datasets.labelling import GiveClasses
from tl_core.datasets.manifest import SetAside
from tl_core.graft_files import project_file
from tl_core.intake import unlabelled


def carry(base: str, version: str, change: Edit | None = None) -> None:
    """Give `version`, made from `base` by `change`, what lies beside the manifest of that."""
    if isinstance(change, edits.Reread):
        naming.carry(base, version, change.codec)
        unlabelled.carry(base, version, dict(zip(change.old, change.new, strict=True)))
        return
    naming.carry(base, version)
    settled = change.settled() if isinstance(change, GiveClasses) else ()
    unlabelled.carry(base, version, settled=settled)


def set_aside(base: str, change: Edit) -> list[SetAside]:
    """Return what is set aside of the version that `change` makes of `base`."""
    put_aside = change.put_aside() if isinstance(change, GiveClasses) else []
    return [*manifest.set_aside(base), *put_aside]


def pictures(dataset_id: str) -> set[str] | None:
    """Return the hashes of all pictures that a data set names, also of those to be answered.

    None where what lies there is damaged: nobody knows which they are.

    Raises:
        UserError: the manifest is missing or damaged.
    """
    named = set(manifest.load(dataset_id).hashes.tolist())
    try:
        return named | set(unlabelled.load(dataset_id).hashes.tolist())
    except UserError:
        return None


def written(dataset_id: str, seen: dict[str, int]) -> dict[str, Any]:
    """Return what a project file says of this beside the manifest; see `project_file.DataSet`.

    Args:
        dataset_id: the data set.
        seen: places of pictures by hash; those that are new are added.
    """
    waiting, reading = unlabelled.load(dataset_id), naming.load(dataset_id)
    told: dict[str, Any] = {
        "unlabelled": tuple(seen.setdefault(name, len(seen)) for name in waiting.hashes.tolist()),
        "unlabelled_names": tuple(waiting.names.tolist()),
    }
    if reading is not None:
        told["reading"] = project_file.Reading(
            codec=reading.codec,
            others=reading.others,
            texts=tuple(reading.parts),
            bytes=tuple(raw.hex() for raw in reading.parts.values()),
        )
    return told


def take_in(dataset_id: str, told: project_file.DataSet, hashes: Sequence[str]) -> None:
    """Keep what a project file says of this; `hashes` are its pictures as they are stored here."""
    stored = np.array([hashes[index] for index in told.unlabelled], dtype="<U64")
    names = np.array(told.unlabelled_names, dtype=object)
    unlabelled.save(dataset_id, unlabelled.Unlabelled(stored, names))
    if told.reading is not None:
        parts = dict(zip(told.reading.texts, map(bytes.fromhex, told.reading.bytes), strict=True))
        naming.save(dataset_id, naming.Reading(told.reading.codec, told.reading.others, parts))
