"""What a training that lets many stages learn takes of memory, against what the plan says."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3_600)]

ROOT = Path(__file__).resolve().parents[2]
CASES = [
    ("mobilenet_v2", 2, 16, "adam"),
    ("mobilenet_v2", 10, 16, "adam"),
    ("mobilenet_v2", 19, 16, "adam"),
    ("mobilenet_v2", 19, 48, "adam"),
    ("resnet50", 6, 16, "adam"),
    ("resnet50", 17, 16, "sgd"),
    ("efficientnet_b0", 18, 16, "adam"),
    ("starter", 4, 64, "adamw"),
]


def measure(backbone: str, depth: int, batch: int, optimiser: str, epochs: int = 2) -> None:
    """Train on noise, in a process of its own, and print the memory taken and the memory planned."""
    from tl_core.backbones import build
    from tl_core.config import TrainConfig
    from tl_core.datasets.manifest import Dataset
    from tl_core.encoding import job
    from tl_core.encoding.features import Part
    from tl_core.pricing import costs
    from tl_core.tasks.classify import Classes
    from tl_core.training import network
    from tl_core.training.fit import fit

    plain, count = build.backbone, 3 * batch
    build.backbone = lambda name, size_px=0, source=None: plain(name, size_px, None)
    splits = np.r_[np.zeros(2 * batch, np.int8), np.ones(batch, np.int8)]
    dataset = Dataset(
        id="a" * 24, name="noise", classes=("a", "b", "c"), targets=(),
        hashes=np.array([f"{row:064x}" for row in range(count)]),
        names=np.array([f"{row}.png" for row in range(count)], object),
        labels=(np.arange(count) % 3).astype(np.int32), splits=splits,
        facts={"width": np.full(count, 224, np.int32), "height": np.full(count, 224, np.int32)},
    )  # fmt: skip
    config = TrainConfig(
        backbone=backbone, trainable_stages=depth, batch_size=batch, optimizer=optimiser,
        epochs=epochs, start="random", patience=0,
    )  # fmt: skip
    wanted = job.resolve(dataset, config)
    shape = wanted.cut.trunk_shape(wanted.size)
    if wanted.pooled:
        shape = shape[-1:]

    class Noise:
        def __init__(self, rows: int) -> None:
            self.rows = rows

        def __len__(self) -> int:
            return self.rows

        def expect(self, batches: object, epoch: int) -> None: ...

        def batch(self, indices: np.ndarray, epoch: int) -> np.ndarray:
            return np.random.default_rng(0).random((len(indices), *shape), np.float32)

    highest, is_over, itself = [0], threading.Event(), psutil.Process()

    def watch() -> None:
        while not is_over.is_set():
            highest[0] = max(highest[0], itself.memory_info().rss)
            time.sleep(0.02)

    watching = threading.Thread(target=watch)
    watching.start()
    made = network.build_network(wanted, 3)
    train, val = (
        Part(Noise(int((splits == part).sum())), dataset.labels[splits == part], dataset.hashes[splits == part])
        for part in (0, 1)
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        fit(
            made.learner, train, val, Classes.of(config, train.answers, 3), config,
            rate=made.rate, let_learn=made.let_learn,
            checkpoints=Path(folder), emit=lambda event, **fields: None, should_stop=lambda: False,
        )  # fmt: skip
    is_over.set()
    watching.join()
    print(json.dumps({"took": highest[0], "planned": costs.memory_bytes(wanted)}))


@pytest.mark.parametrize(("backbone", "depth", "batch", "optimiser"), CASES)
def test_memory_of_deep_tails_is_priced_right(home, report, backbone, depth, batch, optimiser):
    if psutil.virtual_memory().available < 8e9:
        pytest.skip("too little memory is free to measure how much is taken")
    call = f"from tests.benchmarks.test_memory import measure; measure({backbone!r}, {depth}, {batch}, {optimiser!r})"
    done = subprocess.run(
        [sys.executable, "-c", call], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    report(
        f"memory planned over taken ({told['took'] / 1e9:.2f} GB): {backbone}, {depth} stages, "
        f"{batch} a batch",
        told["planned"] / told["took"],
        "0.8 to 1.6",
    )
    assert 0.8 <= told["planned"] / told["took"] <= 1.6
