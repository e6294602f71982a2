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
    should_stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Return float32 (n, d), a row per picture; encodes only pictures never seen before.

    Args:
        dataset: one version of a data set.
        backbone: catalogue name.
        on_progress: called with pictures encoded and pictures to encode.
        should_stop: asked between batches; what is encoded by then is kept.

    Raises:
        StoppedError: `should_stop` said so.
        UserError: "backbone", "weights-missing" or "weights-damaged".
    """
    job = resolve(dataset, TrainConfig(network=Network(backbone=backbone)))
    rows, wanted = job.rows(), [encode.Wanted(str(name)) for name in dataset.hashes]
    missing = encode.missing(rows, wanted)
    if missing:
        cache.make_room(len(missing) * rows.row_bytes, keep={rows.folder})
        plain = job.decoder(len(missing) * rows.row_bytes)
        encoder = encoder_of(job)
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


def seconds_each(dataset: Dataset, backbone: str, count: int = 32) -> float:
    """Return what the frozen part takes for a picture, measured on some of a data set.

    Raises:
        UserError: as `features`.
    """
    job = resolve(dataset, TrainConfig(network=Network(backbone=backbone)))
    decoded = job.read(
        [str(name) for name in dataset.hashes[:count]], [0] * min(count, len(dataset))
    )
    encoder = encoder_of(job)
    encoder(decoded)  # the first call puts the computation together
    began = time.perf_counter()
    encoder(decoded)
    return (time.perf_counter() - began) / len(decoded)


def encoder_of(job: Job) -> Encoder:
    """Return what encodes the pictures of a job the quickest; converts the frozen part if need be."""
    path = trunk.converted(job.trunk) if job.trunk else None
    if path is not None:
        return LightEncoder(job, path)
    from tl_core.training.network import build_network  # imports Keras: once per machine

    network = build_network(job, outputs=2)
    if accelerator.converts():
        return LightEncoder(job, network.convert_trunk(job))
    return network.encoder(job)
