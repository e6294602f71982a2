"""Projects as files: `save` writes everything of one, `take_in` makes a project of such a file."""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from tl_core import files, settings
from tl_core.config import TrainConfig, parse
from tl_core.data import datasets, fingerprints, openers, pictures
from tl_core.data.datasets import Dataset
from tl_core.data.splits import NAMES, TEST, TRAIN, VALIDATION
from tl_core.errors import UserError
from tl_core.evaluation import metrics
from tl_core.export import bundle, project_file, sealed
from tl_core.export import names as file_names
from tl_core.export.project_file import ClosedForm, DataSet, Epoch, Folds, NaiveClaim, Run
from tl_core.models import persist
from tl_core.runs import events, ids, progress, store, versions
from tl_core.said import Said
from tl_core.training import results, task

Progress = Callable[[str, int, int], None]
"""Told (phase, done, total); phases as of the intake: "unpack" (bytes), "pictures"."""


# Saving


def save(project_id: str, out: Path, *, owner: str | None = None) -> dict[str, Any]:
    """Write a project into `out` as one file; return `file` (path) and `sha256`.

    Runs that have no model are left out. Imports Keras where pretrained weights go along.

    Raises:
        UserError: "unknown" when there is no such project, "nothing-to-save" when it is empty,
            "picture-missing" when the store lost one of its pictures.
    """
    project = store.project(project_id, owner=owner)
    rows = [row for row in store.datasets(project_id, owner=owner) if row.status == "ready"]
    rows.sort(key=lambda row: (row.root_id, row.version))
    if not rows:
        raise UserError(
            "nothing-to-save", "There are no pictures in this project.", "Bring some first."
        )
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".project-") as work:
        made = Path(work) / "project.graft"
        sealed.write(made, project_file.KIND, _parts(project, rows, Path(work), owner))
        digest = sealed.digest(made)
        path = out / file_names.download(project.name, project.id, digest, ".graft")
        made.replace(path)
    return {"file": str(path), "sha256": digest, "certificate": None}


def _parts(
    project: store.Project, rows: list[store.DatasetRow], work: Path, owner: str | None
) -> list[sealed.Part]:
    """Return what the file is to hold, what people look for first."""
    place: dict[str, int] = {}
    parts: list[sealed.Part] = []
    families = {root: number for number, root in enumerate(dict.fromkeys(r.root_id for r in rows))}
    for number, row in enumerate(rows):
        written = _written(row, families[row.root_id], place)
        parts.append((project_file.dataset_name(number), project_file.as_text(written)))
    numbers = {row.id: number for number, row in enumerate(rows)}
    runs = [run for run in store.runs(project.id, owner=owner) if _has_model(run, numbers)]
    known: dict[tuple[str, str], str] = {}
    for number, run in enumerate(reversed(runs)):
        parts += _run_parts(number, run, numbers[run.dataset_id], known, work)
    parts += [(project_file.weights_name(digest), work / digest) for digest in known.values()]
    parts += [(project_file.picture_name(digest), _whole_picture(digest)) for digest in place]
    contents = project_file.Contents(
        name=project.name, pictures=tuple(place), datasets=len(rows), runs=len(runs)
    )
    return [(project_file.CONTENTS, project_file.as_text(contents)), *parts]


def _written(row: store.DatasetRow, family: int, place: dict[str, int]) -> DataSet:
    """Return a data set as it stands in the file; pictures new to `place` get one there."""
    dataset = datasets.load(row.id)

    def listed(column: np.ndarray | None) -> Any:
        return None if column is None else column.tolist()

    return DataSet(
        name=row.name,
        family=family,
        history=str(row.history),
        classes=dataset.classes,
        targets=dataset.targets,
        pictures=tuple(place.setdefault(name, len(place)) for name in dataset.hashes.tolist()),
        names=tuple(dataset.names.tolist()),
        labels=listed(dataset.labels),
        splits=listed(dataset.splits),
        values=listed(dataset.values),
        groups=listed(dataset.groups),
        twins=listed(dataset.twins),
        given=listed(dataset.given),
        naive=listed(dataset.naive),
        split=dataset.split,
        moved=dataset.moved,
        torn=dataset.torn,
        notes=tuple(map(str, dataset.notes)),
        aside=tuple(
            project_file.SetAside.model_validate(asdict(entry))
            for entry in datasets.set_aside(row.id)
        ),
        junk=int((row.counts or {}).get("junk", 0)),
    )


def _has_model(run: store.RunRow, numbers: dict[str, int]) -> bool:
    described = ids.run_folder(run.id) / results.MODEL_DIR / persist.DESCRIPTION
    is_told = run.status in ("finished", "cancelled") and bool(run.metrics)
    return is_told and run.dataset_id in numbers and described.is_file()


