"""A whole project for Graft elsewhere: pictures, all versions of its data, runs and models."""

from __future__ import annotations

from pathlib import Path

from tl_core.base.said import Said
from tl_core.export.formats.format import Format, Subject, Written


def write(subject: Subject, folder: Path) -> Written:
    """Write everything of a project; see `project_writer`."""
    from tl_core.export.formats import project_writer

    return project_writer.write(subject, folder)


def own_bytes(project_id: str) -> float:
    """Return about how large the file of a project will be: its pictures and its models."""
    from tl_core.export.formats import project_size

    return project_size.expected(project_id)


FORMAT = Format(
    name="project",
    title=Said("The whole project"),
    sentence=Said(
        "Everything in one file: the pictures, all versions of your data, the runs and their models. "
        "Open it on the Start page of Graft on another computer, and go on there."
    ),
    help="everything, for Graft",
    button=Said("Pack the project"),
    ending=".graft",
    goes="graft",
    weight_bytes=None,
    own_bytes=own_bytes,
    made_of="project",
    write=write,
    builds=False,
)
