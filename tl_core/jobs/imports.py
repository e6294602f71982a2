"""What a person may wish of an import: to start, to add to what is there, to end."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.datasets import code_pages
from tl_core.graft_files import project_file
from tl_core.intake import uploads
from tl_core.intake.known_answers import KnownAnswer
from tl_core.jobs import bell, watch
from tl_core.jobs.kinds.importing import IMPORT
from tl_core.methods.method import Role
from tl_core.modalities import registry
from tl_core.samples.bundled import Bundled


def start_intake(
    project_id: str,
    source: Path | Bundled,
    name: str,
    *,
    split: Mapping[str, Any] | None = None,
    targets: Path | None = None,
    columns: Mapping[str, Any] | None = None,
    reading: int | None = None,
    may_ask: bool = False,
    encoding: str = "",
    modality: str = "",
    remove_source: bool = False,
    into: str | None = None,
    all_are: str = "",
    answers: Mapping[str, KnownAnswer] | None = None,
    parent_id: str | None = None,
    history: str = "",
    then_train: TrainConfig | None = None,
    is_project: bool = False,
    serves: tuple[str, Role] | None = None,
    by: str | None = None,
    owner: str | None = None,
) -> str:
    """Make a data set from `source` in a process of its own; return its id at once.

    Where as many imports are at work as the machine bears, it waits its turn; see `imports_before`.

    Args:
        project_id: where it belongs.
        source: a folder, a zip or a tar on this machine, or the name of a bundled set.
        name: as a person wrote it.
        split: how to cut train, validation and test; None takes the default.
        targets: a table with classes or numbers for each picture.
        columns: which column of it says what, as in `tables.Columns`; None finds them.
        encoding: what names and tables that are no UTF-8 are written in; judged when empty.
        modality: what the examples are, by name; the usual ones when empty.
        reading: which of the readings to take, counted from 1; None takes the likeliest.
        may_ask: whether the import stops at “what do you want to learn?” where that is not sure.
        remove_source: whether `source` is an upload, to be removed afterwards.
        into: adds to the data set `parent_id`: the class that all pictures are of, "" to take it
            from folders or the table; None makes a data set of the new pictures alone.
        all_are: what all pictures show, where nothing else says so.
        answers: the right answers to pictures that a model was wrong about, by their names in `source`.
        parent_id: the data set that this is a new version of.
        history: one line that says what was changed.
        then_train: settings of a first run, to be started as soon as the data set is ready.
        is_project: `source` is a project file: the data set becomes its first, and everything
            else in it comes to lie beside; see `project_opening.take_in`.
        serves: which data set it is brought for, and the role that it has for that as soon as it is ready.
        by: who asks for it, so that its failure is told to nobody else.

    Raises:
        UserError: "is-project" when pictures are wanted and `source` is a project file; "modality".
    """
    if modality:
        registry.get(modality)
    if isinstance(source, Path) and not is_project:
        _require_pictures(source, targets, is_upload=remove_source)
    request = {
        "source": str(source.resolve()) if isinstance(source, Path) else source,
        "split": dict(split) if split else None,
        "targets": str(targets.resolve()) if targets else None,
        "columns": dict(columns) if columns else None,
        "encoding": code_pages.named(encoding),
        "addition": None if into is None else _addition(parent_id, into, answers),
        "remove_source": remove_source,
        "then_train": then_train.model_dump(mode="json") if then_train else None,
        "is_project": is_project,
        "by": by,
    }
    asked = {"reading": reading, "may_ask": may_ask, "all_are": all_are, "modality": modality}
    request |= {name: value for name, value in asked.items() if value not in (None, False, "")}
    if serves is not None:
        request["serves"] = {"dataset": serves[0], "role": serves[1]}
    dataset_id = store.create_dataset(
        project_id,
        name,
        parent_id=parent_id,
        history=history,
        request=request,
        waits=True,
        owner=owner,
    )
    take_up_imports()
    return dataset_id


def _addition(
    base: str | None, into: str, answers: Mapping[str, KnownAnswer] | None
) -> dict[str, Any]:
    told: dict[str, Any] = {"base": base, "into": into}
    if answers:
        told["answers"] = {name: answer.model_dump(mode="json") for name, answer in answers.items()}
    return told


def take_up_imports() -> None:
    """Start the imports that waited longest, as many as the machine bears."""
    bell.ring()
    watch.take_up(IMPORT)


def _require_pictures(source: Path, targets: Path | None, *, is_upload: bool) -> None:
    sent = [path for path, _ in uploads.archives_of(source)] if is_upload else [source]
    if not any(map(project_file.is_one, sent)):
        return
    for path in (source, targets):
        if is_upload and path is not None:
            uploads.remove(path)
    raise UserError(
        "is-project",
        "This file holds a whole project, not only pictures.",
        "Open it on the Start page, or with “open-file” on the command line.",
    )


def start_addition(
    dataset_id: str,
    source: Path,
    into: str = "",
    *,
    history: str = "",
    owner: str | None = None,
    **how: Any,
) -> str:
    """Make a new version of a data set, with the pictures of `source` added; return its id.

    Args:
        dataset_id: any version that is ready.
        source: as for `start_intake`.
        into: the class that all pictures are of; empty to take it from folders or the table.
        history: one line that says what was changed; empty for the usual one.
        how: what else `start_intake` takes.

    Raises:
        UserError: "dataset-not-ready".
    """
    row = store.dataset(dataset_id, owner=owner)
    if row.status != "ready":
        raise UserError(
            "dataset-not-ready",
            "Nothing can be added to the data set {name!r} yet.",
            "Wait until it is imported.",
            name=row.name,
        )
    told = Said("Added pictures to “{into}”.", into=into) if into else Said("Added pictures.")
    return start_intake(
        row.project_id,
        source,
        row.name,
        into=into,
        parent_id=dataset_id,
        history=history or told,
        owner=owner,
        **how,
    )


def stop_intake(dataset_id: str, *, owner: str | None = None) -> None:
    """End an import; what it had read is lost."""
    row = store.dataset(dataset_id, owner=owner)
    error = UserError("stopped", "The import was stopped.", "Import the pictures again.")
    watch.kill(IMPORT, row.id, error)


def imports_before(row: store.DatasetRow) -> int | None:
    """Return how many imports come before one that waits, None where it has been taken up."""
    waiting = store.waiting_imports()
    return waiting.index(row.id) if row.id in waiting else None
