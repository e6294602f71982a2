"""Packs a run's model or a whole project for download: its subject is ID-FORMAT.

What comes of it lies in `exports/` of the run or project, and what is known of it in `FORMAT.json`
there. The command line's `export` makes the same file, here and now.
"""

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

from tl_core.base import limits, speech
from tl_core.base.errors import UserError
from tl_core.base.files import write_whole
from tl_core.base.said import Said
from tl_core.export.formats import registry
from tl_core.export.formats.format import Format
from tl_core.jobs import admission
from tl_core.jobs.admission import NEEDS
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, inside_graft
from tl_core.store.rows import JobRow

MEMORY_BYTES = 8 * 1024**3
_OUT_OF_MEMORY = ("ResourceExhaustedError", "ArrayMemoryError")
"""What libraries call it that are not imported here."""


class PackArguments(Arguments):
    """What is packed and as what are named by the subject.

    Attributes:
        language: in which the texts beside a model are written.
        with_checkpoints: of a project, whether what its trainings go on from travels along.
    """

    language: str = speech.ENGLISH
    with_checkpoints: bool = False


def exports(identifier: str, form: str) -> Path:
    """Return the folder of what is packed of a run, or of a project."""
    return registry.get(form).folder_of(identifier) / "exports"


def folder(subject: str) -> Path:
    """Return where a packing tells about itself; it need not exist."""
    identifier, _, form = subject.partition("-")
    return exports(identifier, form) / f".{form}"


def known_of(path: Path) -> dict[str, Any]:
    """Return what is known of a package; a child of the first edition told more before its last line."""
    try:
        lines = path.read_text("utf-8").splitlines()
        told = json.loads(lines[-1]) if lines else {}
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) and "file" in told else {}


def _pack(context: Context) -> Outcome:
    identifier, _, form = context.subject.partition("-")
    chosen = registry.get(form)
    out = exports(identifier, form)
    _make_room(chosen, out)
    waits = contextlib.nullcontext()
    if chosen.builds:
        limits.memory(MEMORY_BYTES)
        waits = admission.admitted("export")  # commands may be at it, too
    from tl_core.export import package  # other kinds begin sooner without it

    with waits:
        asked = context.arguments.model_dump()
        made = package.package(identifier, form, out, **asked)
    about = {chosen.made_of: identifier, "format": form, **made}
    told = json.dumps(about, ensure_ascii=False, default=str)
    write_whole(out / f"{form}.json", told.encode("utf-8"))
    return Outcome()


def _make_room(chosen: Format, out: Path) -> None:
    result = out / f"{chosen.name}.json"
    earlier = known_of(result)  # may be large, and is no longer what there is
    for file in (earlier.get("file"), earlier.get("model")):
        if file and Path(file).parent == out:
            Path(file).unlink(missing_ok=True)
    result.unlink(missing_ok=True)
    for left in out.glob(f"{chosen.work_prefix}*"):  # of a process that was killed
        shutil.rmtree(left, ignore_errors=True)


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
    if isinstance(error, MemoryError) or type(error).__name__ in _OUT_OF_MEMORY:
        return UserError(
            "export-failed",
            "Packing did not come to its end, because memory ran out.",
            "Close what else takes memory and try again. The log has the details.",
        )
    return inside_graft(error)


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
