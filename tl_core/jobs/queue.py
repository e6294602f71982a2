"""Wanting something done: a job of a kind is put into the queue, once however often it is wanted."""

import shutil
from pathlib import Path

from tl_core.jobs import bell
from tl_core.jobs.job import Arguments, JobKind
from tl_core.store import job_rows
from tl_core.store.rows import UNDONE


def ask(kind: JobKind, subject: str, arguments: Arguments, *, owner: str | None = None) -> bool:
    """Want a job done; say whether that is new. One that waits or works already is enough.

    Args:
        kind: of the job.
        subject: what it is about.
        arguments: what it is asked for.
        owner: who wants it; the one in the settings where None.
    """
    earlier = job_rows.job(kind.name, subject)
    if earlier is not None and earlier.status in UNDONE:
        return False
    folder, asked = kind.folder(subject), arguments.model_dump(mode="json")

    def clear() -> None:
        if kind.begins_afresh:
            _empty(folder, kind.goes_on_from)
        folder.mkdir(parents=True, exist_ok=True)

    # Not before: whoever asked in the same moment may be at work in the folder by then.
    is_new = job_rows.ask(kind.name, subject, asked, owner=owner, first=clear)
    bell.ring()
    return is_new


def _empty(folder: Path, but: str) -> None:
    """Remove a folder, or all of it but the files that a pattern fits."""
    kept = {*folder.glob(but)} if but and folder.is_dir() else set()
    if not kept:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in {*folder.iterdir()} - kept:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