def _run_parts(
    number: int,
    run: store.RunRow,
    dataset: int,
    known: dict[tuple[str, str], str],
    work: Path,
) -> list[sealed.Part]:
    folder = ids.run_folder(run.id)
    model_dir = folder / results.MODEL_DIR
    told, view = run.metrics or {}, progress.state(folder)
    answers = _answers(folder)
    written = Run(
        name=run.name,
        dataset=dataset,
        status="finished" if run.status == "finished" else "cancelled",
        config=run.config,
        weights=_weights(model_dir, known, work),
        arrived=bool(told.get("arrived")),
        ended=told.get("ended", "epochs"),
        epochs=told.get("epochs", 0),
        best_epoch=told.get("best_epoch", 0),
        steps=told.get("steps", 0),
        curve=tuple(project_file.picked(Epoch, event) for event in view.epochs),
        closed_form=_closed_form(told, view.closed_form or {}),
        naive=project_file.picked(NaiveClaim, told["naive"]) if told.get("naive") else None,
        folds=project_file.picked(Folds, told["folds"]) if told.get("folds") else None,
        val=answers[VALIDATION],
        test=answers[TEST],
    )
    kept = [
        (project_file.run_part(number, name), model_dir / name)
        for name in (persist.DESCRIPTION, persist.TAIL)
    ]
    return [(project_file.run_part(number, project_file.RUN), project_file.as_text(written)), *kept]


def _closed_form(told: dict[str, Any], event: dict[str, Any]) -> ClosedForm | None:
    if not event and told.get("closed_form_accuracy") is None:
        return None
    rows = (told.get("closed_form") or {}).get("targets") or []
    errors = [row.get("mae") for row in rows]
    return ClosedForm(
        val=event.get("val_accuracy"),
        test=told.get("closed_form_accuracy"),
        val_mae=event.get("val_mae"),
        test_mae=None if not errors or None in errors else tuple(errors),
        baseline=event.get("baseline"),
        baseline_mae=event.get("baseline_mae"),
    )


def _weights(model_dir: Path, known: dict[tuple[str, str], str], work: Path) -> str | None:
    """Write the pretrained weights of a model into `work`, once for all runs that share them."""
    described = persist.describe(model_dir)
    if not bundle.needs_backbone(described):
        return None
    key = described.backbone, described.backbone_weights
    if key not in known:
        made = work / "weights"
        persist.save_backbone(model_dir, made)
        known[key] = sealed.digest(made)
        made.replace(work / known[key])
    return known[key]


def _answers(folder: Path) -> dict[int, tuple[tuple[float, ...], ...]]:
    """Return the answers that a run kept for each judged part; none where it kept none."""
    import pyarrow.parquet as pq

    path = folder / results.PREDICTIONS
    if not path.exists():
        return {VALIDATION: (), TEST: ()}
    with pq.ParquetFile(path) as file:
        table = file.read()
    prefix = "p_" if "p_0" in table.column_names else "predicted_"
    count = sum(name.startswith(prefix) for name in table.column_names)
    rows = list(zip(*(table[f"{prefix}{k}"].to_pylist() for k in range(count)), strict=True))
    parts = table["split"].to_pylist()
    return {
        part: tuple(row for row, name in zip(rows, parts, strict=True) if name == NAMES[part])
        for part in (VALIDATION, TEST)
    }


def _whole_picture(digest: str) -> Path:
    """Return where a stored picture lies; one that changed on the disk cannot be handed on."""
    path = pictures.picture_path(digest)
    if not path.is_file() or sealed.digest(path) != digest:
        raise UserError(
            "picture-missing",
            "A picture of this data set is missing or damaged on disk ({digest}).",
            "Import the pictures again.",
            digest=digest[:12],
        )
    return path


# Taking in


