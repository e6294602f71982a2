"""Packs a network of two stages and 30 coloured pictures, so that a study is over in seconds.

KERAS_BACKEND=jax python -m tests.benchmarks.recipes.made_network FOLDER
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from tests.benchmarks.recipes.packing import PackedBackbone

NAME, SET, SIZE_PX = "made", "colours", 8


def pack(folder: Path) -> None:
    """Write NAME.json, NAME.npz and the pictures of SET into a folder."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    inputs = keras.Input((SIZE_PX, SIZE_PX, 3))
    low = layers.Conv2D(4, 3, activation="relu", name="low")(inputs)
    low = layers.BatchNormalization(name="norm")(low)
    high = layers.Conv2D(6, 3, activation="relu", name="high")(low)
    model = keras.Model(inputs, high)
    stage_of = {each.path: int(each.path.startswith("high")) for each in model.weights}
    packed = PackedBackbone(NAME, model.to_json(), stage_of, 2, "tf", SIZE_PX)
    (folder / f"{NAME}.json").write_text(json.dumps(asdict(packed)), "utf-8")
    values = [keras.ops.convert_to_numpy(each) for each in model.weights]
    np.savez(folder / f"{NAME}.npz", *(each.astype(np.float16) for each in values))
    labels = np.arange(30) % 2
    random = np.random.default_rng(0)
    shades = random.integers(0, 160, (30, SIZE_PX, SIZE_PX, 3)) + 90 * labels[:, None, None, None]
    np.savez(
        folder / f"pictures_{SIZE_PX}.npz",
        pictures=shades.astype(np.uint8),
        labels=labels,
        sets=np.zeros(30, int),
        names=np.array([SET]),
    )


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
