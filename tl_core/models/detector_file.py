"""The detector of unknowns beside a model: `unknowns.safetensors`, which names the weights it was fitted for.

An older Graft looks past it in a model's folder. Nothing in it can be executed.
"""

from pathlib import Path

import numpy as np

from tl_core.backbones import weight_files
from tl_core.base import files
from tl_core.base.said import Said
from tl_core.measures.unknowns import Detector

FILE = "unknowns.safetensors"
LIMIT_BYTES = 64 * 1024**2
_BELONGS_TO = "tail_sha256"


def save(folder: Path, detector: Detector, tail_sha256: str) -> None:
    """Write a detector beside the model whose weights have this hash."""
    from safetensors.numpy import save as as_bytes

    arrays = {name: np.ascontiguousarray(each) for name, each in detector.arrays().items()}
    files.write_whole(folder / FILE, as_bytes(arrays, {_BELONGS_TO: tail_sha256}))


def load(folder: Path, tail_sha256: str) -> Detector | None:
    """Return the detector of a model, None where it has none or only that of other weights.

    Raises:
        UserError: "model-format" when the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    return checked(path) if _hash_in(path) == tail_sha256 else None


def checked(path: Path, tail_sha256: str = "") -> Detector:
    """Return the detector in a file of unknown origin, which has to belong to these weights, if named.

    Raises:
        UserError: "model-format".
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise ValueError("it is larger than any detector")
        if tail_sha256 and _hash_in(path) != tail_sha256:
            raise ValueError("it belongs to another model")
        return Detector.of(from_bytes(path.read_bytes()))
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise weight_files.unreadable(
            Said("{file} holds no detector of unknowns: {why}", file=FILE, why=str(error)[:120])
        ) from error


def _hash_in(path: Path) -> str:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as stored:
            return (stored.metadata() or {}).get(_BELONGS_TO, "")
    except (SafetensorError, OSError) as error:
        raise weight_files.unreadable(Said("{file} is not a file of weights", file=FILE)) from error