def take_in(row: store.DatasetRow, file: Path, on_progress: Progress) -> dict[str, Any]:
    """Make the project that `row` is the first data set of what `file` says.

    Args:
        row: a data set that is still importing, alone in a project of its own.
        file: of unknown origin; nothing in it is executed.
        on_progress: see `Progress`.

    Returns:
        The counts of that data set, the last thing that is not ready yet.

    Raises:
        UserError: "E-PROJECT", saying what is wrong with the file; "disk-full". Nothing is kept
            of the file then but pictures that no data set names.
    """
    folder = ids.dataset_folder(row.id)
    size = file.stat().st_size
    if shutil.disk_usage(folder).free < 2 * size:
        raise UserError(
            "disk-full",
            "The disk is too full to open a project of this size.",
            "Free some space, then open it again.",
        )
    with tempfile.TemporaryDirectory(prefix="incoming-", dir=folder) as scratch:
        place = Path(scratch)
        contents = project_file.unpack(file, place, lambda done: on_progress("unpack", done, size))
        with project_file.refusing():
            written = [
                project_file.read(place / project_file.dataset_name(number), DataSet)
                for number in range(contents.datasets)
            ]
            runs = [_read_run(place, number, written) for number in range(contents.runs)]
            if not written:
                raise sealed.BrokenError(Said("it holds no data set"))
            stored = _stored(place, contents.pictures, on_progress)
            made = [_dataset(ids.new(), told, stored) for told in written]
        made[0] = replace(made[0], id=row.id)
        store.rename("project", row.project_id, contents.name, owner=row.owner)
        store.rename("dataset", row.id, written[0].name, owner=row.owner)
        counts = _keep_datasets(row, written, made)
        for number, told in enumerate(runs):
            _keep_run(row, place, number, told, made[told.dataset])
    return counts


def _read_run(place: Path, number: int, written: list[DataSet]) -> Run:
    """Return a run of the file once it fits its data set and its model."""
    folder = place / "runs" / str(number)
    told = project_file.read(folder / project_file.RUN, Run)
    if told.dataset >= len(written):
        raise sealed.BrokenError(Said("a run learnt from a data set that is not there"))
    dataset = written[told.dataset]
    if told.weights is not None:
        weights = place / project_file.weights_name(told.weights)
        if not weights.is_file():
            raise sealed.BrokenError(Said("the weights of a run are not there"))
        shutil.copyfile(weights, folder / persist.BACKBONE)
    described = bundle.checked(folder)
    outputs = dataset.classes or dataset.targets
    if described.classes != outputs or (described.task == "classify") != bool(dataset.classes):
        raise sealed.BrokenError(Said("a run and its data set have different classes"))
    for part, answers in ((VALIDATION, told.val), (TEST, told.test)):
        count = 0 if told.arrived else dataset.splits.count(part)
        if len(answers) != count or any(len(row) != len(outputs) for row in answers):
            raise sealed.BrokenError(Said("a run's answers do not fit its pictures"))
    _settings(told, described)
    return told


def _settings(told: Run, described: persist.Description) -> TrainConfig:
    """Return a run's settings; the model's own where they are not settings of this version."""
    known = {name: value for name, value in told.config.items() if name in TrainConfig.model_fields}
    try:
        config = parse(known)
    except UserError as error:
        raise sealed.BrokenError(Said("the settings of a run are not as they should be")) from error
    if config.backbone != described.backbone:
        raise sealed.BrokenError(Said("a run and its model have different backbones"))
    return config


def _stored(place: Path, digests: tuple[str, ...], on_progress: Progress) -> list[openers.Opened]:
    """Open every picture in children with limits and keep it; return what came of each."""
    limits = settings.current()
    stored = [openers.CRASHED] * len(digests)
    done = 0

    def keep(index: int, result: openers.Opened) -> None:
        nonlocal done
        stored[index] = result
        done += 1
        if done % 16 == 0 or done == len(digests):
            on_progress("pictures", done, len(digests))

    limits.pictures_dir.mkdir(parents=True, exist_ok=True)
    openers.open_all(
        [place / project_file.picture_name(digest) for digest in digests],
        {
            "folder": str(limits.pictures_dir.resolve()),
            "side_px": limits.stored_side_px,
            "limit_pixels": limits.picture_limit_pixels,
        },
        children=limits.threads or pictures.available_cores(),
        on_opened=keep,
    )
    for digest, result in zip(digests, stored, strict=True):
        if result.code:
            reason = Said("its picture {digest} cannot be opened", digest=digest[:12])
            raise sealed.BrokenError(reason)
    fingerprints.keep(fingerprints.unpacked(result.fingerprint for result in stored))
    return stored


def _dataset(identifier: str, told: DataSet, stored: list[openers.Opened]) -> Dataset:
    if any(index >= len(stored) for index in told.pictures):
        raise sealed.BrokenError(Said("a data set names a picture that is not there"))
    opened = [stored[index] for index in told.pictures]

    def column(values: Any, kind: Any) -> Any:
        return None if values is None else np.array(values, kind)

    return Dataset(
        id=identifier,
        name=told.name,
        classes=told.classes,
        targets=told.targets,
        hashes=np.array([result.hash for result in opened], dtype="<U64"),
        names=np.array(told.names, dtype=object),
        labels=np.array(told.labels, np.int32),
        splits=np.array(told.splits, np.int8),
        widths=np.array([result.width for result in opened], np.int32),
        heights=np.array([result.height for result in opened], np.int32),
        values=None
        if told.values is None
        else np.array(told.values, np.float64).reshape(len(opened), len(told.targets)),
        groups=column(told.groups, object),
        twins=column(told.twins, np.int32),
        given=column(told.given, np.int8),
        naive=column(told.naive, np.int8),
        split=told.split,
        moved=told.moved,
        torn=told.torn,
        notes=told.notes,
    )


