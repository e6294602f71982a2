"""A project file of unknown origin becomes a project: `take_in`, all checked before anything is kept.

The other half of `projects`.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tl_core import store
from tl_core.base import about_run, files, ids, machine, settings
from tl_core.base.about_run import AboutRun
from tl_core.base.errors import UserError
from tl_core.base.files import is_disk_full
from tl_core.base.said import Said
from tl_core.config import TrainConfig, as_far_as_known
from tl_core.datasets import goals, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.graft_files import bundle, project_file, sealed
from tl_core.graft_files.project_file import ANSWER_TYPE, JUDGED, ClosedForm, DataSet, Run
from tl_core.home import companions, housekeeping, unfinished, versions
from tl_core.home.unfinished import Ready
from tl_core.intake import arrival, unlabelled
from tl_core.modalities import registry as modalities
from tl_core.modalities.modality import Modality
from tl_core.modalities.opening_children import Opened
from tl_core.models import persist
from tl_core.signals import events
from tl_core.store import role_rows
from tl_core.tasks import registry
from tl_core.training import results


def take_in(row: store.DatasetRow, file: Path, on_progress: arrival.Progress) -> dict[str, Any]:
    """Make the project that `row` is the first data set of what `file` says.

    Args:
        row: a data set that is still importing, in a project made for it.
        file: of unknown origin; nothing in it is executed.
        on_progress: see `arrival.Progress`.

    Returns:
        The counts of that data set, the last thing that is not ready yet.

    Raises:
        UserError: "E-PROJECT", saying what is wrong with the file; "disk-full". Nothing is kept
            of the file then but pictures that no data set names.
    """
    folder = ids.dataset_folder(row.id)
    try:
        with tempfile.TemporaryDirectory(prefix=arrival.SCRATCH_PREFIX, dir=folder) as scratch:
            return _taken_in(row, file, Path(scratch), on_progress)
    except OSError as error:
        take_back(row)
        if is_disk_full(error):
            raise arrival.disk_full() from error
        raise
    except BaseException:
        take_back(row)
        raise


def take_back(row: store.DatasetRow) -> None:
    """Remove what an opening that did not come to its end had made beside its first data set."""
    came = [
        other.id
        for other in store.datasets(row.project_id, with_deleted=True, owner=row.owner)
        if (other.request or {}).get("opened_with") == row.id
    ]
    for dataset_id in (row.id, *came):
        for run in store.runs(dataset_id=dataset_id, with_deleted=True, owner=row.owner):
            housekeeping.remove("run", run.id, owner=row.owner)
    for dataset_id in reversed(came):
        housekeeping.remove("dataset", dataset_id, owner=row.owner)
    for name in (manifest.MANIFEST, unlabelled.FILE):  # both name pictures, which would be kept
        (manifest.folder(row.id) / name).unlink(missing_ok=True)


def _taken_in(
    row: store.DatasetRow, file: Path, place: Path, on_progress: arrival.Progress
) -> dict[str, Any]:
    size = file.stat().st_size
    if machine.free_disk_bytes(place) < 2 * size:  # unpacked, and then the pictures themselves
        raise arrival.disk_full()
    contents = project_file.unpack(file, place, lambda done: on_progress("unpack", done, size))
    with project_file.refusing():
        written = [
            project_file.read(place / project_file.dataset_name(number), DataSet)
            for number in range(contents.datasets)
        ]
        _check_parents(written)
        stored = _stored(place, contents.pictures, _modalities(written), on_progress)
        made = [_dataset(ids.new(), told, stored) for told in written]
        made[0] = replace(made[0], id=row.id)
        # One after the other: all answers together may be more than memory holds.
        runs: list[Ready] = []
        for number in range(contents.runs):
            runs.append(_ready(place, number, made, runs, row.owner))
        for number in range(contents.pending):
            runs.append(unfinished.ready(place, number, made, runs, row.owner))
    # From here on nothing of the file can be at fault.
    store.rename("project", row.project_id, contents.name, owner=row.owner)
    store.rename("dataset", row.id, written[0].name, owner=row.owner)
    store.set_history(row.id, written[0].history, owner=row.owner)
    hashes = [result.hash for result in stored]
    for run in runs:
        unfinished.take_in_base(run)
    for told, dataset in zip(written, made, strict=True):
        companions.take_in(dataset.id, told, hashes)
    counts = _keep_datasets(row, written, made)
    for run in runs:
        shutil.move(run.folder, ids.run_folder(run.id))
        store.add_run(
            run.dataset,
            run.name,
            run.config,
            run.id,
            run_id=run.id,
            inputs=run.inputs,
            metrics=run.metrics,
            status=run.status,
            owner=row.owner,
        )
    _give_roles(contents, made, runs, row.owner)
    for told, dataset in reversed(list(zip(written, made, strict=True))):
        if told.is_deleted:
            store.delete("dataset", dataset.id, while_arriving=True, owner=row.owner)
    return counts


def _check_parents(written: list[DataSet]) -> None:
    if not written:
        raise sealed.BrokenError(Said("it holds no data set"))
    for number, told in enumerate(written):
        if told.parent is not None and told.parent >= number:
            raise sealed.BrokenError(Said("a version stands before the one it was made from"))


def _modalities(written: list[DataSet]) -> dict[int, Modality]:
    """Return what the examples of a file are, by their places in its contents."""
    return {
        index: modalities.of(told)
        for told in written
        for index in (*told.pictures, *told.unlabelled)
    }


def _stored(
    place: Path,
    digests: tuple[str, ...],
    modality_of: dict[int, Modality],
    on_progress: arrival.Progress,
) -> list[Opened]:
    """Open every example in children with limits and keep it; return what came of each."""
    stored = [Opened()] * len(digests)
    for modality in modalities.MODALITIES:
        usual = modalities.USUAL  # of what no data set names
        rows = [row for row in range(len(digests)) if modality_of.get(row, usual) is modality]
        paths = [place / project_file.example_name(digests[row], modality) for row in rows]
        opened = arrival.open_all(paths, modality, settings.current(), on_progress) if rows else []
        for row, result in zip(rows, opened, strict=True):
            if result.code:
                reason = Said("its picture {digest} cannot be opened", digest=digests[row][:12])
                raise sealed.BrokenError(reason)
            stored[row] = result
        modality.keep_measured(opened)
    return stored


def _dataset(identifier: str, told: DataSet, stored: list[Opened]) -> Dataset:
    if any(index >= len(stored) for index in (*told.pictures, *told.unlabelled)):
        raise sealed.BrokenError(Said("a data set names a picture that is not there"))
    opened = [stored[index] for index in told.pictures]

    def column(values: Any, kind: Any) -> Any:
        return None if values is None else np.array(values, kind)

    values, shows = column(told.values, np.float64), column(told.shows, bool)
    return Dataset(
        id=identifier,
        name=told.name,
        classes=told.classes,
        targets=told.targets,
        hashes=np.array([result.hash for result in opened], dtype="<U64"),
        names=np.array(told.names, dtype=object),
        labels=np.array(told.labels, np.int32),
        splits=np.array(told.splits, np.int8),
        modality=told.modality,
        facts=modalities.of(told).facts_of(opened),
        values=None if values is None else values.reshape(len(opened), len(told.targets)),
        shows=None if shows is None else shows.reshape(len(opened), len(told.classes)),
        groups=column(told.groups, object),
        twins=column(told.twins, np.int32),
        given=column(told.given, np.int8),
        naive=column(told.naive, np.int8),
        unseen=column(told.unseen, np.bool_),
        split=told.split,
        read_by=told.read_by,
        moved=told.moved,
        torn=told.torn,
        notes=told.notes,
    )


def _keep_datasets(
    row: store.DatasetRow, written: list[DataSet], made: list[Dataset]
) -> dict[str, Any]:
    """Keep all data sets, in their order; return the counts of the first, whose row `row` is."""
    first: dict[str, Any] = {}
    for told, dataset in zip(written, made, strict=True):
        aside = [manifest.SetAside(**entry.model_dump()) for entry in told.aside]
        manifest.save(dataset, aside)
        counts = versions.counts(dataset, set_aside=len(aside), junk=told.junk)
        if dataset.id == row.id:
            first = counts
            continue
        store.create_dataset(
            row.project_id,
            told.name,
            parent_id=None if told.parent is None else made[told.parent].id,
            history=told.history,
            request={"source": project_file.KIND, "opened_with": row.id},
            dataset_id=dataset.id,
            owner=row.owner,
        )
        store.dataset_ready(dataset.id, counts, owner=row.owner)
    return first


def _give_roles(
    contents: project_file.Contents, made: list[Dataset], runs: list[Ready], owner: str
) -> None:
    """Keep what serves which data set, and what was said of its classes."""
    roots = [store.dataset(dataset.id, owner=owner).root_id for dataset in made]
    for each in contents.serving:
        place = each.by.dataset
        named = roots[place] if place is not None else runs[each.by.run or 0].id
        role_rows.give(made[each.dataset].id, each.role, named, owner=owner)
    for each in contents.matched:
        source = roots[each.source]
        role_rows.rename(made[each.dataset].id, source, each.renamed, owner=owner)


# Runs of a file


def _ready(
    place: Path, number: int, made: list[Dataset], earlier: list[Ready], owner: str
) -> Ready:
    """Make the whole folder of a run out of its parts, once they fit each other."""
    parts = place / "runs" / str(number)
    told = project_file.read(parts / project_file.RUN, Run)
    if told.dataset >= len(made):
        raise sealed.BrokenError(Said("a run learnt from a data set that is not there"))
    dataset = made[told.dataset]
    answers = np.fromfile(parts / project_file.ANSWERS, ANSWER_TYPE)
    for name in (project_file.RUN, project_file.ANSWERS):
        (parts / name).unlink()
    checkpoint_parts = unfinished.set_apart(parts, told.checkpoint)
    described = _model(place, parts, told, dataset)
    config = _settings(told, described)
    run_id = ids.new()
    folder = place / run_id
    folder.mkdir()
    parts.rename(folder / results.MODEL_DIR)
    if checkpoint_parts is not None and told.checkpoint is not None:
        unfinished.put_checkpoint(folder, told.checkpoint, checkpoint_parts)
    kept = config.model_dump(mode="json")
    inputs = unfinished.inputs_of(told, made, earlier)
    files.write_whole(folder / "config.json", json.dumps(kept, ensure_ascii=False).encode())
    about_run.write(folder, AboutRun(dataset.id, inputs, run_id, owner))
    numbers = _numbers(folder, dataset, config, told, described, answers)
    json.dumps(numbers, allow_nan=False)  # what is no number is refused here, not by the store
    _tell(folder, told, numbers)
    return Ready(run_id, folder, told.name, told.status, dataset.id, kept, inputs, numbers)


def _model(place: Path, parts: Path, told: Run, dataset: Dataset) -> persist.Description:
    """Return what a run's model describes, once it fits its data set; give it its weights."""
    if told.weights is not None:
        _lend(place / project_file.weights_name(told.weights), parts / persist.BACKBONE)
    described = bundle.checked(parts)
    task = registry.of(dataset)
    if (described.task, described.classes) != (task.kind, task.outputs(dataset)):
        raise sealed.BrokenError(Said("a run and its data set have different classes"))
    return described


