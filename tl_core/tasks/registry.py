"""The tasks that there are. A new one is a module of this folder and one name in `TASKS`."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from tl_core.tasks import classify, multilabel, regress
from tl_core.tasks.task import Reply, Task, Truths

TASKS: tuple[Task, ...] = (classify.TASK, regress.TASK, multilabel.TASK)
USUAL = classify.TASK


def get(kind: str) -> Task:
    """Return the task of this name.

    Raises:
        KeyError: there is none.
    """
    return _BY_KIND[kind]


def of(truths: Truths) -> Task:
    """Return the task that a data set sets."""
    return next(task for task in TASKS if task.is_of(truths))


def of_metrics(metrics: Mapping[str, Any] | None) -> Task:
    """Return the task of a run by its metrics; of one without them, or from elsewhere, the usual one."""
    return _BY_KIND.get(str((metrics or {}).get("task")), USUAL)


def of_event(event: Mapping[str, Any]) -> Task:
    """Return the task of a run by its first answer; runs of before did not name it there."""
    if "task" in event:
        return of_metrics(event)
    return regress.TASK if "val_mae" in event else USUAL


def of_counts(counts: Mapping[str, Any] | None) -> Task:
    """Return the task of a data set by its row's counts; those of before did not name it there."""
    known = counts or {}
    if "task" in known:
        return of_metrics(known)
    return regress.TASK if known.get("targets") else USUAL


def of_reply(reply: Reply) -> Task:
    """Return the task of a model's answer; answers of before did not name it."""
    if reply.task:
        return _BY_KIND[reply.task]
    return regress.TASK if reply.numbers else USUAL


def of_manifest(details: Mapping[str, Any]) -> Task:
    """Return the task of a manifest by its details; those of before did not name it there.

    Raises:
        KeyError: a later version made it.
    """
    return _BY_KIND[details["task"]] if "task" in details else of_counts(details)


def _known(kind: str) -> str:
    if kind not in _BY_KIND:
        raise ValueError("this version of Graft does not know its task")
    return kind


_BY_KIND = {task.kind: task for task in TASKS}
Kind = Annotated[str, AfterValidator(_known)]
"""The name of a task that there is, checked by pydantic."""
