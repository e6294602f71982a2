"""Features of pictures at several depths of a backbone, in one pass: where its knowledge begins to fit.

The network is converted once with all these depths as one long row (imports Keras and TensorFlow).
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tl_core.backbones import build, catalogue, liveness, stages
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.encoding import trunk
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.job import resolve

AT_ONCE = 32


def at_depths(
    dataset: Dataset,
    backbone: str,
    depths: Sequence[int],
    on_progress: Callable[[int, int], None],
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[int, np.ndarray]:
    """Return for each freeze depth the average of the map that enters the part that would learn.

    Args:
        dataset: its pictures, all of them.
        backbone: key in the catalogue.
        depths: how many stages, counted from the output, would learn; 0 gives the features of the
            whole network.
        on_progress: called with pictures done and pictures in all.
        should_stop: asked between batches.

    Returns:
        float32 (n, channels) by depth.

    Raises:
        UserError: "backbone", "weights-missing", "weights-damaged" or "freeze-depth".
        StoppedError: `should_stop` said so.
    """
    size = catalogue.size_for(backbone)
    cuts = [stages.cut_for(backbone, depth) for depth in depths]
    widths = [cut.trunk_shape(size)[-1] for cut in cuts]
    base = build.backbone(backbone, size)
    averages = [_average(liveness.crossing(base, cut.node_index)) for cut in cuts]
    row = averages[0] if len(averages) == 1 else keras.layers.Concatenate()(averages)
    job = resolve(dataset, TrainConfig().but(backbone=backbone))
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "depths.tflite"
        file.write_bytes(trunk.to_litert(keras.Model(base.input, row)))
        runners = trunk.Runners(file)
        table = np.empty((len(dataset), sum(widths)), np.float32)
        for start in range(0, len(dataset), AT_ONCE):
            if should_stop():
                raise StoppedError
            hashes = [str(name) for name in dataset.hashes[start : start + AT_ONCE]]
            decoded = job.read(hashes, [0] * len(hashes))
            table[start : start + len(hashes)] = runners.run(job.scale(decoded))
            on_progress(start + len(hashes), len(dataset))
    ends = np.cumsum(widths)[:-1]
    return dict(zip(depths, np.split(table, ends, axis=1), strict=True))


def _average(tensor: Any) -> Any:
    """Return the mean over all places of a map, (n, channels)."""
    sides = tuple(range(1, len(tensor.shape) - 1))
    return keras.ops.mean(tensor, axis=sides) if sides else tensor
