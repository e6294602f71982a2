"""What lies beside the manifest of a data set and goes along with every version of it."""

from tl_core.data import edits, naming
from tl_core.data.edits import Edit


def carry(base: str, version: str, change: Edit | None = None) -> None:
    """Give `version`, made from `base` by `change`, what lies beside the manifest of that."""
    naming.carry(base, version, change.codec if isinstance(change, edits.Reread) else "")
