"""Answers that a person puts right: noted beside a trial, then added to the data as a new version.

`corrections.json` in the trial's folder keeps what was noted, and what became of it, so that both are
found again after a refresh. The pictures go the way of every import: a child with limits opens them.
"""

import zipfile
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from pydantic import BaseModel, ConfigDict

from tl_core import store
from tl_core.base import ids, settings
from tl_core.base.errors import UserError
from tl_core.base.files import is_disk_full, write_whole
from tl_core.base.said import counted
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.export import names
from tl_core.intake import known_answers, uploads
from tl_core.intake.known_answers import KnownAnswer
from tl_core.jobs import imports, trial, tried
from tl_core.store.rows import DatasetRow
from tl_core.tasks import registry

FILE = "corrections.json"


class Corrections(BaseModel):
    """What a person put right in one trial.

    Attributes:
        noted: the right answers by key of the picture, not in the data yet.
        added: the same of those that were added last.
        earlier: the same of those that were added before.
        dataset: the version that `added` made, "" for none; it may still be on its way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    noted: Mapping[str, KnownAnswer] = {}
    added: Mapping[str, KnownAnswer] = {}
    earlier: Mapping[str, KnownAnswer] = {}
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where corrected pictures went.

    Attributes:
        learnt_from: new pictures in the training part.
        judged_by: new ones that followed a copy into validation or test.
        changed: pictures that the data had already, with another answer now.
    """

    learnt_from: int
    judged_by: int
    changed: int


def known(run_id: str, trial_id: str) -> Corrections:
    """Return what was put right in a trial so far."""
    try:
        text = (trial.folder_of(run_id, trial_id) / FILE).read_text("utf-8")
    except FileNotFoundError:
        return Corrections()
    return Corrections.model_validate_json(text)


def note(run_id: str, trial_id: str, key: str, answer: KnownAnswer, dataset_id: str) -> None:
    """Note the right answer to a picture, in place of an earlier one.

    Raises:
        UserError: what `known_answers.checked` says of an answer that the data set cannot take.
    """
    answer = known_answers.checked(answer, manifest.load(dataset_id))
    now = known(run_id, trial_id)
    _keep(run_id, trial_id, now.model_copy(update={"noted": {**now.noted, key: answer}}))


def forget(run_id: str, trial_id: str, key: str) -> None:
    """Take back what was noted of a picture."""
    now = known(run_id, trial_id)
    noted = {each: answer for each, answer in now.noted.items() if each != key}
    _keep(run_id, trial_id, now.model_copy(update={"noted": noted}))


def add(run_id: str, trial_id: str, dataset_id: str, *, by: str | None = None) -> str:
    """Begin to make the version of a data set with all that was noted; return its id at once.

    Raises:
        UserError: "no-corrections" where nothing was noted, "picture-gone" where a picture is not here any
            more, "dataset-not-ready", "upload-limit" or "disk-full".
    """
    now = known(run_id, trial_id)
    row = store.dataset(dataset_id)
    if not now.noted:
        raise UserError(
            "no-corrections", "No answer was put right yet.", "Choose the right one first."
        )
    source, answers = _packed(run_id, trial_id, now.noted)
    try:
        made = imports.start_addition(
            row.id,
            source,
            answers=answers,
            history=counted(
                "Put the answer to {count} picture right.",
                "Put the answers to {count} pictures right.",
                len(answers),
            ),
            remove_source=True,
            by=by,
        )
    except UserError:
        uploads.remove(source)
        raise
    earlier = {**now.earlier, **now.added}
    _keep(run_id, trial_id, Corrections(added=now.noted, earlier=earlier, dataset=made))
    return made


def take_back(run_id: str, trial_id: str) -> str:
    """Note again what was added last, as if it had not been; return the data set before, "" for none.

    The version that it made stays among the versions, and nothing is lost.
    """
    now = known(run_id, trial_id)
    noted = {**now.added, **now.noted}
    _keep(run_id, trial_id, Corrections(noted=noted, earlier=now.earlier))
    return store.dataset(now.dataset).parent_id or "" if now.dataset else ""


def placed(made: DatasetRow) -> Placed:
    """Return where the corrected pictures of a version are that is ready."""
    assert made.parent_id is not None  # a correction is always made to something
    before, after = manifest.load(made.parent_id), manifest.load(made.id)
    count = len(before)
    learnt_from = int((after.splits[count:] == TRAIN).sum())
    pairs = zip(_answers(before), _answers(after), strict=False)
    return Placed(learnt_from, len(after) - count - learnt_from, sum(a != b for a, b in pairs))


def _answers(dataset: Dataset) -> list[Hashable]:
    task = registry.of(dataset)
    truth = task.truth(dataset, np.arange(len(dataset)))
    return task.truth_names(truth, task.outputs(dataset))


def _packed(
    run_id: str, trial_id: str, noted: Mapping[str, KnownAnswer]
) -> tuple[Path, dict[str, KnownAnswer]]:
    """Pack the pictures as an upload; return it and the answers by the names in it."""
    files = {key: trial.file_of(run_id, trial_id, key) for key in noted}
    there = {key: file for key, file in files.items() if file is not None}
    if len(there) < len(files):
        raise UserError(
            "picture-gone",
            "A picture is not here any more, because pictures to try are removed after a day.",
            "Give it again, then put its answer right.",
        )
    uploads.require_room(sum(file.stat().st_size for file in there.values()))
    folder = settings.current().uploads_dir
    folder.mkdir(parents=True, exist_ok=True)
    given = {one.key: one.name for one in tried.asked(trial.folder_of(run_id, trial_id))}
    answers, path = {}, folder / f"{ids.new()}.zip"
    try:
        with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
            for key, file in there.items():
                name = f"corrected-{trial_id[:8]}-{key[:12]}/{names.file(PurePosixPath(given[key]).name)}"
                archive.write(file, name)
                answers[name] = noted[key]
    except OSError as error:
        path.unlink(missing_ok=True)
        if is_disk_full(error):
            raise uploads.disk_full() from error
        raise
    return path, answers


def _keep(run_id: str, trial_id: str, now: Corrections) -> None:
    write_whole(trial.folder_of(run_id, trial_id) / FILE, now.model_dump_json().encode("utf-8"))
