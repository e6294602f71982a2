"""What lies beside the manifest of a data set and goes along with every version of it."""

import pyarrow as pa

from tl_core.data import datasets, edits, naming, unlabelled
from tl_core.data.edits import Edit


def carry(base: str, version: str, change: Edit | None = None) -> None:
    """Give `version`, made from `base` by `change`, what lies beside the manifest of that."""
    naming.carry(base, version, change.codec if isinstance(change, edits.Reread) else "")
    unlabelled.carry(base, version)


def pictures(dataset_id: str) -> set[str] | None:
    """Return the hashes of all pictures that a data set names, also of those to be answered.

    None where what lies there is damaged: nobody knows which they are.

    Raises:
        UserError: the manifest is missing or damaged.
    """
    named = set(datasets.load(dataset_id).hashes.tolist())
    try:
        return named | set(unlabelled.load(dataset_id).hashes.tolist())
    except (OSError, pa.ArrowInvalid, KeyError):
        return None
