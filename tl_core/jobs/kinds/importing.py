"""Imports pictures: its subject is the data set's id, its folder the data set's. Imports no TensorFlow."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tl_core import store
from tl_core.base import ids, settings
from tl_core.base.errors import UserError
from tl_core.base.files import disk_trouble
from tl_core.base.said import Said
from tl_core.datasets import manifest
from tl_core.datasets.adding import Grouping
from tl_core.datasets.splits import Split
from tl_core.intake import arrival, importing, making, material
from tl_core.intake.material import Material
from tl_core.intake.reading import Choice
from tl_core.intake.tables import Columns
from tl_core.jobs import bell, queue, run_queue
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind
from tl_core.jobs.kinds.inspection import INSPECT, InspectArguments
from tl_core.modalities import registry
from tl_core.modalities.modality import Modality
from tl_core.samples import bundled
from tl_core.signals import events
from tl_core.signals.meter import PhaseMeter
from tl_core.store.rows import JobRow

TEXTS = {
    "unpack": Said("Unpacking"),
    "look": Said("Looking at names and tables"),
    "make": Said("Making sample pictures"),
    "pictures": Said("Reading pictures"),
    "greys": Said("Reading greys by one scale"),
    "copies": Said("Looking for copies"),
}
BUG = UserError(
    "bug",
    "The import met a fault in Graft itself.",
    "Please report it together with the log.",
)


TOO_MUCH = UserError(
    "E-BOMB",
    "Reading this takes far more memory than pictures should, so none of it was taken.",
    "If it is honest, split it into several uploads.",
)
MEMORY_BYTES = 3 * 1024**3


class ImportArguments(Arguments):
    """What is imported, and how, lies in the data set's row."""


def _work(context: Context) -> None:
    from tl_core.home import leftovers  # other kinds begin sooner without what an import needs

    row = store.dataset(context.subject)
    try:
        counts = _import(row, PhaseMeter(context.emit, TEXTS))
        if counts is None:
            context.emit("asks")
            importing.settle()
            return
    finally:
        leftovers.remove_upload(row)
    # The store first: whoever sees the end in the events may use the data set at once.
    store.dataset_ready(row.id, counts)
    _take_up_role(row, context.emit)
    _queue_first_run(row.id, context.emit)
    queue.ask(INSPECT, row.id, InspectArguments(), owner=row.owner)
    context.emit("finished", metrics=counts)
    bell.ring()  # nobody waits for what is done below
    importing.settle()


def _import(row: store.DatasetRow, progress: PhaseMeter) -> dict[str, Any] | None:
    """Return the counts of the data set; None when a person must say first what is to be learnt."""
    request = row.request or {}
    if request.get("is_project"):
        from tl_core.home import project_opening  # needs more than pictures do

        return project_opening.take_in(row, Path(request["source"]), progress)
    started = time.monotonic()
    addition = arrival.Addition(**asked) if (asked := request.get("addition")) else None
    kept, choice = _taken_in(row, addition, progress)
    if kept is None:
        return None
    grouping = _grouping(kept.listing.modality, progress)
    if request.get("is_loose") and addition is not None:
        summary = making.name_loose(
            kept, row.id, addition, grouping=grouping, read_as=request.get("read_as") or ""
        )
    else:
        summary = making.make(
            kept,
            row.id,
            choice,
            split=Split.model_validate(request["split"]) if request.get("split") else None,
            name=row.name,
            addition=addition,
            grouping=grouping,
            read_as=request.get("read_as") or "",
        )
    from tl_core.home import versions

    counted = versions.counts(
        manifest.load(summary.dataset), set_aside=len(summary.skipped), junk=summary.junk
    )
    seconds = time.monotonic() - started
    return counted | {"junk_names": list(summary.junk_names), "seconds": seconds}


