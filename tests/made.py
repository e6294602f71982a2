"""What several folders of tests make use of: an engine that starts nothing, made data sets and runs."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import made_picture
from tl_core.base import settings
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.jobs import engines, work
from tl_core.modalities import kept
from tl_core.modalities.picture import pictures

RUN, DATASET = "1" * 24, "2" * 24


class FakeEngine:
    """Remembers what was asked; work goes on until `finish` or `cancel`."""

    def __init__(self) -> None:
        self.submitted: list[tuple[str, str]] = []
        self.cancelled: list[str] = []
        self.working: set[str] = set()

    def submit(self, kind: str, subject: str, folder: Path, environment: Mapping[str, str]) -> str:
        self.submitted.append((kind, subject))
        handle = f"{len(self.submitted)} of {subject}"
        self.working.add(handle)
        return handle

    def here(self, subject: str) -> str:
        return f"here of {subject}"

    def get_ready(self, *, is_idle: bool) -> None:
        self.was_idle = is_idle

    def cancel(self, handle: str) -> None:
        self.cancelled.append(_subject(handle))
        self.working.discard(handle)

    def alive(self, handle: str) -> bool:
        return handle in self.working

    def kill(self, subject: str) -> None:
        self.working = {work for work in self.working if _subject(work) != subject}


class ImportsAtOnce(FakeEngine):
    """Does imports in this very process; whatever follows from them is only remembered.

    A worker of its own would take three seconds, and the looking through behind it as long again.
    """

    def submit(self, kind: str, subject: str, folder: Path, environment: Mapping[str, str]) -> str:
        handle = super().submit(kind, subject, folder, environment)
        if kind == "import":
            work.do(kind, subject)
            self.working.discard(handle)
        return handle


def _subject(handle: str) -> str:
    return handle.partition(" of ")[2]


def _those(values, shape, dtype):
    """Return values as an initialiser of Keras does."""
    return values.astype(dtype)


_CONVERTED: dict[str, bytes] = {}
_ENCODED: dict[bytes, tuple[str, dict[str, bytes]]] = {}


def stored(picture: np.ndarray) -> tuple[str, int, int]:
    """Keep a small picture as the app does, uint8 (height, width, 3); it is encoded only once.

    Returns:
        Its hash, its width and its height.
    """
    folder, endings = settings.current().pictures_dir, (pictures.SUFFIX, pictures.THUMBNAIL_SUFFIX)
    height, width = picture.shape[:2]
    known = bytes([height, width]) + picture.tobytes()
    if known not in _ENCODED:
        digest, *_ = pictures.store(Image.fromarray(picture), folder, max(height, width))
        _ENCODED[known] = (
            digest,
            {ending: kept.path(digest, ending, folder).read_bytes() for ending in endings},
        )
    digest, files = _ENCODED[known]
    for ending, content in files.items():
        path = kept.path(digest, ending, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return digest, width, height


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr(engines, "_IN_USE", [fake])
    return fake


@pytest.fixture
def imports_at_once(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    made = ImportsAtOnce()
    monkeypatch.setattr(engines, "_IN_USE", [made])
    return made


@pytest.fixture
def random_weights(monkeypatch):
    """Backbones need no weight file: they are built with random weights, the same every time.

    So what is converted of them is the same as well, and made but once.
    """
    from tl_core.backbones import build, weights
    from tl_core.encoding import trunk

    plain, convert, to_litert = build.backbone, trunk.convert, trunk.to_litert

    def backbone(name, size_px=0, source=None):
        import keras

        with keras.StatelessScope():  # weights are made when it ends, once
            model = plain(name, size_px, None)
            random = np.random.default_rng(7)
            for variable in model.variables:
                if len(variable.shape) == 4:  # kernels; Keras's own random ones let signals die out
                    wide = np.prod(variable.shape[:2]) * (
                        variable.shape[2] if variable.shape[3] > 1 else 1
                    )
                    values = random.normal(size=variable.shape) * np.sqrt(3 / wide)
                    variable._initializer = partial(_those, values)
        return model

    def converted(asked, model):
        def known(model):
            if asked.key not in _CONVERTED:
                _CONVERTED[asked.key] = to_litert(model)
            return _CONVERTED[asked.key]

        with monkeypatch.context() as patch:
            patch.setattr(trunk, "to_litert", known)
            return convert(asked, model)

    monkeypatch.setattr(trunk, "convert", converted)
    monkeypatch.setattr(weights, "locate", lambda name: None)
    monkeypatch.setattr(weights, "fingerprint", lambda name: "sha256:random")
    monkeypatch.setattr(build, "backbone", backbone)


@pytest.fixture
def made_dataset(home):
    """A function that saves a data set of made pictures: `classes` classes, `each` pictures of them.

    `each` may be one number for every class, in a list.
    """

    def make(classes=3, each=12, *, identifier=DATASET, values=False, seed=0):
        random = np.random.default_rng(seed)
        labels = np.repeat(np.arange(classes), each).astype(np.int32)
        told = [stored(made_picture(int(label), random)) for label in labels]
        part = np.array([0, 0, 0, 1, 0, 2] * len(labels))[: len(labels)]
        dataset = manifest.Dataset(
            id=identifier,
            name="made",
            classes=() if values else tuple(f"class {i}" for i in range(classes)),
            targets=("size",) if values else (),
            hashes=np.array([h for h, _, _ in told], dtype="<U64"),
            names=np.array([f"{i}.png" for i in range(len(labels))], dtype=object),
            labels=np.zeros_like(labels) if values else labels,
            splits=part.astype(np.int8),
            facts={
                "width": np.array([w for _, w, _ in told], dtype=np.int32),
                "height": np.array([h for _, _, h in told], dtype=np.int32),
            },
            values=(labels * 100.0 + 50)[:, None] if values else None,
        )
        manifest.save(dataset)
        return dataset

    return make


@pytest.fixture
def made_run(home):
    """A function that writes a run's folder and returns it."""

    def make(name="run", dataset=DATASET, **settings):
        folder = home / "runs" / name
        folder.mkdir(parents=True)
        values = {"backbone": "mobilenet_025", "image_size_px": 32, "epochs": 2, **settings}
        (folder / "config.json").write_text(TrainConfig(**values).model_dump_json())
        (folder / "run.json").write_text(json.dumps({"run": RUN, "dataset": dataset}))
        return folder

    return make


@pytest.fixture
def shapes(dataset_id):
    """The data set `shapes` with pictures that exist."""
    random = np.random.default_rng(0)
    dataset = manifest.load(dataset_id)
    told = [stored(made_picture(int(label), random)) for label in dataset.labels]
    dataset = replace(dataset, hashes=np.array([digest for digest, _, _ in told]))
    manifest.save(dataset)
    return dataset
