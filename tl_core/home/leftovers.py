"""What imports leave lying about: the upload, and what was unpacked of it.

An import removes both itself; one that was stopped or killed could not.
"""

import shutil
from pathlib import Path

from tl_core import store
from tl_core.base import ids
from tl_core.intake import arrival, material, uploads


def remove(row: store.DatasetRow) -> None:
    """Remove what the import of `row`, which ended without a data set, left behind."""
    remove_unpacked(ids.dataset_folder(row.id))
    material.remove(row.id)
    remove_upload(row)


def remove_unpacked(folder: Path) -> None:
    """Remove what was being unpacked in a data set's folder."""
    for path in folder.glob(f"{arrival.SCRATCH_PREFIX}*"):
        shutil.rmtree(path, ignore_errors=True)


def remove_upload(row: store.DatasetRow) -> None:
    """Remove what was uploaded for this import alone; never anything outside the uploads."""
    request = row.request or {}
    if request.get("targets"):  # a table that a person named on this computer lies elsewhere
        uploads.remove(Path(request["targets"]))
    if request.get("remove_source"):
        uploads.remove(Path(request["source"]))
