"""Features of every picture of a data set, taken from the same table that training fills.

With a converted trunk, as the starter has one, no TensorFlow is loaded.
"""

import time
from collections.abc import Callable

import numpy as np

from tl_core.base import accelerator
from tl_core.config import Network, TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.encoding import cache, encode, trunk
from tl_core.encoding.encode import Encoder
from tl_core.encoding.job import Job, LightEncoder, resolve

PIECE = 512
"""Pictures encoded before a run that waits for the same table is let in."""
GIVE_WAY_S = 3 * encode.LOCK_EVERY_S


def features(
    dataset: Dataset,
    backbone: str,
    on_progress: Callable[[int, int], None],
    *,
    hashes: np.ndarray | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Return float32 (n, d), a row per picture; encodes only pictures never seen before.

    Args:
        dataset: one version of a data set.
        backbone: catalogue name.
        on_progress: called with pictures encoded and pictures to encode.
        hashes: str (n,), of stored pictures that are read like those of the data set; these when None.
        should_stop: asked between batches.

    Raises:
        UserError: "backbone", "weights-missing" or "weights-damaged".
        StoppedError: `should_stop` said so.
    """
    job = resolve(dataset, TrainConfig(network=Network(backbone=backbone)))
    named = dataset.hashes if hashes is None else hashes
    rows, wanted = job.rows(), [encode.Wanted(str(name)) for name in named]
    missing = encode.missing(rows, wanted)
    if missing:
        cache.make_room(len(missing) * rows.row_bytes, keep={rows.folder})
        plain = job.decoder(len(missing) * rows.row_bytes)
        encoder = _encoder(job)
        for start in range(0, len(missing), PIECE):
            if start:
                time.sleep(GIVE_WAY_S)
            job.encode(
                rows,
                missing[start : start + PIECE],
                plain,
                encoder,
                on_progress=lambda done, _, __, start=start: on_progress(
                    start + done, len(missing)
                ),
                should_stop=should_stop,
            )
        plain.flush()
    return np.asarray(rows.array()[rows.positions([item.key for item in wanted])])


def _encoder(job: Job) -> Encoder:
    path = trunk.converted(job.trunk) if job.trunk else None
    if path is not None:
        return LightEncoder(job, path)
    from tl_core.training.network import build_network  # imports Keras: once per machine

    network = build_network(job, outputs=2)
    if accelerator.converts():
        return LightEncoder(job, network.convert_trunk(job))
    return network.encoder(job)