def _taken_in(
    row: store.DatasetRow, addition: arrival.Addition | None, progress: PhaseMeter
) -> tuple[Material | None, Choice]:
    """Return what was uploaded, now or earlier, and how to read it; None where that is not known."""
    request = row.request or {}
    choice = Choice.model_validate(request.get("answer") or {})
    has_waited = bool(request.get("answer")) and material.stands(row.id)
    if earlier := request.get("material") or (row.id if has_waited else ""):
        return material.load(earlier), choice
    # Beside the uploads: the system's own temporary folder may be small, or memory.
    uploads = settings.current().uploads_dir
    uploads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="samples-", dir=uploads) as made:
        source = Path(request["source"])
        if sample := bundled.named(request["source"]):
            progress("make", 0, 0)
            source = Path(made)
            bundled.make(source, which=sample)
        kept, choice = arrival.arrive(
            source,
            row.id,
            targets=Path(request["targets"]) if request.get("targets") else None,
            columns=Columns.model_validate(request["columns"]) if request.get("columns") else None,
            reading=_wanted(request),
            addition=addition,
            may_ask=bool(request.get("may_ask")),
            encoding=request.get("encoding") or "",
            modality=_modality(request, addition),
            on_progress=progress,
        )
    told = material.told(row.id)
    if told is not None and told.asks:
        answer = store.wait_for_answer(row.id, owner=row.owner)
        if answer is None:
            return None, choice
        choice = Choice.model_validate(answer)
    return kept, choice


def _modality(request: dict[str, Any], addition: arrival.Addition | None) -> Modality:
    """Return what the examples are: what those are that they are added to, or what was asked for."""
    if addition is not None:
        return registry.of(manifest.load(addition.base))
    return registry.of_details(request)


def _wanted(request: dict[str, Any]) -> Choice | int | None:
    """Return the reading that was asked for together with the import, None for the likeliest."""
    if request.get("all_are"):
        return Choice(key="one_class", class_name=request["all_are"])
    return request.get("reading")


def _grouping(modality: Modality, progress: PhaseMeter) -> Grouping:
    from tl_core.quality import copies

    return lambda hashes: copies.numbered(
        hashes, modality, lambda done, total: progress("copies", done, total)
    )


def _queue_first_run(dataset_id: str, emit: events.Writer) -> None:
    """Queue what was promised; the data set is good whether or not that succeeds."""
    try:
        run_queue.add_first(store.dataset(dataset_id))
    except UserError as error:
        emit("note", text=Said("{problem} {remedy}", problem=error.message, remedy=error.hint))


def _take_up_role(row: store.DatasetRow, emit: events.Writer) -> None:
    """Give the data set the role that it was brought for; it is good whether or not that succeeds."""
    if not (row.request or {}).get("serves"):
        return
    from tl_core.home import roles  # needs more than pictures do

    if (error := roles.take_up(row)) is not None:
        emit("note", text=Said("{problem} {remedy}", problem=error.message, remedy=error.hint))


def _explain(error: Exception) -> UserError:
    if isinstance(error, MemoryError):
        return TOO_MUCH
    if isinstance(error, OSError):  # of the disk or the source, no fault of Graft
        return disk_trouble(error) or _not_readable(error)
    return BUG


def _not_readable(error: OSError) -> UserError:
    return UserError(
        "import-files",
        "A file could not be read or written: {fault}.",
        "Check the disk, and that Graft may read what you bring; then import it again.",
        fault=error.strerror or type(error).__name__,
    )


def _died(job: JobRow) -> UserError:
    return UserError(
        "process-ended",
        "The import ended without a word: the computer was switched off, something else ended it, "
        "or memory ran out.",
        "Import the pictures again. If it ends like this again, import them in several parts.",
    )


def _clean_up(job: JobRow) -> None:
    """Remove what an import left behind that brought no data set: nothing offers to go on from it."""
    from tl_core.home import leftovers, project_opening

    row = store.dataset(job.subject, owner=job.owner)
    leftovers.remove(row)
    if (row.request or {}).get("is_project"):
        project_opening.take_back(row)


def _record(job: JobRow, ending: Mapping[str, Any]) -> None:
    """Keep what an import told that was killed before the store had taken it."""
    store.dataset_ready(job.subject, ending.get("metrics") or {}, owner=job.owner)


IMPORT = JobKind(
    name="import",
    title=Said("Importing pictures"),
    arguments=ImportArguments,
    folder=ids.dataset_folder,
    run=_work,
    needs=Needs(GIB, 1),
    explain=_explain,
    died=_died,
    clean_up=_clean_up,
    record=_record,
    memory_limit_bytes=MEMORY_BYTES,
)
