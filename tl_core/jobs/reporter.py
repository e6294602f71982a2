"""What pages ask of the report on a run; see `kinds.reporting`."""

from pathlib import Path

from tl_core.base import ids
from tl_core.jobs import queue, watch
from tl_core.jobs.kinds.reporting import REPORT, ReportArguments, file
from tl_core.training import results


def start(run_id: str, language: str) -> None:
    """Begin to write the report, unless that is under way."""
    queue.ask(REPORT, run_id, ReportArguments(language=language))
    watch.take_up(REPORT)


def is_working(run_id: str) -> bool:
    """Say whether the report is being written, or waits for its turn."""
    return watch.state(REPORT, run_id).is_under_way


def stop(run_id: str) -> None:
    """End the writing; what was not written yet is not kept."""
    watch.stop(REPORT, run_id)


def written(run_id: str, language: str) -> Path | None:
    """Return the report in a language; None where none is, or one of before the result changed.

    Raises:
        UserError: why it could not be written.
    """
    found = watch.state(REPORT, run_id)
    if found.is_under_way:
        return None
    path = file(run_id, language)
    if path.is_file() and path.stat().st_mtime >= _changed_at(run_id):
        return path
    if found.error is not None:
        raise found.error
    return None


def _changed_at(run_id: str) -> float:
    """Return when the numbers of a run last changed."""
    try:
        return (ids.run_folder(run_id) / results.METRICS).stat().st_mtime
    except FileNotFoundError:
        return 0.0
