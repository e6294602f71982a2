"""What a person takes home answers for the photos themselves as the app did for what it stored."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.modalities.picture.test_pictures import hard_photo
from tl_core.datasets import manifest
from tl_core.export import parity
from tl_core.export.formats import keras_file, keras_zip
from tl_core.intake import importing
from tl_core.jobs import predictor
from tl_core.modalities.picture import pictures
from tl_core.modalities.picture.greys import Greys
from tl_core.models import persist

pytestmark = pytest.mark.slow

SIZES = ((4032, 3024), (3024, 4032), (2100, 1400), (640, 480))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Phone photos of 12 megapixels and smaller ones, one of them lying on its side."""
    folder = tmp_path / "photos"
    for label in ("CON", "other"):
        (folder / label).mkdir(parents=True)
        for number, (width, height) in enumerate(SIZES):
            photo = hard_photo(width, height)
            pixels = np.roll(np.asarray(photo), 37 * number + 11 * len(label), axis=1)
            exif = Image.Exif()
            exif[0x0112] = 6 if number == 1 else 1
            file = folder / label / f"{number}.jpg"
            Image.fromarray(pixels).save(file, quality=90, exif=exif)
    return folder


def starter_model(home: Path, greys: Greys | None = None, spread: float = 1) -> Path:
    """Keep a starter with a random head, as a run keeps it that learnt from such greys.

    The larger the `spread` of its weights, the surer it is of whatever it says.
    """
    from tl_core.config import TrainConfig
    from tl_core.datasets import goals
    from tl_core.encoding.job import resolve
    from tl_core.training import network, results

    none = np.zeros(0, np.int32)
    names = ("CON", "other", "third")
    nothing = manifest.Dataset(
        "0" * 24, "d", names, (), none.astype("<U64"), none, none, none, read_by=greys
    )
    job = resolve(nothing, TrainConfig())
    built = network.build_network(job, len(names))
    kernel, bias = built.head.layers[-1].get_weights()
    random = np.random.default_rng(2).normal(0, spread, kernel.shape)
    built.head.layers[-1].set_weights([random, bias])
    results.save_model(home, job, goals.of(nothing, none, job.config), built)
    return home / results.MODEL_DIR


def test_the_exported_model_answers_for_12_megapixel_originals_as_the_app_does(
    home: Path, photos: Path, tmp_path: Path
) -> None:
    model_dir = starter_model(home)
    dataset = manifest.load(importing.ingest(photos, "a" * 24).dataset)
    assert max(dataset.facts["width"].max(), dataset.facts["height"].max()) <= 1024
    model = persist.full_model(model_dir)
    stored = np.stack(
        [
            np.asarray(model.predict_on_batch(pictures.read(str(digest))[None]))[0]
            for digest in dataset.hashes
        ]
    )
    originals = tuple(photos / str(name) for name in dataset.names)
    file = tmp_path / "model.keras"
    keras_file.write(model_dir, file)
    found = np.asarray(keras_zip.MODEL.ask(file, originals, persist.describe(model_dir)))
    assert np.ptp(stored, axis=0).max() > 0.01, "a model that says the same of all proves nothing"
    assert parity.compare(stored, found).passed, np.abs(stored - found).max()

    tried = predictor.predict_with(model_dir, originals)
    told = np.array([list(answer.probabilities.values()) for answer in tried])
    assert parity.compare(stored, told).passed
