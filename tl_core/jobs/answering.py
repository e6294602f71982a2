"""What a person wants to learn: answers to imports that ask, and other readings of what has come."""

from typing import Any

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets import naming
from tl_core.datasets.edits import NAME_LIMIT
from tl_core.intake import material
from tl_core.intake.material import Asked
from tl_core.intake.reading import Choice
from tl_core.jobs import imports


def answer(dataset_id: str, choice: Choice, *, owner: str | None = None) -> str:
    """Say what is to be learnt from pictures that have come; return the data set that will hold it.

    An import that waits for the answer goes on. A data set that is ready stays as it is: what was
    uploaded is read again, and becomes a new version.

    Raises:
        UserError: "reading" or "reading-name" when `choice` is none of its readings or lacks the
            name of the class; "material-missing" when nothing was kept; "answered" when the
            import was answered already, or asks nothing.
    """
    row = store.dataset(dataset_id, owner=owner)
    if row.status == "importing":
        return _go_on(row, choice)
    asked = asked_of(row)
    if asked is None:
        raise material.missing()
    return _read_anew(row, asked, asked.checked(choice), owner)


def _go_on(row: store.DatasetRow, choice: Choice) -> str:
    """Answer an import; one that asks nothing would never look for the answer."""
    asked = material.told(row.id)
    if asked is None or not asked.asks:
        raise _answered(Said("This is being imported, and nothing is asked."))
    chosen = asked.checked(choice).model_dump(mode="json")
    must_go_on = store.answer_import(row.id, chosen, owner=row.owner)
    if must_go_on is None:
        raise _answered(Said("This was answered already."))
    if must_go_on:
        imports.take_up_imports()
    return row.id


def _answered(message: str) -> UserError:
    return UserError(
        "answered",
        message,
        "Wait until the pictures are there; then they can be read another way.",
    )


def asked_of(row: store.DatasetRow) -> Asked | None:
    """Return the readings of a data set, or of the version that it was edited from."""
    while True:
        asked = material.told(row.id)
        if asked is not None or row.parent_id is None:
            return asked
        try:
            row = store.dataset(row.parent_id, owner=row.owner)
        except UserError:  # an earlier version was removed for good
            return None


def _read_anew(row: store.DatasetRow, asked: Asked, choice: Choice, owner: str | None) -> str:
    if not material.stands(asked.material_id):
        raise material.missing()
    title = next(each.title for each in asked.readings if each.key == choice.key)
    request = {
        "source": "material",
        "material": asked.material_id,
        "answer": choice.model_dump(mode="json"),
        "split": (row.request or {}).get("split"),
        "read_as": _read_as(row, asked),
    }
    return _new_version(row, request, Said("Read another way: {title}.", title=title), owner)


def name_loose(dataset_id: str, class_name: str, *, owner: str | None = None) -> str:
    """Give the pictures that were set aside for want of a class one; return the new version.

    Raises:
        UserError: "class-name" when the name is empty; "material-missing".
    """
    row = store.dataset(dataset_id, owner=owner)
    name = class_name.strip()[:NAME_LIMIT]
    asked = asked_of(row)
    if not name:
        raise UserError(
            "class-name", "The class has no name yet.", "Write what is on the pictures."
        )
    if asked is None:
        raise material.missing()
    request = {
        "source": "material",
        "material": asked.material_id,
        "addition": {"base": dataset_id, "into": name},
        "is_loose": True,
        "read_as": _read_as(row, asked),
    }
    return _new_version(row, request, Said("Named loose pictures “{name}”.", name=name), owner)


def _read_as(row: store.DatasetRow, asked: Asked) -> str:
    """Return the encoding that names are read in since they came, "" where that is the same."""
    came, now = naming.load(asked.material_id), naming.load(row.id)
    return now.codec if came and now and came.codec != now.codec else ""


def _new_version(
    row: store.DatasetRow, request: dict[str, Any], history: str, owner: str | None
) -> str:
    made = store.create_dataset(
        row.project_id,
        row.name,
        parent_id=row.id,
        history=history,
        request=request,
        waits=True,
        owner=owner,
    )
    imports.take_up_imports()
    return made
