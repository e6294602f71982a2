"""What a run learnt from, as its model sees it: features and truths, to find what a picture looks like.

Computed once for a model and kept with its run. Rows that the training left in the cache are taken
where they are the features already. It never travels: it is made again from the pictures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tl_core.base import files
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.encoding import job
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.rows import Rows, key
from tl_core.evaluation import neighbours
from tl_core.modalities import registry as modalities
from tl_core.models import persist
from tl_core.tasks import registry as tasks
from tl_core.training import light, looking, results

FILE = "learnt_from.npz"
BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class LearntFrom:
    """Pictures of the training part.

    Attributes:
        hashes: str (n,).
        truths: str (n,), what each shows in words; "" where only numbers are known.
        features: float16 (n, channels).
    """

    hashes: np.ndarray
    truths: np.ndarray
    features: np.ndarray

    def __len__(self) -> int:
        return len(self.hashes)


def of_run(
    folder: Path,
    dataset: Dataset,
    config: TrainConfig,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> LearntFrom:
    """Return what the run in `folder` learnt from, kept from now on.

    Imports TensorFlow only where `looking.is_ready` says so.

    Raises:
        StoppedError: `should_stop` said so; nothing is kept then.
    """
    model_dir = folder / results.MODEL_DIR
    made_of = _name_of(model_dir)
    known = _kept(folder / FILE, made_of)
    if known is not None:
        return known
    task = tasks.of(dataset)
    train = np.flatnonzero(dataset.splits == TRAIN)
    train = train[neighbours.bounded(task.strata(dataset)[train])]
    hashes = [str(dataset.hashes[row]) for row in train]
    features = _features(model_dir, dataset, config, hashes, on_progress, should_stop)
    truths = [task.described(dataset, int(row)) for row in train]
    found = LearntFrom(np.array(hashes, "<U64"), np.array(truths, np.str_), features)
    with files.whole(folder / FILE) as partial, partial.open("wb") as out:
        np.savez(
            out,
            hashes=found.hashes,
            truths=found.truths,
            features=features,
            made_of=np.array(made_of),
        )
    return found


def _features(
    model_dir: Path,
    dataset: Dataset,
    config: TrainConfig,
    hashes: Sequence[str],
    on_progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> np.ndarray:
    """Return float16 (n, channels), from the cache as far as it goes."""
    found = _cached(model_dir, dataset, config, hashes)
    missing = [number for number in range(len(hashes)) if number not in found]
    if missing:
        model = looking.opened(model_dir, with_map=False)
        modality, entry = modalities.of(dataset), model.description.entry
        for start in range(0, len(missing), BATCH):
            if should_stop():
                raise StoppedError
            batch = missing[start : start + BATCH]
            told = model.features(modality.decode([hashes[number] for number in batch], entry))
            found |= dict(zip(batch, told.astype(np.float16), strict=True))
            on_progress(start + len(batch), len(missing))
    if not found:
        return np.zeros((0, 1), np.float16)
    return np.stack([found[number] for number in range(len(hashes))])


def _cached(
    model_dir: Path, dataset: Dataset, config: TrainConfig, hashes: Sequence[str]
) -> dict[int, np.ndarray]:
    """Return the rows that are features already, by the number of their picture."""
    resolved = job.resolve(dataset, config)
    is_same = resolved.trunk is not None and resolved.trunk == light.trunk_of(model_dir)
    if not (is_same and resolved.pooled and resolved.rows_dir.is_dir()):
        return {}
    rows: Rows = resolved.rows()
    there = [number for number, digest in enumerate(hashes) if key(digest) in rows]
    if not there:
        return {}
    table = rows.array()[rows.positions([key(hashes[number]) for number in there])]
    return dict(zip(there, table.astype(np.float16), strict=True))


def _kept(file: Path, made_of: str) -> LearntFrom | None:
    """Return what was kept of this very model, None where another took its place since."""
    if not file.is_file():
        return None
    with np.load(file, allow_pickle=False) as kept:
        if str(kept["made_of"]) != made_of:
            return None
        return LearntFrom(kept["hashes"], kept["truths"], kept["features"])


def _name_of(model_dir: Path) -> str:
    """Return what differs as soon as another model lies there."""
    written = (model_dir / persist.TAIL).stat()
    described = (model_dir / persist.DESCRIPTION).read_text("utf-8")
    return f"{written.st_mtime_ns} {written.st_size} {described}"