def _lend(weights: Path, target: Path) -> None:
    """Let a model have weights that others have too, without another copy where that can be."""
    if not weights.is_file():
        raise sealed.BrokenError(Said("the weights of a run are not there"))
    try:
        os.link(weights, target)
    except OSError:  # a disk that knows no links
        if machine.free_disk_bytes(target.parent) < 2 * weights.stat().st_size:
            raise arrival.disk_full() from None
        shutil.copyfile(weights, target)


def _settings(told: Run, described: persist.Description) -> TrainConfig:
    """Return a run's settings; what its model alone tells where another version knew others."""
    try:
        config = as_far_as_known(told.config)
    except UserError:
        config = described.settings()
        config = config.but(backbone=described.began_on)
    model = (described.began_on, described.trainable_stages)
    if (config.network.backbone, config.network.trainable_stages) != model:
        raise sealed.BrokenError(Said("a run and its model have different backbones"))
    return config


def _numbers(
    folder: Path,
    dataset: Dataset,
    config: TrainConfig,
    told: Run,
    described: persist.Description,
    answers: np.ndarray,
) -> dict[str, Any]:
    """Return the metrics of a run, and write them and its answers into its folder."""
    task = registry.of(dataset)
    if told.arrived:
        return {"task": task.kind, "test": {"count": 0}, "arrived": True}
    members = {part: np.flatnonzero(dataset.splits == part) for part in JUDGED}
    outputs = len(task.outputs(dataset))
    judged = [len(rows) for rows in members.values()]
    if len(answers) != sum(judged) * outputs or not np.isfinite(answers).all():
        raise sealed.BrokenError(Said("a run's answers do not fit its pictures"))
    rows = answers.reshape(-1, outputs).astype(task.answer_type)
    by_part: dict[int, np.ndarray] = dict(zip(JUDGED, np.split(rows, judged[:1]), strict=True))
    goal = goals.of(dataset, np.flatnonzero(dataset.splits == TRAIN), config)
    # Answers came as the model gives them: nothing is to be decided once more.
    goal = goal.ruled(described.rules)
    results.write_predictions(folder, dataset, goal, by_part)
    val, test = (goal.summary(members[part], by_part[part]) for part in JUDGED)
    exact = told.closed_form or ClosedForm()
    errors = [{"mae": mae} for mae in exact.test_mae or ()]
    numbers: dict[str, Any] = {
        "task": task.kind,
        "test_accuracy": goal.headline(test),
        "val_accuracy": goal.headline(val),
        "closed_form_accuracy": exact.test,
        "test": test,
        "val": val,
        "closed_form": {"targets": errors} if len(errors) == outputs else {},
        "ended": told.ended,
        "epochs": told.epochs,
        "best_epoch": told.best_epoch,
        "steps": told.steps,
    }
    if told.handed_over:
        numbers |= {
            "handed_over": told.handed_over,
            "trained_val_accuracy": told.trained_val,
            "closed_form_val_accuracy": exact.val,
            "refitted": told.refitted,
        }
    numbers |= {"naive": told.naive.model_dump()} if told.naive else {}
    numbers |= {"folds": told.folds.model_dump()} if told.folds else {}
    results.write_metrics(folder, numbers)
    return numbers


def _tell(folder: Path, told: Run, numbers: dict[str, Any]) -> None:
    """Write the events that the pages draw a finished run from."""
    with events.Writer(folder) as emit:
        for name, fields in _events(told):
            emit(name, **fields)
        emit("note", text=Said("Came with a project file."))
        emit(told.status, metrics=numbers)


def _events(told: Run) -> Iterator[tuple[str, dict[str, Any]]]:
    if told.closed_form is not None:
        exact = told.closed_form.model_dump(exclude={"val", "test", "test_mae"}, exclude_none=True)
        yield "closed_form", {"val_accuracy": told.closed_form.val, **exact}
    for epoch in told.curve:
        yield "epoch", epoch.model_dump(exclude_none=True)
