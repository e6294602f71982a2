"""What a model file says of itself in metadata, texts by key: ONNX, OpenVINO and Core ML keep such."""

import base64
import json
from pathlib import Path

from tl_core.models import detector_file, persist

CLASSES, UNKNOWNS = "classes", "unknowns"
"""Keys: names as JSON; an `.npz` as base64, see `unknowns.Detector.arrays`."""
READING = f"""\
names = json.loads(_told["{CLASSES}"])
stored = base64.b64decode(_told["{UNKNOWNS}"]) if "{UNKNOWNS}" in _told else None"""
"""Lines of a script that read both from `_told` as `script.Backend.load` wants them."""


def of(described: persist.Description) -> dict[str, str]:
    """Return what a program has to know of a model."""
    return {
        CLASSES: json.dumps(described.classes, ensure_ascii=False),
        "task": described.task,
        "size": str(described.entry.size),
        "fit": described.entry.fit,
        "thresholds": json.dumps(described.thresholds),
    }


def with_detector(model_dir: Path, described: persist.Description) -> dict[str, str]:
    """Return that and what tells "none of these", where the model can."""
    told = of(described)
    detector = detector_file.load(model_dir, described.tail_sha256)
    if detector is not None:
        told[UNKNOWNS] = base64.b64encode(detector.packed()).decode()
    return told
