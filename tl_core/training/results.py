"""What a run leaves behind: answers for every judged picture, numbers, the model.

Imports no TensorFlow (`save_model` is given Keras models and does).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.base import files
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import NAMES, TEST
from tl_core.encoding import trunk
from tl_core.encoding.job import Job
from tl_core.methods import registry
from tl_core.models import persist
from tl_core.tasks.task import Goal, Rules
from tl_core.training import light

if TYPE_CHECKING:
    import pyarrow as pa

    from tl_core.training.network import Network

PREDICTIONS = "predictions.parquet"
METRICS = "metrics.json"
MODEL_DIR = "model"


def write_predictions(
    folder: Path, dataset: Dataset, goal: Goal, told: dict[int, np.ndarray]
) -> None:
    """Write `predictions.parquet`: one row for each judged picture.

    Columns: picture, name, split, and those of the task; see `tasks.task.Task.answer_table`.

    Args:
        folder: the run's.
        dataset: its pictures.
        goal: what was learnt.
        told: for each part of the split the answers, in the part's order.
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
    columns |= goal.task.answer_table(goal.task.truth(dataset, everyone), answers)
    with files.whole(folder / PREDICTIONS) as partial:
        pq.write_table(pa.table(columns), partial, compression="zstd")


def read_predictions(
    folder: Path, part: str = NAMES[TEST], columns: Sequence[str] | None = None
) -> "pa.Table | None":
    """Return the answers that the run in `folder` kept for one part, None where it kept none at all.

    Args:
        folder: the run's.
        part: by its name; without a row where nothing of it was judged.
        columns: their names; all where that is None.
    """
    import pyarrow.parquet as pq

    path = folder / PREDICTIONS
    if not path.exists():
        return None
    asked = None if columns is None else list(columns)
    return pq.read_table(path, columns=asked, filters=[("split", "=", part)])


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Write `metrics.json`."""
    text = json.dumps(metrics, ensure_ascii=False, indent=1)
    files.write_whole(folder / METRICS, text.encode("utf-8"))


def save_model(folder: Path, job: Job, goal: Goal, network: "Network") -> None:
    """Keep what was learnt in `model/`; numbers come out of it in the targets' own units."""
    if goal.rescaling is not None:
        network.rescale_outputs(*goal.rescaling)
    persist.save_model(
        folder / MODEL_DIR,
        config=job.config,
        size_px=job.size,
        classes=goal.outputs,
        tail=network.body,
        head=network.head,
        task=goal.task.kind,
        rules=goal.rules,
        read_by=job.dataset.read_by,
        begun_with=None if registry.of(job.config).is_pretrained else persist.RANDOM,
    )


def note_rules(folder: Path, rules: Rules) -> None:
    """Write into the kept model's description what was decided about its answers since."""
    described = persist.describe(folder / MODEL_DIR)
    if described.rules != rules:
        persist.describe_as(folder / MODEL_DIR, persist.ruled(described, rules))


def save_light_form(folder: Path, job: Job, network: "Network") -> None:
    """Convert what learnt of the backbone, so that no later look needs TensorFlow (imports it now)."""
    model_dir = folder / MODEL_DIR
    if network.body is not None:
        files.write_whole(model_dir / light.BODY, trunk.to_litert(network.body))
    light.describe_trunk(model_dir, job.trunk)
