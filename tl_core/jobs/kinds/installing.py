"""Installs a package that an export format needs: its subject is the package's name.

All people of a house share `cache/installing/NAME/`, as they share the package.
"""

from pathlib import Path

from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.export import installing
from tl_core.jobs.admission import Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, inside_graft
from tl_core.store.rows import JobRow

MEMORY_BYTES = 256 * 1024**2


class InstallArguments(Arguments):
    """The name of the package is all there is to know."""


def folder(name: str) -> Path:
    """Return where installing `name` tells about itself; it need not exist."""
    return settings.current().cache_dir / "installing" / installing.needed(name).name


def _install(context: Context) -> Outcome:
    text = Said("Installing {package}", package=context.subject)
    context.emit("phase", phase="install", text=text)
    is_there = installing.install(context.subject, context.should_stop)
    return Outcome("finished" if is_there else "cancelled")


def _died(job: JobRow) -> UserError:
    return UserError(
        "process-ended",
        "Installing ended without a word.",
        "Start it again, or type: {command}",
        command=installing.command(job.subject),
    )


INSTALL = JobKind(
    name="install",
    title=Said("Installing a package"),
    arguments=InstallArguments,
    folder=folder,
    run=_install,
    needs=Needs(MEMORY_BYTES, 0),
    explain=inside_graft,
    died=_died,
    begins_afresh=True,
)
