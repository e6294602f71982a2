"""What a run leaves behind: answers for every judged picture, numbers, the model.

Imports no TensorFlow (`save_model` is given Keras models and does).
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.base import files
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import NAMES
from tl_core.encoding import trunk
from tl_core.encoding.job import Job
from tl_core.methods import registry
from tl_core.models import persist
from tl_core.tasks.task import Regress, Task
from tl_core.training import light

if TYPE_CHECKING:
    from tl_core.training.network import Network

PREDICTIONS = "predictions.parquet"
METRICS = "metrics.json"
MODEL_DIR = "model"


def write_predictions(
    folder: Path, dataset: Dataset, task: Task, told: dict[int, np.ndarray]
) -> None:
    """Write `predictions.parquet`: one row for each judged picture.

    Columns: picture, name, split; for classes truth, predicted (indices) and p_0 …; for numbers
    truth_0 …, predicted_0 ….

    Args:
        folder: the run's.
        dataset: its pictures.
        task: classes or numbers.
        told: for each part of the split the probabilities or numbers, in the part's order.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    members = {part: np.flatnonzero(dataset.splits == part) for part in told}
    everyone = np.concatenate(list(members.values()))
    answers = np.concatenate(list(told.values()))
    columns: dict[str, Any] = {
        "picture": [str(h) for h in dataset.hashes[everyone]],
        "name": [str(name) for name in dataset.names[everyone]],
        "split": [NAMES[part] for part in told for _ in members[part]],
    }
    if task.kind == "classify":
        columns |= {"truth": dataset.labels[everyone], "predicted": answers.argmax(axis=1)}
        columns |= {f"p_{k}": answers[:, k].astype(np.float32) for k in range(answers.shape[1])}
    elif dataset.values is not None:
        for k in range(answers.shape[1]):
            columns |= {f"truth_{k}": dataset.values[everyone, k], f"predicted_{k}": answers[:, k]}
    with files.whole(folder / PREDICTIONS) as partial:
        pq.write_table(pa.table(columns), partial, compression="zstd")


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Write `metrics.json`."""
    text = json.dumps(metrics, ensure_ascii=False, indent=1)
    files.write_whole(folder / METRICS, text.encode("utf-8"))


def save_model(folder: Path, job: Job, task: Task, network: "Network") -> None:
    """Keep what was learnt in `model/`; numbers come out of it in the targets' own units."""
    if isinstance(task, Regress):
        network.rescale_outputs(task.deviation, task.mean)
    persist.save_model(
        folder / MODEL_DIR,
        config=job.config,
        size_px=job.size_px,
        classes=task.outputs,
        tail=network.body,
        head=network.head,
        task=task.kind,
        log=task.log if isinstance(task, Regress) else (),
        greys=job.dataset.greys,
        begun_with=None if registry.of(job.config).is_pretrained else persist.RANDOM,
    )


def save_light_tail(folder: Path, job: Job, network: "Network") -> None:
    """Convert the learner, so that a prediction needs no TensorFlow (imports it now)."""
    model_dir = folder / MODEL_DIR
    files.write_whole(model_dir / light.TAIL, trunk.to_litert(network.learner))
    light.describe_trunk(model_dir, job.trunk)
