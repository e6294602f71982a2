"""What else there is to learn from beside a data set, by role: named once, and what Train and the Transfer lab begin with.

A role is given to a data set as a whole: the newest version of it serves, and it serves all versions of the
one that it was given for. What is gone is passed over, and counts again once it is back.
"""

from collections.abc import Collection, Mapping

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig, changed
from tl_core.datasets import class_matching, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.home import versions
from tl_core.intake import unlabelled
from tl_core.methods import inputs, registry
from tl_core.methods.method import SOURCE, Method, Need, Role
from tl_core.store import DatasetRow, role_rows

WITHOUT_CLASSES: Role = "unlabelled"
"""The one role that a data set can have for itself: some of its pictures came without a class."""


def possible(dataset: Dataset) -> list[Role]:
    """Return the roles that some way of training on a data set has a use for."""
    return list(_methods(dataset))


def of(row: DatasetRow) -> dict[Role, str]:
    """Return what has a role for a data set and can be learnt from now, ids by role."""
    named = role_rows.named(row)
    found: dict[Role, str] = {}
    for role in _ROLES:
        if identifier := _there(role, named.get(role, ""), row):
            found[role] = identifier
    return found


def offered(row: DatasetRow, role: Role) -> list[str]:
    """Return the ids of what may be given a role for a data set, the newest version of each set, newest first."""
    if role == inputs.TEACHER:
        return [run.id for run in store.runs(row.project_id, owner=row.owner) if run.metrics]
    newest: dict[str, DatasetRow] = {}
    for each in store.datasets(row.project_id, owner=row.owner):
        kept = newest.get(each.root_id)
        if each.status == "ready" and (kept is None or each.version > kept.version):
            newest[each.root_id] = each
    has_own = role == WITHOUT_CLASSES and unlabelled.has_any(row.id)
    own = newest.pop(row.root_id, None)
    others = [each.id for each in newest.values() if (each.counts or {}).get("pictures")]
    return [row.id, *others] if own and has_own else others


def give(row: DatasetRow, role: Role, identifier: str) -> None:
    """Give a data set, or a run as teacher, a role for another one; "" takes the role away.

    Raises:
        UserError: "input-role", "input-itself", "input-not-ready", "unknown", or why `inputs.of_need` or the
            method that it is for refuses it.
    """
    if not identifier:
        role_rows.give(row.id, role, "", owner=row.owner)
        return
    store.require_inputs(row.id, {role: identifier}, owner=row.owner)
    dataset = manifest.load(row.id)
    method, need = _use(dataset, role)
    if need.kind == "run":
        inputs.examples(dataset, _settings(method), {role: identifier})
        role_rows.give(row.id, role, identifier, owner=row.owner)
        return
    root_id = store.dataset(identifier, owner=row.owner).root_id
    if root_id == row.root_id and not (role == WITHOUT_CLASSES and unlabelled.has_any(row.id)):
        raise UserError(
            "input-itself",
            "A data set is nothing further for itself.",
            "Choose another data set, or bring other pictures.",
        )
    inputs.of_need(need, row.id if root_id == row.root_id else identifier, dataset)
    role_rows.give(row.id, role, root_id, owner=row.owner)


def take_up(row: DatasetRow) -> UserError | None:
    """Give a data set that has come in the role that it was brought for; return why it cannot have it."""
    wanted = (row.request or {}).get("serves") or {}
    if not wanted:
        return None
    try:
        served = store.dataset(wanted["dataset"], owner=row.owner)
        give(versions.newest(served), wanted["role"], row.id)
    except UserError as error:
        return error
    return None


def flaw(dataset: Dataset, role: Role, identifier: str) -> UserError | None:
    """Return why what has a role for a data set is of no use to it yet, None where it is of use."""
    row = store.dataset(dataset.id)
    method, _ = _use(dataset, role)
    told: dict[str, str] = {}
    if role == SOURCE and inputs.RENAMED in method.settings.model_fields:
        said = renamed(row, dataset.classes, identifier)
        told = {inputs.RENAMED: class_matching.written(said)}
    try:
        inputs.examples(dataset, _settings(method, told), {role: identifier})
    except UserError as error:
        return error
    return None


def served(row: DatasetRow) -> list[tuple[DatasetRow, Role]]:
    """Return which data sets of the project this one has a role for, the newest version of each."""
    newest: dict[str, DatasetRow] = {}
    for each in store.datasets(row.project_id, owner=row.owner):
        kept = newest.get(each.root_id)
        if each.status == "ready" and (kept is None or each.version > kept.version):
            newest[each.root_id] = each
    return [
        (each, role)
        for each in newest.values()
        for role in _ROLES
        if role_rows.named(each).get(role) == row.root_id and each.root_id != row.root_id
    ]


# Classes


def renamed(row: DatasetRow, ours: Collection[str], source_id: str) -> dict[str, str]:
    """Return which class of a source a person said is which of a data set's, where its name does not tell.

    Args:
        row: of the data set.
        ours: its classes; what was said of others, which another version has, is passed over.
        source_id: any version of the source.
    """
    source = store.dataset(source_id, owner=row.owner)
    told = role_rows.all_renamed(row).get(source.root_id, {})
    return {
        theirs: name for theirs, name in told.items() if name == class_matching.NONE or name in ours
    }


def call(row: DatasetRow, source_id: str, otherwise: Mapping[str, str]) -> None:
    """Keep which class of a source is which of a data set's, where its name does not tell.

    Args:
        row: of the data set.
        source_id: any version of the source.
        otherwise: class of theirs to class of ours, `class_matching.NONE` for none.
    """
    source = store.dataset(source_id, owner=row.owner)
    role_rows.rename(row.id, source.root_id, otherwise, owner=row.owner)


# Inside

_ROLES: tuple[Role, ...] = (SOURCE, WITHOUT_CLASSES, inputs.TEACHER)


def _there(role: Role, named: str, row: DatasetRow) -> str:
    """Return the id of what is named and can be learnt from, "" where nothing can."""
    if not named:
        return ""
    if role == inputs.TEACHER:
        return named if _is_finished(named, row) else ""
    if named == row.root_id:
        return row.id if role == WITHOUT_CLASSES and unlabelled.has_any(row.id) else ""
    there = store.versions(named, owner=row.owner)
    return there[0].id if there and there[0].project_id == row.project_id else ""


def _is_finished(run_id: str, row: DatasetRow) -> bool:
    try:
        run = store.run(run_id, owner=row.owner)
    except UserError:
        return False
    return bool(run.metrics) and run.deleted_at is None and run.project_id == row.project_id


def _methods(dataset: Dataset) -> dict[Role, tuple[Method, Need]]:
    """Return for each role the first method that has a use for it, and what that needs."""
    found: dict[Role, tuple[Method, Need]] = {}
    for role in _ROLES:
        for method in inputs.methods_for(dataset):
            for need in method.needs:
                if need.role == role and not need.is_optional:
                    found.setdefault(role, (method, need))
    return found


def _use(dataset: Dataset, role: str) -> tuple[Method, Need]:
    for known, found in _methods(dataset).items():
        if known == role:
            return found
    raise UserError(
        "input-role",
        "Nothing that trains on {name!r} has a use for the role {role!r}.",
        "Choose another role: source, unlabelled or teacher.",
        name=dataset.name,
        role=role[:80],
    )


def _settings(method: Method, own: Mapping[str, str] | None = None) -> TrainConfig:
    chosen = registry.changed(TrainConfig(), method.name)
    return changed(chosen, method_settings=dict(own or {}))
