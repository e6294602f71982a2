"""Runs of a project file that can go on here: what they go on from, with a model beside it or without one yet."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tl_core import store
from tl_core.backbones import catalogue, own, weight_files, weights
from tl_core.backbones.card import Card
from tl_core.base import about_run, files, ids
from tl_core.base.about_run import AboutRun
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import as_far_as_known
from tl_core.datasets.manifest import Dataset
from tl_core.graft_files import bundle, project_file, sealed
from tl_core.graft_files.project_file import CHECKPOINT, Run
from tl_core.graft_files.unfinished import Pending
from tl_core.models import as_backbone
from tl_core.signals import events
from tl_core.training import checkpoint, decisions, results


@dataclass(frozen=True, slots=True)
class Ready:
    """A run that only needs to be put into its place.

    Attributes:
        folder: whole.
        stands_on: what a run without a model began with, where that was one, and the file of its weights.
    """

    id: str
    folder: Path
    name: str
    status: store.RunStatus
    dataset: str
    config: dict[str, Any]
    inputs: dict[str, str]
    metrics: dict[str, Any] = field(default_factory=dict)
    stands_on: tuple[Card, Path] | None = None


def ready(place: Path, number: int, made: list[Dataset], earlier: list[Ready], owner: str) -> Ready:
    """Make the whole folder of a run without a model: paused, so that a person lets it go on.

    Args:
        place: where the file was unpacked.
        number: of the run among those.
        made: the data sets of the file.
        earlier: the runs that came before it.
        owner: whose it becomes.

    Raises:
        sealed.BrokenError: its parts do not fit each other.
        UserError: "model-format" where its weights are none.
    """
    parts = place / "pending" / str(number)
    told = project_file.read(parts / project_file.PENDING, Pending)
    if told.dataset >= len(made):
        raise sealed.BrokenError(Said("a run learnt from a data set that is not there"))
    dataset = made[told.dataset]
    try:
        config = as_far_as_known(told.config)
    except UserError as error:
        raise sealed.BrokenError(Said("a run has settings that are not known here")) from error
    stands_on = _stands_on(place, told, config.network.backbone)
    run_id = ids.new()
    folder = place / run_id
    folder.mkdir()
    apart = set_apart(parts, told.epoch)
    if apart is None:
        raise sealed.BrokenError(Said("a run has nothing to go on from"))
    put_checkpoint(folder, told.epoch, apart)
    kept, inputs = config.model_dump(mode="json"), inputs_of(told, made, earlier)
    decided = {"keeps": told.keeps, "half": told.half}
    about_run.write(folder, AboutRun(dataset.id, inputs, run_id, owner))
    contents = {"config.json": kept, decisions.PLAN: decided}
    for name, content in contents.items():
        files.write_whole(folder / name, json.dumps(content, ensure_ascii=False).encode())
    with events.Writer(folder) as emit:
        if told.closed_form is not None:
            exact = told.closed_form.model_dump(
                exclude={"val", "test", "test_mae"}, exclude_none=True
            )
            emit("closed_form", val_accuracy=told.closed_form.val, **exact)
        for epoch in told.curve:
            emit("epoch", **epoch.model_dump(exclude_none=True))
        emit("note", text=Said("Came with a project file."))
        emit("cancelled", metrics={}, paused=True)
    return Ready(run_id, folder, told.name, "paused", dataset.id, kept, inputs, stands_on=stands_on)


def inputs_of(told: Run | Pending, made: list[Dataset], earlier: list[Ready]) -> dict[str, str]:
    """Return what else a run learnt from, ids by role."""
    found: dict[str, str] = {}
    for role, named in told.inputs.items():
        of_kind: list[Any] = made if named.run is None else earlier
        place = named.dataset if named.run is None else named.run
        if place is None or place >= len(of_kind):
            raise sealed.BrokenError(Said("a run learnt from an input that is not there"))
        found[role] = of_kind[place].id
    return found


def set_apart(parts: Path, epoch: int | None) -> tuple[Path, Path] | None:
    """Move a checkpoint away from the files of a model, once its weights are looked through; None where none came.

    Raises:
        sealed.BrokenError: only half of it is there, or it is not what the run says.
        UserError: "model-format" where its weights are none.
    """
    arrays, state = (parts / name for name in CHECKPOINT)
    if (arrays.is_file(), state.is_file()) != (epoch is not None,) * 2:
        raise sealed.BrokenError(Said("what a run goes on from is not whole"))
    if epoch is None:
        return None
    weight_files.stored_shapes(arrays)
    if not isinstance(json.loads(state.read_bytes()), dict):
        raise sealed.BrokenError(Said("what a run goes on from is not whole"))
    apart = parts.with_name(f"{parts.name}-checkpoint")
    apart.mkdir()
    return arrays.replace(apart / arrays.name), state.replace(apart / state.name)


def put_checkpoint(folder: Path, epoch: int, apart: tuple[Path, Path]) -> None:
    """Give the run in `folder` what it goes on from."""
    checkpoint.put(folder / checkpoint.FOLDER, epoch, *apart)


def take_in_base(run: Ready) -> None:
    """Keep as a backbone here what a run of the file stands on, where that was a model and is not here.

    Raises:
        UserError: "disk-full".
    """
    if (run.folder / results.MODEL_DIR).is_dir():
        as_backbone.take_in_base(run.folder / results.MODEL_DIR)
    elif run.stands_on is not None and own.find(run.stands_on[0].name) is None:
        card, file = run.stands_on
        own.keep(card.model_copy(update={"title": own.free_title(card.title)}), file)


def _stands_on(place: Path, told: Pending, backbone: str) -> tuple[Card, Path] | None:
    """Return what a run began with and its weights, once they are what its settings name."""
    card = told.stands_on
    if card is None:
        return None
    file = place / project_file.weights_name(told.weights or "")
    is_it = file.is_file() and weights.file_hash(file) == card.weights_sha256
    if not is_it or card.name != backbone:
        raise sealed.BrokenError(Said("the weights of a run are not there"))
    if card.architecture not in catalogue.BACKBONES:
        raise sealed.BrokenError(Said("a run has settings that are not known here"))
    bundle.check_backbone(file, card.architecture)
    return card, file
