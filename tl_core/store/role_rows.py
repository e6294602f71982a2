"""What else there is to learn from beside a data set, by role, and which of its classes is which.

Both belong to a data set in all its versions: each version's row holds them, so that none of them has
to be there for the others, and a new one begins with those of the version that it was made from. Data
sets are named by their first version, whichever of theirs is the newest; a run by its id.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select, update

from tl_core.store import identity, schema
from tl_core.store.changing import changing, is_one, noted, one, owner_or_default
from tl_core.store.database import writing
from tl_core.store.rows import DatasetRow

ROLES, RENAMED = "roles", "renamed"
Further = dict[str, Any]
_datasets = schema.datasets


def named(row: DatasetRow) -> dict[str, str]:
    """Return what a person named, ids by role; it may be gone meanwhile."""
    return dict((row.further or {}).get(ROLES) or {})


def all_renamed(row: DatasetRow) -> dict[str, dict[str, str]]:
    """Return what a person said of the classes of others, by the first version of each."""
    return dict((row.further or {}).get(RENAMED) or {})


def give(dataset_id: str, role: str, identifier: str, *, owner: str | None = None) -> None:
    """Name what has a role for a data set, in all its versions; "" for nothing."""

    def changed(further: Further) -> Further:
        return further | {ROLES: _with(further.get(ROLES) or {}, role, identifier)}

    _change_family(dataset_id, changed, owner)


def rename(
    dataset_id: str, source: str, renamed: Mapping[str, str], *, owner: str | None = None
) -> None:
    """Keep which class of a source is which of a data set's, where its name does not tell.

    Args:
        dataset_id: any version of the data set.
        source: the first version of the source.
        renamed: class of theirs to class of ours, "" for none.
        owner: whose; the only one where None.
    """

    def changed(further: Further) -> Further:
        return further | {RENAMED: _with(further.get(RENAMED) or {}, source, dict(renamed))}

    _change_family(dataset_id, changed, owner)


def follow(version_id: str, now: Mapping[str, str], *, owner: str | None = None) -> None:
    """Let what was said of classes name those of one version as they are called in it.

    Args:
        version_id: of which the classes have other names than in the version that it was made from.
        now: their names, by those before; "" for a class that is gone.
        owner: whose; the only one where None.
    """
    with changing("dataset", version_id) as connection:
        further: Further = one(connection, "dataset", version_id, owner)["further"] or {}
        before: dict[str, dict[str, str]] = further.get(RENAMED) or {}
        if not before:
            return
        after = {
            source: {theirs: now.get(ours, ours) for theirs, ours in told.items()}
            for source, told in before.items()
        }
        wanted = is_one(_datasets, version_id, owner)
        values = {"further": further | {RENAMED: after}}
        connection.execute(update(_datasets).where(wanted).values(values))


def _with(before: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return the same with a value; without the key where there is none."""
    rest = {name: one for name, one in before.items() if name != key}
    return rest | {key: value} if value else rest


def _change_family(
    dataset_id: str, changed: Callable[[Further], Further], owner: str | None
) -> None:
    """Change what all versions hold, and note each beside its files."""
    mark = None
    with writing() as connection:
        root_id = one(connection, "dataset", dataset_id, owner)["root_id"]
        family = select(_datasets.c.id, _datasets.c.further).where(
            _datasets.c.root_id == root_id, _datasets.c.owner == owner_or_default(owner)
        )
        for row in connection.execute(family).all():
            wanted = is_one(_datasets, row.id, owner)
            values = {"further": changed(row.further or {})}
            connection.execute(update(_datasets).where(wanted).values(values))
            mark = noted(connection, "dataset", row.id)
    if mark is not None:
        identity.keep_up(mark)