def _keep_datasets(
    row: store.DatasetRow, written: list[DataSet], made: list[Dataset]
) -> dict[str, Any]:
    """Keep all data sets, in their order; return the counts of the first, whose row `row` is."""
    latest: dict[int, str] = {written[0].family: row.id}
    first: dict[str, Any] = {}
    for told, dataset in zip(written, made, strict=True):
        aside = [datasets.SetAside(**entry.model_dump()) for entry in told.aside]
        datasets.save(dataset, aside)
        counts = versions.counts(dataset, set_aside=len(aside), junk=told.junk)
        if dataset.id == row.id:
            first = counts
            continue
        store.create_dataset(
            row.project_id,
            told.name,
            parent_id=latest.get(told.family),
            history=told.history,
            request={"source": project_file.KIND},
            dataset_id=dataset.id,
            owner=row.owner,
        )
        latest[told.family] = dataset.id
        store.dataset_ready(dataset.id, counts, owner=row.owner)
    return first


def _keep_run(row: store.DatasetRow, place: Path, number: int, told: Run, dataset: Dataset) -> None:
    """Keep one run and its model, its numbers worked out from its answers."""
    run_id = ids.new()
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    parts = place / "runs" / str(number)
    (parts / project_file.RUN).unlink()
    shutil.move(parts, folder / results.MODEL_DIR)
    config = _settings(told, persist.describe(folder / results.MODEL_DIR))
    kept = config.model_dump(mode="json")
    version = store.dataset(dataset.id, owner=row.owner).version
    about = {"run": run_id, "dataset": dataset.id, "version": version, "owner": row.owner}
    for name, content in (("config.json", kept), ("run.json", about)):
        files.write_whole(folder / name, json.dumps(content, ensure_ascii=False).encode())
    numbers = _numbers(folder, dataset, config, told)
    _tell(folder, told, numbers)
    store.add_run(
        dataset.id, told.name, kept, run_id, run_id=run_id, metrics=numbers, owner=row.owner
    )


def _numbers(folder: Path, dataset: Dataset, config: TrainConfig, told: Run) -> dict[str, Any]:
    """Return the metrics of a run, and write them and its answers into its folder."""
    kind = "classify" if dataset.classes else "regress"
    if told.arrived:
        return {"task": kind, "test": {"count": 0}, "arrived": True}
    what = task.of(dataset, np.flatnonzero(dataset.splits == TRAIN), config)
    kept_as = np.float32 if dataset.classes else np.float64
    answers = {
        part: np.array(rows, kept_as).reshape(len(rows), len(what.outputs))
        for part, rows in ((VALIDATION, told.val), (TEST, told.test))
    }
    results.write_predictions(folder, dataset, what, answers)
    parts = {part: np.flatnonzero(dataset.splits == part) for part in answers}
    val, test = (what.summary(metrics, parts[part], answers[part]) for part in (VALIDATION, TEST))
    exact = told.closed_form or ClosedForm()
    errors = [{"mae": mae} for mae in exact.test_mae or ()]
    numbers: dict[str, Any] = {
        "task": kind,
        "test_accuracy": what.headline(test),
        "val_accuracy": what.headline(val),
        "closed_form_accuracy": exact.test,
        "test": test,
        "val": val,
        "closed_form": {"targets": errors} if len(errors) == len(what.outputs) else {},
        "ended": told.ended,
        "epochs": told.epochs,
        "best_epoch": told.best_epoch,
        "steps": told.steps,
    }
    numbers |= {"naive": told.naive.model_dump()} if told.naive else {}
    numbers |= {"folds": told.folds.model_dump()} if told.folds else {}
    results.write_metrics(folder, numbers)
    return numbers


def _tell(folder: Path, told: Run, numbers: dict[str, Any]) -> None:
    """Write the events that the pages draw a finished run from."""
    with events.Writer(folder) as emit:
        if told.closed_form is not None:
            exact = told.closed_form.model_dump(exclude_none=True)
            exact["val_accuracy"] = told.closed_form.val
            emit("closed_form", **{name: exact[name] for name in _TOLD_FIRST if name in exact})
        for epoch in told.curve:
            emit("epoch", **epoch.model_dump(exclude_none=True))
        emit("note", text=Said("Came with a project file."))
        emit(told.status, metrics=numbers)


_TOLD_FIRST = ("val_accuracy", "val_mae", "baseline", "baseline_mae")
