"""Queries for projects."""

import time

from sqlalchemy import Connection

from tl_core.base import ids
from tl_core.store import schema
from tl_core.store.changing import changing, listed, one, owner_or_default, plain_name
from tl_core.store.database import reading
from tl_core.store.rows import Project


def create_project(name: str, *, owner: str | None = None) -> str:
    """Make a project and return its id."""
    identifier = ids.new()
    with changing("project", identifier) as connection:
        _insert(connection, identifier, name, owner_or_default(owner))
    return identifier


def default_project(*, owner: str | None = None) -> Project:
    """Return the newest project, making a first one where there is none."""
    newest = projects(owner=owner)
    if newest:
        return newest[0]
    identifier = ids.new()
    with changing("project", identifier) as connection:
        # Two tabs may both have found nothing; the second finds what the first made.
        if not _projects_of(connection, owner_or_default(owner)):
            _insert(connection, identifier, "My first project", owner_or_default(owner))
        return _projects_of(connection, owner_or_default(owner))[0]


def projects(*, owner: str | None = None) -> list[Project]:
    """Return the projects, newest first."""
    with reading() as connection:
        return _projects_of(connection, owner_or_default(owner))


def project(project_id: str, *, owner: str | None = None) -> Project:
    """Return one project, deleted or not."""
    with reading() as connection:
        return Project(**one(connection, "project", project_id, owner))


def _projects_of(connection: Connection, owner: str) -> list[Project]:
    return [Project(**row) for row in listed(connection, "project", owner)]


def _insert(connection: Connection, identifier: str, name: str, owner: str) -> None:
    connection.execute(
        schema.projects.insert().values(
            id=identifier, owner=owner, name=plain_name(name), created_at=time.time()
        )
    )
