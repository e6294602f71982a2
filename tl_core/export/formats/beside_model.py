"""What a model that is a folder keeps beside its network: the names of its answers, and what tells "none of these"."""

import json
from pathlib import Path

from tl_core.models import detector_file, persist

CLASSES = "classes.json"
UNKNOWNS = "unknowns.npz"


def write(model_dir: Path, described: persist.Description, folder: Path) -> None:
    """Write both into `folder`, which is made; what tells "none of these" only where the model can."""
    folder.mkdir(parents=True, exist_ok=True)
    names = json.dumps(described.classes, ensure_ascii=False, indent=1)
    (folder / CLASSES).write_text(names, "utf-8")
    detector = detector_file.load(model_dir, described.tail_sha256)
    if detector is not None:
        (folder / UNKNOWNS).write_bytes(detector.packed())


def reading(folder: str) -> str:
    """Return the lines of a script that read both as `script.Backend.load` wants them.

    Args:
        folder: the name of a variable, their folder as a path.
    """
    return f"""\
names = json.loads(({folder} / "{CLASSES}").read_text("utf-8"))
stored = ({folder} / "{UNKNOWNS}").read_bytes() if ({folder} / "{UNKNOWNS}").is_file() else None"""
