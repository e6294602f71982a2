"""A project as a file: `write` packs everything of one; `home.project_opening` opens it again."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tl_core import store
from tl_core.backbones import weights
from tl_core.base import ids, machine
from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import NAMES
from tl_core.export.formats import unfinished_writer
from tl_core.export.formats.format import Subject, Written
from tl_core.graft_files import bundle, project_file, sealed
from tl_core.graft_files.project_file import (
    ANSWER_TYPE,
    JUDGED,
    ClosedForm,
    DataSet,
    Epoch,
    Folds,
    Input,
    Matched,
    NaiveClaim,
    Run,
    Serving,
)
from tl_core.home import companions
from tl_core.modalities import registry as modalities
from tl_core.modalities.modality import Modality
from tl_core.models import persist
from tl_core.signals import progress
from tl_core.store import role_rows
from tl_core.tasks import registry
from tl_core.training import results


def write(subject: Subject, work: Path) -> Written:
    """Write a project as one file.

    A data set that was deleted goes along if a run learnt from it, also beside another. Imports Keras where pretrained
    weights go along. Runs that have a result but miss files, or whose files are damaged, are left
    out and counted.

    Args:
        subject: the project.
        work: an empty folder on the disk that the file is to lie on.

    Raises:
        UserError: "unknown" when there is no such project, "nothing-to-save" when it is empty,
            "picture-missing" when the store lost one of its pictures, "disk-full".
    """
    project = store.project(subject.id, owner=subject.owner)
    packer = _Packer(project, work, subject.owner, with_checkpoints=subject.with_checkpoints)
    parts = packer.parts()
    needed = sum(len(p) if isinstance(p, bytes) else p.stat().st_size for _, p in parts)
    if machine.free_disk_bytes(work) < needed:
        raise UserError(
            "disk-full",
            "The disk has no room for a file of all this.",
            "Free some space, then pack it again.",
        )
    made = work / "project.graft"
    _require_whole(sealed.write(made, project_file.KIND, parts))
    return Written(made, left_out=packer.left_out)


class _Packer:
    """Gathers the parts of a project's file; small ones in memory, others in `work`."""

    def __init__(
        self, project: store.Project, work: Path, owner: str | None, *, with_checkpoints: bool
    ) -> None:
        self._project, self._work = project, work
        everything = store.runs(project.id, owner=owner)
        self._runs = [run for run in reversed(everything) if _is_told(run)]
        self._with_checkpoints = with_checkpoints
        self._pending = list(reversed(unfinished_writer.pending(everything)))
        if not with_checkpoints:
            self._pending = []
        runs = [*self._runs, *self._pending]
        used = {run.dataset_id for run in runs}
        used |= {named for run in runs for named in (run.inputs or {}).values()}
        rows = store.datasets(project.id, with_deleted=True, owner=owner)
        # The oldest first, as they are to come into being again.
        self._rows = [
            row
            for row in reversed(rows)
            if row.status == "ready" and (row.deleted_at is None or row.id in used)
        ]
        self._places = {row.id: number for number, row in enumerate(self._rows)}
        self._pictures: dict[str, int] = {}
        self._modalities: dict[str, Modality] = {}
        self._weights: dict[tuple[str, str], str | None] = {}
        self._taken: dict[str, int] = {}
        self.left_out = 0

    def parts(self) -> list[sealed.Part]:
        """Return what the file is to hold, what people look for first."""
        if not self._rows:
            raise UserError(
                "nothing-to-save", "There are no pictures in this project.", "Bring some first."
            )
        parts: list[sealed.Part] = [
            (project_file.dataset_name(number), project_file.as_text(self._written(row)))
            for number, row in enumerate(self._rows)
        ]
        taken = 0
        for run in self._runs:
            try:
                parts += self._of_run(taken, run)
            except (UserError, OSError):
                self.left_out += 1
            else:
                self._taken[run.id] = taken
                taken += 1
        pending = 0
        for run in self._pending:
            try:
                parts += self._of_pending(pending, run)
            except (UserError, OSError):
                self.left_out += 1
            else:
                pending += 1
        weights = {digest for digest in self._weights.values() if digest is not None}
        parts += [
            (project_file.weights_name(digest), self._work / digest) for digest in sorted(weights)
        ]
        parts += [
            (project_file.example_name(name, modality), _kept_example(name, modality))
            for name, modality in self._modalities.items()
        ]
        contents = project_file.Contents(
            name=self._project.name,
            pictures=tuple(self._pictures),
            datasets=len(self._rows),
            runs=taken,
            pending=pending,
            serving=tuple(self._serving()),
            matched=tuple(self._matched()),
        )
        return [(project_file.CONTENTS, project_file.as_text(contents)), *parts]

    def _written(self, row: store.DatasetRow) -> DataSet:
        """Return a data set as it stands in the file."""
        dataset = manifest.load(row.id)
        seen = self._pictures

        def listed(column: np.ndarray | None) -> Any:
            return None if column is None else column.tolist()

        places = tuple(seen.setdefault(name, len(seen)) for name in dataset.hashes.tolist())
        beside = companions.written(row.id, seen)
        for name in [*seen][len(self._modalities) :]:
            self._modalities[name] = modalities.of(dataset)
        return DataSet(
            modality=dataset.modality,
            name=row.name,
            parent=self._parent(row),
            is_deleted=row.deleted_at is not None,
            history=str(row.history),
            classes=dataset.classes,
            targets=dataset.targets,
            pictures=places,
            names=tuple(dataset.names.tolist()),
            labels=listed(dataset.labels),
            splits=listed(dataset.splits),
            values=listed(dataset.values),
            shows=listed(dataset.shows),
            groups=listed(dataset.groups),
            twins=listed(dataset.twins),
            given=listed(dataset.given),
            naive=listed(dataset.naive),
            unseen=listed(dataset.unseen),
            split=dataset.split,
            read_by=dataset.read_by,
            moved=dataset.moved,
            torn=dataset.torn,
            notes=tuple(map(str, dataset.notes)),
            aside=tuple(
                project_file.SetAside.model_validate(asdict(entry))
                for entry in manifest.set_aside(row.id)
            ),
            junk=int((row.counts or {}).get("junk", 0)),
            **beside,
        )

    def _parent(self, row: store.DatasetRow) -> int | None:
        """Return the place of the version that this one was made from, or of the one before it."""
        if row.parent_id in self._places:
            return self._places[row.parent_id]
        earlier = [
            number
            for number, other in enumerate(self._rows)
            if other.root_id == row.root_id and other.version < row.version
        ]
        return max(earlier, default=None)

    def _of_run(self, number: int, run: store.RunRow) -> list[sealed.Part]:
        """Return the parts of a run, copied: it may be taken up again while the rest is packed."""
        folder = ids.run_folder(run.id)
        model_dir, copy = folder / results.MODEL_DIR, self._work / str(number)
        copy.mkdir(exist_ok=True)
        model_files = bundle.files_of(model_dir, persist.describe(model_dir))
        for name in model_files:
            shutil.copyfile(model_dir / name, copy / name)
        bundle.checked(copy)
        told, view = run.metrics or {}, progress.state(folder)
        is_arrived = bool(told.get("arrived"))
        answers = b"" if is_arrived else _answers(folder, manifest.load(run.dataset_id))
        (copy / project_file.ANSWERS).write_bytes(answers)
        written = Run(
            name=run.name,
            dataset=self._places[run.dataset_id],
            status="finished" if run.status == "finished" else "cancelled",
            config=run.config,
            inputs=self._inputs(run),
            weights=self._weights_of(model_dir),
            arrived=is_arrived,
            ended=told.get("ended", "epochs"),
            epochs=told.get("epochs", 0),
            best_epoch=told.get("best_epoch", 0),
            steps=told.get("steps", 0),
            handed_over=told.get("handed_over"),
            trained_val=told.get("trained_val_accuracy"),
            refitted=bool(told.get("refitted")),
            curve=tuple(project_file.picked(Epoch, event) for event in view.epochs),
            closed_form=_closed_form(told, view.closed_form or {}),
            naive=project_file.picked(NaiveClaim, told["naive"]) if told.get("naive") else None,
            folds=project_file.picked(Folds, told["folds"]) if told.get("folds") else None,
            checkpoint=unfinished_writer.beside(run, copy) if self._with_checkpoints else None,
        )
        (copy / project_file.RUN).write_bytes(project_file.as_text(written))
        kept = (project_file.RUN, project_file.ANSWERS, *model_files)
        if written.checkpoint is not None:
            kept = (*kept, *project_file.CHECKPOINT)
        return [(project_file.run_part(number, name), copy / name) for name in kept]

    def _of_pending(self, number: int, run: store.RunRow) -> list[sealed.Part]:
        """Return the parts of a run without a model."""
        copy = self._work / f"pending-{number}"
        copy.mkdir(exist_ok=True)
        stands_on = unfinished_writer.weights_of(run)
        if stands_on is not None:
            digest, file = stands_on
            shutil.copyfile(file, self._work / digest)
            self._weights["", f"sha256:{digest}"] = digest
        dataset = self._places[run.dataset_id]
        return unfinished_writer.parts(number, run, dataset, self._inputs(run), copy)

    def _newest(self) -> dict[str, int]:
        """Return the place of the newest version of each data set, by its first version's id."""
        oldest_first = sorted(self._rows, key=lambda row: row.version)
        return {row.root_id: self._places[row.id] for row in oldest_first}

    def _serving(self) -> Iterator[Serving]:
        """Yield what has a role for a data set and is in the file, too."""
        newest = self._newest()
        for place in newest.values():
            for role, identifier in role_rows.named(self._rows[place]).items():
                by = self._taken if role == store.TEACHER else newest
                if identifier in by:
                    kind = "run" if role == store.TEACHER else "dataset"
                    named = Input.model_validate({kind: by[identifier]})
                    yield Serving.model_validate({"dataset": place, "role": role, "by": named})

    def _matched(self) -> Iterator[Matched]:
        """Yield what a person said of the classes of data sets that are both in the file."""
        newest = self._newest()
        for place in newest.values():
            for source, renamed in role_rows.all_renamed(self._rows[place]).items():
                if source in newest:
                    yield Matched(dataset=place, source=newest[source], renamed=renamed)

    def _inputs(self, run: store.RunRow) -> dict[str, Input]:
        """Return what else a run learnt from; a teacher that is not in the file is not named."""
        found: dict[str, Input] = {}
        for role, identifier in (run.inputs or {}).items():
            if identifier in self._places:
                found[role] = Input(dataset=self._places[identifier])
            elif identifier in self._taken:
                found[role] = Input(run=self._taken[identifier])
        return found

    def _weights_of(self, model_dir: Path) -> str | None:
        """Write the pretrained weights of a model, once for all runs that share them.

        Those that are not on this computer any more stay away; the model names what it needs.
        """
        described = persist.describe(model_dir)
        if not bundle.needs_backbone(described) and described.stands_on is None:
            return None
        key = described.backbone, described.backbone_weights
        if key not in self._weights:
            made = self._work / "weights"
            try:
                persist.save_backbone(model_dir, made)
            except UserError:
                self._weights[key] = None
            else:
                self._weights[key] = digest = weights.file_hash(made)
                made.replace(self._work / digest)
        return self._weights[key]


