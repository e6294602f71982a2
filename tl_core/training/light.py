"""Answers of a trained model without TensorFlow: LiteRT in front, LiteRT behind."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from tl_core.base import files
from tl_core.encoding.features import means
from tl_core.encoding.trunk import Runner, Trunk
from tl_core.modalities import registry as modalities
from tl_core.models import persist
from tl_core.tasks import registry

TAIL = "tail.tflite"
ABOUT = "tail.json"
BODY = "body.tflite"
"""What learnt of the backbone, to its last map; models without it were made before that was kept."""


class LightModel:
    """A model folder, ready to answer.

    Args:
        folder: `model/` of a run.
        trunk_file: the converted trunk; None when nothing is frozen.
    """

    def __init__(self, folder: Path, trunk_file: Path | None) -> None:
        self.description = persist.describe(folder)
        self._modality = modalities.of(self.description)
        self._trunk = Runner(trunk_file) if trunk_file else None
        self._tail = Runner(folder / TAIL)
        is_there = self.description.trainable_stages and (folder / BODY).is_file()
        self._body = Runner(folder / BODY) if is_there else None

    def answer(self, decoded: np.ndarray) -> np.ndarray:
        """Return probabilities (or numbers), float (n, outputs).

        Args:
            decoded: (n, *input_shape), as `Modality.see` gives them.
        """
        return self._answer(self._rows(decoded))

    def answer_with_features(self, decoded: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Return answers and the mean of the backbone's last map, float32 (n, channels).

        There are no features where stages learnt whose converted form was not kept.
        """
        rows = self._rows(decoded)
        if not self.description.trainable_stages:
            return self._answer(rows), means(rows)
        return self._answer(rows), means(self._body.run(rows)) if self._body else None

    def _rows(self, decoded: np.ndarray) -> np.ndarray:
        scaled = self._modality.scale(self.description.scaling, decoded)
        return self._trunk.run(scaled) if self._trunk else scaled

    def _answer(self, rows: np.ndarray) -> np.ndarray:
        outputs = self._tail.run(rows)
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
