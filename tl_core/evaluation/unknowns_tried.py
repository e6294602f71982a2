"""What is kept of trying a model on what it was never taught: a file in the run's folder, of its weights alone."""

import json
from pathlib import Path
from typing import Any

from tl_core.base import files
from tl_core.base.errors import UserError
from tl_core.models import persist
from tl_core.training import results

FILE = "none_of_these.json"


def keep(folder: Path, left_out: list[dict[str, Any]], samples: dict[str, Any] | None) -> None:
    """Keep what was found out about the model of the run in `folder`.

    Args:
        folder: the run's.
        left_out: for each class what `left_out.Told.told` gives.
        samples: the same of sample pictures of something else; None where there were none.
    """
    tail = persist.describe(folder / results.MODEL_DIR).tail_sha256
    found = {"tail": tail, "left_out": left_out, "samples": samples}
    files.write_whole(folder / FILE, json.dumps(found, ensure_ascii=False).encode("utf-8"))


def read(folder: Path) -> dict[str, Any] | None:
    """Return what was kept of the model that the run in `folder` has now; None where nothing was."""
    try:
        told = json.loads((folder / FILE).read_text("utf-8"))
        tail = persist.describe(folder / results.MODEL_DIR).tail_sha256
    except (OSError, ValueError, UserError):
        return None
    return told if told.get("tail") == tail else None
