"""What a project's trainings go on from, for its file: the newest checkpoint of each, where that is wanted."""

import json
import shutil
from pathlib import Path

from tl_core import store
from tl_core.backbones import catalogue, weights
from tl_core.base import ids
from tl_core.graft_files import project_file, sealed
from tl_core.graft_files.project_file import ClosedForm, Epoch, Input
from tl_core.graft_files.unfinished import Pending
from tl_core.signals import progress
from tl_core.training import checkpoint, decisions

GOES_ON: tuple[store.RunStatus, ...] = ("paused", "cancelled", "failed")
"""How a run without a model stands that may go on."""


def pending(runs: list[store.RunRow]) -> list[store.RunRow]:
    """Return those runs that have no model yet and kept something to go on from, in their order."""
    return [run for run in runs if run.status in GOES_ON and not run.metrics and _newest(run)]


def size_bytes(project_id: str, *, owner: str | None = None) -> int:
    """Return by how much a project's file grows where all that its trainings go on from travels along."""
    return sum(
        checkpoint.size_bytes(ids.run_folder(run.id) / checkpoint.FOLDER)
        for run in store.runs(project_id, owner=owner)
        if run.status in ("finished", *GOES_ON)
    )


def beside(run: store.RunRow, copy: Path) -> int | None:
    """Copy a run's newest checkpoint into `copy`, under the names of the file; return its epoch, None for none."""
    found = _newest(run)
    if found is None:
        return None
    epoch, path = found
    for name, kept in zip(project_file.CHECKPOINT, checkpoint.FILES, strict=True):
        shutil.copyfile(path / kept, copy / name)
    return epoch


def parts(
    number: int, run: store.RunRow, dataset: int, inputs: dict[str, Input], copy: Path
) -> list[sealed.Part]:
    """Return the parts of a run that has no model yet.

    Args:
        number: its place among those.
        run: one of `pending`.
        dataset: the place of what it learns from.
        inputs: what else it learns from, by role.
        copy: an empty folder for its files.

    Raises:
        UserError: what it stands on is not here.
    """
    epoch = beside(run, copy)
    folder, record = ids.run_folder(run.id), catalogue.known(str(run.setting("backbone")))
    view, decided = progress.state(folder), _decided(folder)
    card = record.card if record else None
    written = Pending(
        name=run.name,
        dataset=dataset,
        config=run.config,
        inputs=inputs,
        stands_on=card,
        weights=card.weights_sha256 if card else None,
        epoch=epoch or 0,
        keeps=decided.get("keeps", "rows"),
        half=bool(decided.get("half")),
        curve=tuple(project_file.picked(Epoch, event) for event in view.epochs),
        closed_form=_closed_form(view),
    )
    (copy / project_file.PENDING).write_bytes(project_file.as_text(written))
    names = (project_file.PENDING, *project_file.CHECKPOINT)
    return [(project_file.pending_part(number, name), copy / name) for name in names]


def weights_of(run: store.RunRow) -> tuple[str, Path] | None:
    """Return the hash and the file of the model that a run without one stands on; None where it is a published one.

    Raises:
        UserError: "backbone" or "weights-damaged".
    """
    card = catalogue.get(str(run.setting("backbone"))).card
    return (card.weights_sha256, weights.locate(card.name)) if card else None


def _newest(run: store.RunRow) -> tuple[int, Path] | None:
    return checkpoint.newest_whole(ids.run_folder(run.id) / checkpoint.FOLDER)


def _decided(folder: Path) -> dict:
    try:
        return json.loads((folder / decisions.PLAN).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _closed_form(view: progress.RunView) -> ClosedForm | None:
    event = view.closed_form
    return (
        project_file.picked(ClosedForm, event | {"val": event.get("val_accuracy")})
        if event
        else None
    )
