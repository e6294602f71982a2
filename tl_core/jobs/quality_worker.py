"""The process that looks a data set through: `python -m tl_core inspect DATASET`.

It tells its progress in the events of `inspections.folder` and leaves the report beside the data
set. Trainings and pages go first. Imports no TensorFlow where the trunk is converted.
"""

import os
import sys
import traceback

from tl_core.base.errors import UserError
from tl_core.jobs import inspections
from tl_core.quality import worker
from tl_core.signals import events

BUG = UserError(
    "bug",
    "Looking through the pictures met a fault in Graft itself.",
    "Please report it together with the log.",
)


def main(dataset_id: str) -> int:
    """Look the data set through; return the exit code."""
    with events.Writer(inspections.folder(dataset_id)) as emit:
        emit("started", pid=os.getpid())
        try:
            worker.run(dataset_id, emit)
        except UserError as error:
            return _failed(emit, error, code=2)
        except Exception:  # noqa: BLE001  the outer edge: what nobody foresaw is recorded
            traceback.print_exc(file=sys.stderr)
            return _failed(emit, BUG, code=1)
        finally:
            inspections.over(dataset_id)
    return 0


def _failed(emit: events.Writer, error: UserError, *, code: int) -> int:
    emit("failed", code=error.code, message=error.message, hint=error.hint)
    return code
