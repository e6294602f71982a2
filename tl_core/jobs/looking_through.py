"""What pages ask of the looking through of data sets; see `kinds.inspection`.

The report itself is `datasets/ID/quality.json`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tl_core.base import ids
from tl_core.jobs import queue, watch
from tl_core.jobs.kinds import inspection
from tl_core.jobs.kinds.inspection import DIED, INSPECT, InspectArguments
from tl_core.quality import findings
from tl_core.signals.progress import RunView

__all__ = ["DIED", "Inspection", "ask", "folder", "is_under_way", "state"]

Status = Literal["none", "waiting", "working", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """Where the looking through of one data set stands; `view` tells its progress and its end."""

    status: Status
    view: RunView


def folder(dataset_id: str) -> Path:
    """Return where the events of looking a data set through lie."""
    return inspection.folder(dataset_id)


def ask(dataset_id: str) -> None:
    """Want a report on a data set; one that is being made already is enough."""
    queue.ask(INSPECT, dataset_id, InspectArguments())


def state(dataset_id: str) -> Inspection:
    """Return where it stands."""
    found = watch.state(INSPECT, dataset_id)
    if found.status == "queued":
        return Inspection("waiting", RunView())
    if found.status == "failed":
        return Inspection("failed", found.view)
    # The report is told before the worker has done the rest.
    if found.is_under_way and found.view.ending is None:
        return Inspection("working", found.view)
    done = (ids.dataset_folder(dataset_id) / findings.FILE).exists()
    return Inspection("done" if done else "none", found.view)


def is_under_way(dataset_id: str) -> bool:
    """Say whether more is to come, be it only the finer map after the report."""
    return watch.state(INSPECT, dataset_id).is_under_way
