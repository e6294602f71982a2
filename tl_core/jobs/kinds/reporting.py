"""Writes the report on a run: its subject is the run's id, its place the run's `exports/`."""

from pathlib import Path

from tl_core.base import ids, speech
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, of_disk
from tl_core.store.rows import JobRow


class ReportArguments(Arguments):
    """Which language the report is written in."""

    language: str = speech.ENGLISH


def folder(run_id: str) -> Path:
    """Return where writing a report tells about itself; it need not exist."""
    return ids.run_folder(run_id) / "exports" / ".report"


def file(run_id: str, language: str) -> Path:
    """Return where the report in a language lies, once it is written."""
    return folder(run_id).with_name(f"report-{language}.html")


def _report(context: Context) -> Outcome:
    from tl_core.export import run_report  # other kinds begin sooner without it

    language = context.arguments.language
    spoken = language if language in speech.languages() else speech.ENGLISH
    context.emit("phase", phase="report", text=Said("Writing the report"))
    run_report.write(context.subject, file(context.subject, spoken), spoken)
    return Outcome()


def _unwritten() -> UserError:
    return UserError(
        "report-failed",
        "The report could not be written.",
        "Close what else takes memory and try again. The log has the details.",
    )


def _died(job: JobRow) -> UserError:
    return _unwritten()


REPORT = JobKind(
    name="report",
    title=Said("Writing the report"),
    arguments=ReportArguments,
    folder=folder,
    run=_report,
    needs=Needs(GIB // 2, 1),
    explain=lambda error: of_disk(error) or _unwritten(),
    died=_died,
    begins_afresh=True,
)
