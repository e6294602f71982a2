"""Making a model small: who could learn from a finished run, and the training that does it."""

from dataclasses import dataclass

from tl_core import store
from tl_core.backbones import smaller, stages
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.intake import unlabelled
from tl_core.methods import registry
from tl_core.methods.imitation import UNLABELLED
from tl_core.models import persist
from tl_core.tasks import registry as tasks
from tl_core.training.results import MODEL_DIR

METHOD = "distillation"


@dataclass(frozen=True, slots=True)
class Taught:
    """A training to begin with: settings, and what else is learnt from, ids by role."""

    config: TrainConfig
    inputs: dict[str, str]


def pupil(run: store.RunRow) -> str | None:
    """Return the smaller backbone that a run could teach; None where there is none at hand, or it cannot teach."""
    metrics = run.metrics or {}
    if not metrics.get("test") or metrics.get("arrived") or run.deleted_at is not None:
        return None
    if not tasks.of_metrics(metrics).one_class_each:
        return None
    found = smaller.at_hand(str(run.setting("backbone") or ""))
    has_model = (ids.run_folder(run.id) / MODEL_DIR / persist.DESCRIPTION).exists()
    return found if has_model else None


def teacher(dataset_id: str) -> store.RunRow | None:
    """Return the newest run on a data set that could teach a smaller backbone; None where there is none."""
    runs = store.runs(dataset_id=dataset_id)
    return next((run for run in runs if pupil(run) is not None), None)


def settings(config: TrainConfig, backbone: str, run_id: str, dataset_id: str) -> Taught:
    """Return the training in which a smaller backbone learns from a run.

    Pictures without a class that came with the data set are learnt from, too. Where there are none, only
    stages that learn can take over more than the labels say, so the upper half of them does.

    Args:
        config: all other settings.
        backbone: the smaller one.
        run_id: the teacher.
        dataset_id: what is learnt from.

    Raises:
        UserError: "method" or "backbone".
    """
    has_further = unlabelled.has_any(dataset_id)
    depth = 0 if has_further else stages.half(backbone)
    taught = registry.changed(config.but(backbone=backbone, trainable_stages=0), METHOD)
    further = {UNLABELLED: dataset_id} if has_further else {}
    return Taught(taught.but(trainable_stages=depth), {store.TEACHER: run_id, **further})
