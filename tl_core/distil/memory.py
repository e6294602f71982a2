"""What the teacher said about the views it has seen, kept on disk: each view is taught once.

A teacher looking at 160 px costs as much as a training step of the student. The first epochs
ask it and write its answers down; later epochs read them, mirrored at random.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

LAST_LIMIT, MIDDLE_LIMIT = 6.0, 4.0
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


class Memory:
    """Student's pictures with two teacher maps for every (view, picture), as bytes.

    Args:
        folder: where the files are kept.
        slots: views times pictures.
        shapes: of one picture, of the middle map and of the last map, each (h, w, c).
    """

    def __init__(self, folder: Path, slots: int, shapes: tuple[tuple[int, ...], ...]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        names = ("pictures", "middle", "last")
        kinds = (np.uint8, np.int8, np.uint8)
        self.arrays = [
            _open(folder / name, kind, (slots, *shape))
            for name, kind, shape in zip(names, kinds, shapes, strict=True)
        ]
        self.known = _open(folder / "known", np.uint8, (slots,))

    def get(self, slots: np.ndarray, make: Callable[[], Arrays]) -> Arrays:
        """Pictures uint8, middle map (standardised) and last map float32 for these slots.

        Args:
            slots: where to read or write.
            make: called when any slot is still empty; its answer is stored.
        """
        if not self.known[slots].all():
            pictures, middle, last = make()
            self.arrays[0][slots] = pictures
            self.arrays[1][slots] = np.rint(np.clip(middle / MIDDLE_LIMIT, -1, 1) * 127)
            self.arrays[2][slots] = np.rint(np.clip(last / LAST_LIMIT, 0, 1) * 255)
            self.known[slots] = 1
        pictures, middle, last = (array[slots] for array in self.arrays)
        return (
            pictures,
            middle.astype(np.float32) * (MIDDLE_LIMIT / 127),
            last.astype(np.float32) * (LAST_LIMIT / 255),
        )


class TrunkMemory:
    """Output of the student's frozen stages for every (view, picture), as float16.

    Args:
        folder: where the files are kept.
        slots: views times pictures.
        shape: of one output, (h, w, c).
        key: of the frozen weights; what was kept under another key is forgotten.
    """

    def __init__(self, folder: Path, slots: int, shape: tuple[int, ...], key: str) -> None:
        for old in folder.glob("trunk-*"):
            if not old.name.endswith(key[:16]):
                old.unlink()
        self.maps = _open(folder / f"trunk-maps-{key[:16]}", np.float16, (slots, *shape))
        self.known = _open(folder / f"trunk-known-{key[:16]}", np.uint8, (slots,))

    def get(self, slots: np.ndarray, make: Callable[[], np.ndarray]) -> np.ndarray:
        """Float32 maps for these slots, made first where any is missing."""
        if not self.known[slots].all():
            self.maps[slots] = make()
            self.known[slots] = 1
        return self.maps[slots].astype(np.float32)


def mirrored(arrays: Arrays, rng: np.random.Generator) -> Arrays:
    """A random half of the pictures flipped left to right, together with their maps."""
    flip = rng.random(len(arrays[0])) < 0.5
    for array in arrays:
        array[flip] = array[flip][:, :, ::-1]
    return arrays


def _open(path: Path, kind: type, shape: tuple[int, ...]) -> np.ndarray:
    mode = "r+" if path.exists() else "w+"
    return np.memmap(path, kind, mode, shape=shape)
