"""Data sets of every task that exports are measured on: real ones, several labels, and forty classes."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import made_picture

LABELS = {
    "glass": "Glas, grün",
    "metal": 'métal "blanc"',
    "paper": "Papier & Karton",
    "plastic": "пластик",
}
"""Litter by names that files, tables and scripts could stumble over."""
COLLAGES, SIDE = 360, 128
CLASSES, EACH = 40, 14


@dataclass(frozen=True, slots=True)
class ExportSet:
    """One data set with the network that learns from it.

    Attributes:
        name: as tests are called.
        backbone: in the catalogue.
        make: returns the folder that is trained on, given that of the real data and an empty one.
        settings: further ones, NAME=VALUE.
    """

    name: str
    backbone: str
    make: Callable[[Path, Path], Path]
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def _real(name: str) -> Callable[[Path, Path], Path]:
    def found(data_root: Path, _: Path) -> Path:
        if not (data_root / name).is_dir():
            pytest.skip(f"real data: {name} is not in GRAFT_TEST_DATA")
        return data_root / name

    return found


def _collages(data_root: Path, folder: Path) -> Path:
    """Lay one to three kinds of litter side by side; a table of 0 and 1 tells which."""
    litter, random = _real("trashnet")(data_root, folder), np.random.default_rng(0)
    kinds = {kind: sorted((litter / kind).glob("*.jpg")) for kind in LABELS}
    rows = []
    for number in range(COLLAGES):
        shown = random.permutation([*LABELS])[: random.integers(1, 4)]
        whole = Image.new("RGB", (SIDE * len(shown), SIDE))
        for place, kind in enumerate(shown):
            with Image.open(kinds[kind][random.integers(len(kinds[kind]))]) as one:
                whole.paste(one.convert("RGB").resize((SIDE, SIDE)), (SIDE * place, 0))
        whole.save(folder / f"{number:03}.jpg", quality=92)
        rows.append([f"{number:03}.jpg", *(int(kind in shown) for kind in LABELS)])
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["file", *LABELS.values()], *rows])
    return folder


def _forty_classes(_: Path, folder: Path) -> Path:
    random = np.random.default_rng(0)
    for label in range(CLASSES):
        place = folder / f"Ä {label:02}, {'ö' * (label % 3)}ß"
        place.mkdir()
        for number in range(EACH):
            pixels = made_picture(label, random, (80, 72))
            Image.fromarray(pixels).save(place / f"{number}.png")
    return folder


SETS = (
    ExportSet("trashnet", "mobilenet_v2", _real("trashnet"), ("epochs=3",)),
    ExportSet("sign_digits", "starter", _real("sign_digits"), ("epochs=3",)),
    ExportSet("photo", "efficientnet_lite0", _real("pacs/photo"), ("epochs=3",)),
    ExportSet("houses", "starter", _real("houses"), ("epochs=2", "trainable_stages=1")),
    ExportSet("labels", "mobilenet_v2", _collages, ("trainable_stages=0",)),
    ExportSet("forty", "efficientnet_lite0", _forty_classes, ("trainable_stages=0",)),
)
