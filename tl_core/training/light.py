"""Answers of a trained model without TensorFlow: LiteRT in front, LiteRT behind."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from tl_core.base import files
from tl_core.encoding.trunk import Runner, Trunk
from tl_core.modalities import registry as modalities
from tl_core.models import persist
from tl_core.tasks import registry

TAIL = "tail.tflite"
ABOUT = "tail.json"


class LightModel:
    """A model folder, ready to answer.

    Args:
        folder: `model/` of a run.
        trunk_file: the converted trunk; None when nothing is frozen.
        threads: of each half; 0 takes the setting in force.
    """

    def __init__(self, folder: Path, trunk_file: Path | None, threads: int = 0) -> None:
        self.description = persist.describe(folder)
        self._modality = modalities.of(self.description)
        self._trunk = Runner(trunk_file, threads) if trunk_file else None
        self._tail = Runner(folder / TAIL, threads)

    def answer(self, decoded: np.ndarray) -> np.ndarray:
        """Return probabilities (or numbers), float (n, outputs).

        Args:
            decoded: (n, *input_shape), as `Modality.see` gives them.
        """
        rows = self._modality.scale(self.description.scaling, decoded)
        outputs = self._tail.run(self._trunk.run(rows) if self._trunk else rows)
        return registry.get(self.description.task).activated(outputs, self.description.rules)


def describe_trunk(folder: Path, frozen: Trunk | None) -> None:
    """Write beside the tail which trunk belongs in front of it."""
    about = {"trunk": asdict(frozen) if frozen else None}
    files.write_whole(folder / ABOUT, json.dumps(about).encode())


def trunk_of(folder: Path) -> Trunk | None:
    """Return the trunk that belongs in front of the tail, None when nothing is frozen.

    Raises:
        FileNotFoundError: the model has no light tail.
    """
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    return Trunk(**about["trunk"]) if about["trunk"] else None