def _is_told(run: store.RunRow) -> bool:
    described = ids.run_folder(run.id) / results.MODEL_DIR / persist.DESCRIPTION
    return run.status in ("finished", "cancelled") and bool(run.metrics) and described.is_file()


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


def _answers(folder: Path, dataset: Dataset) -> bytes:
    """Return the answers that a run on this data set kept, as they stand in the file.

    Raises:
        OSError: there are none.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / results.PREDICTIONS) as file:
        table = file.read()
    task = registry.of(dataset)
    columns = [f"{task.answer_prefix}{k}" for k in range(len(task.outputs(dataset)))]
    rows = np.stack([np.array(table[name].to_pylist()) for name in columns], axis=1)
    parts = np.array(table["split"].to_pylist())
    ordered = np.concatenate([rows[parts == NAMES[part]] for part in JUDGED])
    return ordered.astype(ANSWER_TYPE).tobytes()


def _kept_example(digest: str, modality: Modality) -> Path:
    path = modality.stored(digest)
    if not path.is_file():
        raise _lost(digest)
    return path


def _require_whole(hashes: dict[str, str]) -> None:
    """Raise where a picture that was written is not what it is called: it changed on the disk."""
    for name, digest in hashes.items():
        if name.startswith("pictures/") and digest != project_file.example_hash(name):
            raise _lost(Path(name).stem)


def _lost(digest: str) -> UserError:
    return UserError(
        "picture-missing",
        "A picture of this data set is missing or damaged on disk ({digest}).",
        "Import the pictures again.",
        digest=digest[:12],
    )
