"""A made data set and a run's folder; backbones get random weights, fixed by the seed."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.conftest import made_picture

RUN, DATASET = "1" * 24, "2" * 24


@pytest.fixture
def random_weights(monkeypatch):
    """Backbones need no weight file: they are built with random weights, the same every time."""
    from tl_core.models import build, weights

    plain = build.backbone

    def backbone(name, size_px=0, source=None):
        model = plain(name, size_px, None)
        random = np.random.default_rng(7)
        for variable in model.variables:
            if len(variable.shape) == 4:  # kernels; Keras's own random ones let signals die out
                wide = np.prod(variable.shape[:2]) * (
                    variable.shape[2] if variable.shape[3] > 1 else 1
                )
                variable.assign(random.normal(size=variable.shape) * np.sqrt(3 / wide))
        return model

    monkeypatch.setattr(weights, "locate", lambda name: None)
    monkeypatch.setattr(weights, "fingerprint", lambda name: "sha256:random")
    monkeypatch.setattr(build, "backbone", backbone)


@pytest.fixture
def made_dataset(home):
    """A function that saves a data set of made pictures: `classes` classes, `each` pictures of them."""
    from tl_core import settings
    from tl_core.data import datasets, pictures

    def make(classes=3, each=12, *, identifier=DATASET, values=False, seed=0):
        random = np.random.default_rng(seed)
        folder = settings.current().pictures_dir
        labels = np.repeat(np.arange(classes), each).astype(np.int32)
        kept = [
            pictures.store(Image.fromarray(made_picture(int(label), random)), folder, 1024)
            for label in labels
        ]
        part = np.array([0, 0, 0, 1, 0, 2] * (classes * each))[: classes * each]
        dataset = datasets.Dataset(
            id=identifier,
            name="made",
            classes=() if values else tuple(f"class {i}" for i in range(classes)),
            targets=("size",) if values else (),
            hashes=np.array([h for h, _, _ in kept], dtype="<U64"),
            names=np.array([f"{i}.png" for i in range(len(labels))], dtype=object),
            labels=np.zeros_like(labels) if values else labels,
            splits=part.astype(np.int8),
            widths=np.array([w for _, w, _ in kept], dtype=np.int32),
            heights=np.array([h for _, _, h in kept], dtype=np.int32),
            values=(labels * 100.0 + 50)[:, None] if values else None,
        )
        datasets.save(dataset)
        return dataset

    return make


@pytest.fixture
def made_run(home):
    """A function that writes a run's folder and returns it."""
    from tl_core.config import TrainConfig

    def make(name="run", dataset=DATASET, **settings):
        folder = home / "runs" / name
        folder.mkdir(parents=True)
        values = {"backbone": "mobilenet_025", "image_size_px": 32, "epochs": 2, **settings}
        (folder / "config.json").write_text(TrainConfig(**values).model_dump_json())
        (folder / "run.json").write_text(json.dumps({"run": RUN, "dataset": dataset}))
        return folder

    return make
