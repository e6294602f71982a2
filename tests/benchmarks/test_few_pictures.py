"""What changed copies bring the exact head where a class has few pictures.

    pytest -m benchmark -s tests/benchmarks/test_few_pictures.py

Of each class 24 pictures are drawn, of which the first 5, 10 or 20 are learnt from; all others judge.
"""

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.encoding import trunk
from tl_core.encoding.job import LightEncoder, resolve
from tl_core.intake import importing
from tl_core.modalities import registry
from tl_core.quality import picture_features
from tl_core.tasks.closed_form import cross_entropy, fit_softmax

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7_200)]

SETS = ("trashnet", "sign_digits", "pacs/photo", "pacs/sketch", "pacs/art_painting")
BACKBONES = ("starter", "mobilenet_v2", "efficientnet_lite0")
COPIES = {"crop": 0.2, "zoom": 0.2, "rotate": 10.0, "brightness": 0.2, "contrast": 0.2, "views": 3}
DRAWN, AMOUNTS, DRAWS, L2 = 24, (5, 10, 20), 4, (0.1,)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_exact_head_gains_by_changed_copies(home, data_root, report, backbone):
    gains = {amount: [] for amount in AMOUNTS}
    for number, name in enumerate(SETS):
        importing.ingest(data_root / name, identifier := f"{number:024x}")
        dataset = manifest.load(identifier)
        plain = picture_features.features(dataset, backbone, lambda done, total: None)
        rows = _drawn(dataset.labels, 0)
        copies = _copies(dataset, rows, TrainConfig(**{"backbone": backbone, **COPIES}))
        judged = np.setdiff1d(np.arange(len(dataset)), rows)
        for amount in AMOUNTS:
            told = [
                _gain(dataset.labels, plain, rows, copies, judged, amount, draw)
                for draw in range(DRAWS)
            ]
            gains[amount].append(np.mean(told, axis=0))
    for amount, of_sets in gains.items():
        points, loss = np.mean(of_sets, axis=0)
        print({name: round(float(gain), 1) for name, (gain, _) in zip(SETS, of_sets, strict=True)})
        report(f"{backbone}, {amount} pictures of a class", points, "0.4", "points")
        report(f"{backbone}, {amount} of a class, log loss", loss, "below 0", "nats")
        assert loss < 0


def _drawn(labels, seed):
    random = np.random.default_rng(seed)
    return np.concatenate(
        [random.permutation(np.flatnonzero(labels == label))[:DRAWN] for label in np.unique(labels)]
    )


def _copies(dataset, rows, config):
    """Return the features of every changed copy, float32 (views, n, d)."""
    job, modality = resolve(dataset, config), registry.of(dataset)
    assert job.trunk is not None
    path = trunk.converted(job.trunk)
    assert path is not None, "its plain features were just encoded"
    encoder, views = LightEncoder(job, path), []
    hashes = [str(digest) for digest in dataset.hashes[rows]]
    for view in range(1, config.changes.views + 1):
        found = []
        for start in range(0, len(hashes), 64):
            some = hashes[start : start + 64]
            decoded = modality.decode(some, job.entry)
            changed = modality.change(decoded, config, some, [view] * len(some), 2)
            found.append(encoder(changed).reshape(len(some), -1))
        views.append(np.concatenate(found))
    return np.stack(views)


def _gain(labels, plain, rows, copies, judged, amount, draw):
    """Return the gain in points of accuracy and in log loss of one draw."""
    chosen = np.concatenate(
        [
            np.random.default_rng(draw).permutation(np.flatnonzero(labels[rows] == label))[:amount]
            for label in np.unique(labels)
        ]
    )
    classes, known = int(labels.max()) + 1, labels[rows[chosen]]
    told = []
    for table in (
        plain[rows[chosen]],
        np.concatenate([plain[rows[chosen]], *copies[:, chosen]]),
    ):
        answers = np.tile(known, len(table) // len(chosen))
        logits = fit_softmax(table, answers, classes, L2)(plain[judged])
        right = (logits.argmax(axis=1) == labels[judged]).mean()
        told.append((100 * right, cross_entropy(logits, labels[judged])))
    return np.subtract(told[1], told[0])
