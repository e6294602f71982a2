"""Names of things on disk: random, unguessable, and checked before they join a path."""

import re
import secrets
from pathlib import Path

from tl_core.base import settings
from tl_core.base.errors import UserError

ID = re.compile(r"[0-9a-f]{24}")


def new() -> str:
    """Return a fresh id of 96 random bits."""
    return secrets.token_hex(12)


def checked(identifier: str) -> str:
    """Return `identifier` if it has the shape of an id.

    Raises:
        UserError: "unknown" if it has not, whatever it is.
    """
    if not ID.fullmatch(identifier):
        raise UserError(
            "unknown",
            "{identifier!r} is not the id of anything here.",
            "Choose one from the list.",
            identifier=identifier[:80],
        )
    return identifier


def run_folder(run_id: str) -> Path:
    """Return the folder of a run, which need not exist."""
    return settings.current().runs_dir / checked(run_id)


def project_folder(project_id: str) -> Path:
    """Return the folder of what is packed of a project, which need not exist."""
    return settings.current().projects_dir / checked(project_id)


def dataset_folder(dataset_id: str) -> Path:
    """Return the folder of a data set, which need not exist."""
    return settings.current().datasets_dir / checked(dataset_id)
