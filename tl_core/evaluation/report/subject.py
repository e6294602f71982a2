"""What a report is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_core.backbones.record import Backbone
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.signals.progress import RunView
from tl_core.tasks import registry
from tl_core.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Subject:
    """A run with all that is told of it.

    Attributes:
        run_id: of the run.
        run, project, data: what people call the run, its project and its data set; user text.
        version: of the data set.
        asked_at: when the run was asked for, seconds since 1970.
        folder: of the run, with its answers.
        dataset: what it learnt from.
        config: its settings; None where a later Graft wrote them.
        metrics: what came of it, as the run keeps it; empty where nothing did.
        view: how it learnt.
        backbone: what it stands on; None where this Graft does not know it.
        method: what the way of training is called, and where it is described.
        is_pretrained: whether it began with weights that somebody had trained.
    """

    run_id: str
    run: str
    project: str
    data: str
    version: int
    asked_at: float
    folder: Path
    dataset: Dataset
    config: TrainConfig | None
    metrics: Mapping[str, Any]
    view: RunView
    backbone: Backbone | None
    method: tuple[str, str]
    is_pretrained: bool = True

    @property
    def task(self) -> Task:
        return registry.of(self.dataset)

    @property
    def test(self) -> Mapping[str, Any]:
        """What was found on test pictures; empty where there were none, or none are known of."""
        told = self.metrics.get("test") or {}
        return told if told.get("count") else {}

    @property
    def has_arrived(self) -> bool:
        """Whether only the model came here, without its pictures and results."""
        return bool(self.metrics.get("arrived"))
