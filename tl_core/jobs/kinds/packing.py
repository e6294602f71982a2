"""Packs a run's model or a whole project for download: its subject is ID-FORMAT.

What comes of it lies in `exports/` of the run or project, and what is known of it in `FORMAT.json`
there. The command line's `export` makes the same file, here and now.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from tl_core.base import ids, limits
from tl_core.base.errors import UserError
from tl_core.base.files import write_whole
from tl_core.base.said import Said
from tl_core.export import package, project_file
from tl_core.home import projects
from tl_core.jobs import admission
from tl_core.jobs.admission import NEEDS
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, of_disk
from tl_core.store.rows import JobRow

PROJECT = "project"
MEMORY_BYTES = 8 * 1024**3


class PackArguments(Arguments):
    """What is packed and as what are named by the subject."""


def exports(identifier: str, form: str) -> Path:
    """Return the folder of what is packed of a run, or of a project."""
    whole = ids.project_folder if form == PROJECT else ids.run_folder
    return whole(identifier) / "exports"


def folder(subject: str) -> Path:
    """Return where a packing tells about itself; it need not exist."""
    identifier, _, form = subject.partition("-")
    return exports(identifier, form) / f".{form}"


def _pack(context: Context) -> Outcome:
    identifier, _, form = context.subject.partition("-")
    out = exports(identifier, form)
    (out / f"{form}.json").unlink(missing_ok=True)
    made = _project(identifier, out) if form == PROJECT else _model(identifier, form, out)
    told = json.dumps(made, ensure_ascii=False, default=str)
    write_whole(out / f"{form}.json", told.encode("utf-8"))
    return Outcome()


def _project(identifier: str, out: Path) -> dict[str, Any]:
    # What was packed before may be large, and is no longer what there is; a killed one left a folder.
    for earlier in out.glob("*.graft"):
        earlier.unlink()
    for earlier in out.glob(f"{project_file.WORK_PREFIX}*"):
        shutil.rmtree(earlier, ignore_errors=True)
    return dict(projects.save(identifier, out))


def _model(identifier: str, form: str, out: Path) -> dict[str, Any]:
    limits.memory(MEMORY_BYTES)
    with admission.admitted("export"):  # commands may be at it, too
        return package.package(identifier, form, out)


def _not_ended(subject: str) -> UserError:
    return UserError(
        "export-failed",
        "Packing did not come to its end; most often memory ran out.",
        "Close what else takes memory and try again. If it happens again, the log in {folder} has the details.",
        folder=folder(subject),
    )


def _died(job: JobRow) -> UserError:
    return _not_ended(job.subject)


def _explain(error: Exception) -> UserError:
    return of_disk(error) or UserError(
        "export-failed",
        "Packing did not come to its end; most often memory ran out.",
        "Close what else takes memory and try again. The log has the details.",
    )


PACK = JobKind(
    name="pack",
    title=Said("Packing"),
    arguments=PackArguments,
    folder=folder,
    run=_pack,
    needs=NEEDS["export"],
    explain=_explain,
    died=_died,
    begins_afresh=True,
)
