"""A model with the names that its classes have today, where a person renamed some after training."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.export.formats.format import Subject
from tl_core.home import renamed
from tl_core.models import persist
from tl_core.training.results import MODEL_DIR


def named(subject: Subject, work: Path) -> Subject:
    """Return a run as it is packed.

    Where no name changed it is the run itself; else a folder like the run's, whose model bears today's
    names. What the run keeps stays as it is.

    Args:
        subject: a run.
        work: a folder that is removed when all is done.
    """
    try:
        changed = changes(store.run(subject.id), subject.folder)
    except UserError:  # a folder that the store does not know
        return subject
    if not changed:
        return subject
    classes = persist.describe(subject.folder / MODEL_DIR).classes
    folder = work / "today" / subject.folder.name
    (folder / MODEL_DIR).mkdir(parents=True)
    for file in [*subject.folder.iterdir(), *(subject.folder / MODEL_DIR).iterdir()]:
        if file.is_file():
            _linked(file, folder / file.relative_to(subject.folder))
    description = folder / MODEL_DIR / persist.DESCRIPTION
    told = json.loads(description.read_text("utf-8")) | {
        "classes": renamed.applied(classes, changed)
    }
    description.unlink()  # it may be one file with the run's own
    description.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    return replace(subject, folder=folder, renamed=changed)


def changes(run: store.RunRow, folder: Path) -> dict[str, str]:
    """Return today's names of the classes of a run's model that had another one, by that."""
    since = renamed.since(run)
    if not since:
        return {}
    classes = persist.describe(folder / MODEL_DIR).classes
    names = renamed.applied(classes, since)
    return {old: new for old, new in zip(classes, names, strict=True) if old != new}


def _linked(file: Path, place: Path) -> None:
    try:
        os.link(file, place)
    except OSError:  # a disk without links
        shutil.copyfile(file, place)
