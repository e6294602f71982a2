"""Packs what a study needs into one folder, so that it can run where Graft's own libraries are not.

Written are, for each backbone, its layers and the stage of every weight (NAME.json) and its weights in
half precision (NAME.npz), and for each picture size all pictures as the backbone sees them
(pictures_SIZE.npz), opened and resized by Graft's own code.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tl_core.base.errors import UserError

PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


@dataclass(frozen=True, slots=True)
class PackedBackbone:
    """A backbone as it stands in NAME.json.

    Attributes:
        name: in the catalogue.
        config: its layers, as Keras writes them.
        stage_of: the stage of each weight by its path, counted from the input.
        total_stages: how many there are.
        preprocessing: how pixels are scaled; see `modalities.picture.preprocessing`.
        size_px: side of the square that it sees.
    """

    name: str
    config: str
    stage_of: dict[str, int]
    total_stages: int
    preprocessing: str
    size_px: int

    @classmethod
    def read(cls, folder: Path, name: str) -> "PackedBackbone":
        return cls(**json.loads((folder / f"{name}.json").read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class PackedPictures:
    """The pictures of all sets.

    Attributes:
        pictures: uint8 (n, size, size, 3).
        labels: int (n,), each counted within its set.
        sets: int (n,), the set of each.
        names: str (sets,).
    """

    pictures: np.ndarray
    labels: np.ndarray
    sets: np.ndarray
    names: np.ndarray

    @classmethod
    def read(cls, folder: Path, size_px: int) -> "PackedPictures":
        with np.load(folder / f"pictures_{size_px}.npz") as held:
            return cls(held["pictures"], held["labels"], held["sets"], held["names"])


def pack(folders: Sequence[Path], backbones: Sequence[str], out: Path) -> None:
    """Write backbones and pictures into `out`.

    Args:
        folders: one for each picture set, named like it, with a folder for each class.
        backbones: names in the catalogue; their weights must be on this machine.
        out: made where it is not there.

    Raises:
        UserError: "no-classes", "backbone" or "weights-missing".
    """
    out.mkdir(parents=True, exist_ok=True)
    files = [listed(folder) for folder in folders]
    names = [folder.resolve().name for folder in folders]
    for size_px in {_pack_backbone(name, out) for name in backbones}:
        _pack_pictures(files, names, size_px, out)


def listed(folder: Path) -> list[tuple[Path, int]]:
    """Return the picture files of a set, in order, each with the number of its class.

    Raises:
        UserError: "no-classes" when fewer than two folders in it have pictures.
    """
    classes = [
        [file for file in sorted(each.iterdir()) if file.suffix.lower() in PICTURES]
        for each in sorted(folder.iterdir())
        if each.is_dir()
    ]
    classes = [files for files in classes if files]
    if len(classes) < 2:
        raise UserError(
            "no-classes",
            "The folder {folder} has no two folders with pictures.",
            hint="Name a folder that has one for each class.",
            folder=folder,
        )
    return [(file, label) for label, files in enumerate(classes) for file in files]


def _pack_pictures(
    files: Sequence[list[tuple[Path, int]]], names: Sequence[str], size_px: int, out: Path
) -> None:
    rows = [(file, label, number) for number, each in enumerate(files) for file, label in each]
    np.savez(
        out / f"pictures_{size_px}.npz",
        pictures=np.stack([_opened(file, size_px) for file, _, _ in rows]),
        labels=np.array([label for _, label, _ in rows]),
        sets=np.array([number for _, _, number in rows]),
        names=np.array(names),
    )


def _opened(file: Path, size_px: int) -> np.ndarray:
    """Return a picture as a network sees it, uint8 (size, size, 3)."""
    from tl_core.modalities.picture.opening import rgb
    from tl_core.modalities.picture.resize import resize

    with Image.open(file) as image:
        return resize(np.asarray(rgb(image, None)), size_px)


def _pack_backbone(name: str, out: Path) -> int:
    """Write a backbone; return the side of the pictures that it sees."""
    from tl_core.backbones import build, catalogue, cut, stages

    record, model = catalogue.get(name), build.backbone(name)
    entries = [stage.node_index for stage in stages.of(name)]
    stage_of = cut.stage_of_variable(model, entries)
    packed = PackedBackbone(
        name,
        model.to_json(),
        {variable.path: stage_of[id(variable)] for variable in model.weights},
        len(entries),
        record.preprocessing,
        record.default_size_px,
    )
    (out / f"{name}.json").write_text(json.dumps(asdict(packed)), "utf-8")
    np.savez(out / f"{name}.npz", *(each.numpy().astype(np.float16) for each in model.weights))
    return record.default_size_px
