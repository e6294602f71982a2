"""How good are a backbone's frozen features? A linear probe that anyone can run again.

Each folder is a set: one sub-folder per class. Pictures become average-pooled features, and a
logistic regression learns the classes: on 70 % of every class, and on ten pictures a class of
these. Its strength is chosen on a fifth of the training part, then it learns from all of it.
The rest of the pictures tells the accuracy; the mean over three splits is reported.

Reference:
    Kornblith et al. 2019, Do Better ImageNet Models Transfer Better? arXiv:1805.08974.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.backbones import catalogue, starter
from tl_core.base.errors import UserError
from tl_core.encoding import trunk
from tl_core.intake import layout
from tl_core.modalities import registry
from tl_core.modalities.picture import images, resize
from tl_core.tasks import closed_form

if TYPE_CHECKING:
    import keras

SPLITS = 3
TRAIN_SHARE = 0.7
FEW = 10
CHOOSING_SHARE = 0.2
L2_PATH = (3.0, *closed_form.L2_PATH)
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"})
BATCH = 64

Encode = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Set:
    """Pictures of one folder.

    Attributes:
        name: of the folder.
        folder: absolute.
        files: one path per picture.
        labels: int (n,), 0 to classes - 1.
    """

    name: str
    folder: Path
    files: tuple[Path, ...]
    labels: np.ndarray


def probe(backbone: str, folders: Sequence[Path], *, random_init: bool = True) -> dict[str, Any]:
    """Measure `backbone` on every folder.

    Args:
        backbone: key in the catalogue.
        folders: sets of pictures, one sub-folder per class.
        random_init: also measure the same network with random weights.

    Returns:
        {"backbone": NAME, "sets": {SET: {"full": accuracy, "ten_per_class": accuracy}}}, a set
        being called by its folder, or by more of its path where two folders are alike; and,
        with `random_init`, the same table under "random_init".

    Raises:
        UserError: "backbone", "weights-missing", "probe-folder" when a folder is not a set of at
            least two classes with four pictures each.
    """
    size_px = catalogue.size_for(backbone)
    sets = read_sets(folders)
    pictures = [_pictures(found, size_px) for found in sets]
    with tempfile.TemporaryDirectory() as scratch:
        encode = _pretrained(backbone, size_px, Path(scratch))
        answer = {"backbone": backbone, "sets": _measure_all(backbone, encode, sets, pictures)}
        if random_init:
            encode = _untrained(backbone, size_px, Path(scratch))
            answer["random_init"] = _measure_all(backbone, encode, sets, pictures)
    return answer


def read_set(folder: Path) -> Set:
    """Return the pictures under `folder`, in the order of their names.

    Raises:
        UserError: "probe-folder".
    """
    classes = [p for p in folder.iterdir() if p.is_dir()] if folder.is_dir() else []
    classes.sort(key=lambda path: layout.order(path.name))
    files = [sorted(f for f in c.rglob("*") if f.suffix.lower() in SUFFIXES) for c in classes]
    files = [found for found in files if found]
    if len(files) < 2 or min(map(len, files)) < 4:
        raise UserError(
            "probe-folder",
            "{folder} does not hold at least two classes with four pictures each.",
            hint="Give a folder with one sub-folder of pictures for each class.",
            folder=folder.name,
        )
    labels = np.repeat(np.arange(len(files)), [len(found) for found in files])
    place = folder.resolve()
    return Set(place.name, place, tuple(f for found in files for f in found), labels)


def read_sets(folders: Sequence[Path]) -> list[Set]:
    """Return the set of every folder; those of equal names are called by more of their paths.

    Raises:
        UserError: "probe-folder".
    """
    sets = [read_set(folder) for folder in dict.fromkeys(Path(f).resolve() for f in folders)]
    named = []
    for each in sets:
        others = [other.folder for other in sets if other is not each]
        taken = 1
        while any(_ending(other, taken) == _ending(each.folder, taken) for other in others):
            taken += 1
        named.append(replace(each, name=_ending(each.folder, taken)))
    return named


def _ending(folder: Path, parts: int) -> str:
    return "/".join(folder.parts[-parts:])


def accuracies(features: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return the accuracy with all training pictures and with ten a class, mean of all splits.

    Args:
        features: float32 (n, d).
        labels: int (n,), 0 to classes - 1.
    """
    # Random weights give tiny numbers; no feature may count as constant for that.
    features = features / (float(np.abs(features).max()) or 1.0)
    full, few = [], []
    for split in range(SPLITS):
        rng = np.random.default_rng(split)
        train, test = stratified(labels, TRAIN_SHARE, rng)
        full.append(_accuracy(features, labels, train, test, rng))
        few.append(_accuracy(features, labels, _few(labels, train, rng), test, rng))
    return {
        "full": round(float(np.mean(full)), 4),
        "ten_per_class": round(float(np.mean(few)), 4),
    }


def stratified(
    labels: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return indices of two parts: `share` of every class, at least one, and the rest."""
    first, second = [], []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        count = min(max(1, round(share * len(members))), len(members) - 1)
        first.append(members[:count])
        second.append(members[count:])
    return np.concatenate(first), np.concatenate(second)


def _few(labels: np.ndarray, train: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    train = rng.permutation(train)
    return np.concatenate([train[labels[train] == k][:FEW] for k in np.unique(labels)])


def _accuracy(
    features: np.ndarray,
    labels: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    rng: np.random.Generator,
) -> float:
    classes = int(labels.max()) + 1
    fitting, choosing = stratified(labels[train], 1 - CHOOSING_SHARE, rng)
    fitting, choosing = train[fitting], train[choosing]

    def fit(part: np.ndarray, check: np.ndarray, l2_path: Sequence[float]) -> closed_form.Linear:
        given = (features[check], labels[check])
        return closed_form.fit_softmax(
            features[part], labels[part], classes, l2_path, validation=given
        )

    chosen = fit(fitting, choosing, L2_PATH).l2
    head = fit(train, train, (chosen,))
    return float(np.mean(head(features[test]).argmax(axis=1) == labels[test]))


def _measure_all(
    backbone: str, encode: Encode, sets: list[Set], pictures: list[np.ndarray]
) -> dict[str, dict[str, float]]:
    scaling = catalogue.get(backbone).preprocessing
    table = {}
    for found, pixels in zip(sets, pictures, strict=True):
        parts = [
            encode(registry.USUAL.scale(scaling, pixels[start : start + BATCH]))
            for start in range(0, len(pixels), BATCH)
        ]
        table[found.name] = accuracies(np.concatenate(parts), found.labels)
    return table


def _pictures(found: Set, size_px: int) -> np.ndarray:
    return np.stack([resize.resize(images.open_picture(f), size_px) for f in found.files])


def _pretrained(backbone: str, size_px: int, scratch: Path) -> Encode:
    if catalogue.get(backbone).embedded and (shipped := starter.checked_pooled_file()):
        runner = trunk.Runner(shipped)
        if runner.input_shape[0] == size_px:
            return runner.run
    from tl_core.backbones import build

    return _converted(build.backbone(backbone, size_px), scratch / "pretrained.tflite")


def _untrained(backbone: str, size_px: int, scratch: Path) -> Encode:
    import keras

    from tl_core.backbones import build

    keras.utils.set_random_seed(0)
    model = build.backbone(backbone, size_px, None)
    return _converted(model, scratch / "random.tflite")


def _converted(model: keras.Model, file: Path) -> Encode:
    import keras

    pooled = keras.layers.GlobalAveragePooling2D()(model.output)
    file.write_bytes(trunk.to_litert(keras.Model(model.input, pooled)))
    return trunk.Runner(file).run
