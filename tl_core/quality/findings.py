"""What a quality report says, and how it is kept: `datasets/ID/quality.json`."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tl_core.base import files
from tl_core.datasets import manifest
from tl_core.modalities.checks import Severity

FILE = "quality.json"
CARRIED_FILE = "quality-carried.json"
"""What an earlier version's report still says of this one, until it has a report of its own."""
LOOK = 2
"""Raise it when a report finds more than before: those of an earlier look are then made anew, in the
background, as soon as somebody wants them. 2: mirrored and turned copies, labels with how sure it is."""

Kind = str
"""One of `wording.WORDS`, of what a modality checks, or "sizes"."""
Edit = Literal["exclude", "relabel", "split_again", "merge"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Picture(_Frozen):
    """A picture of a finding.

    Attributes:
        row: in the version of the data set that was inspected.
        hash: names the stored picture; with `name` it finds the picture again in later versions.
        name: path as uploaded; data, never a path of ours.
        label: class index it carries.
        suggested: class index that it looks like.
        score: how strongly the finding holds, larger is stronger; None when it simply is so.
        lies: how it lies beside the first picture of its group, such as "mirrored"; "" where that
            is not the point.
    """

    row: int
    hash: str
    name: str
    label: int
    suggested: int | None = None
    score: float | None = None
    lies: str = ""


class Remedy(_Frozen):
    """An edit that makes a new version of the data set.

    Attributes:
        edit: what happens to `rows`: left out, given `labels`, or split again without leaks; or
            one class is merged into another.
        title: of the button.
        rows: of the inspected version.
        labels: for "relabel", the new class index of each row; for "merge" the class that goes
            and the one that it goes into; else empty.
    """

    edit: Edit
    title: str
    rows: tuple[int, ...]
    labels: tuple[int, ...] = ()


class Finding(_Frozen):
    """One thing found, with the pictures that show it and what can be done.

    `title` and `explanation` are English templates whose {names} stand in `values`, so that a
    page can translate them first.

    Attributes:
        severity: whether it is certain harm, needs a look, or is just good to know.
        pictures: those concerned, the clearest case first; every member of every group.
        groups: rows that belong together, where the finding is about sameness.
        numbers: for charts, by name.
    """

    kind: Kind
    severity: Severity
    title: str
    explanation: str
    values: dict[str, str | int | float] = {}
    pictures: tuple[Picture, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    remedy: Remedy | None = None
    numbers: dict[str, Any] = {}

    @property
    def text(self) -> str:
        """The title, filled in."""
        return self.title.format(**self.values)


class Report(_Frozen):
    """Everything found in one version of a data set.

    Attributes:
        dataset: id of the version.
        pictures: how many it has.
        backbone: whose features were used, "" for none.
        look: which `LOOK` it is of.
        seconds: by phase.
        groups: for each row the number of the group it shares with its copies; rows without a
            copy have a number of their own. What `datasets.guard.guard` takes.
        suspect_accuracy: share of labels that cross-validation agreed with, None without features.
    """

    dataset: str
    pictures: int
    backbone: str
    look: int = LOOK
    findings: tuple[Finding, ...]
    groups: tuple[int, ...] = ()
    seconds: dict[str, float] = {}
    suspect_accuracy: float | None = None

    def of(self, kind: Kind) -> Finding | None:
        """Return the finding of that kind, None when all is well."""
        return next((finding for finding in self.findings if finding.kind == kind), None)


def pictures(
    dataset: manifest.Dataset,
    rows: Iterable[int],
    *,
    suggested: Iterable[int | None] | None = None,
    scores: Iterable[float | None] | None = None,
    lies: Iterable[str] | None = None,
) -> tuple[Picture, ...]:
    """Return the pictures in `rows`, with what is suggested for each, how strongly, and how it lies."""
    rows = [int(row) for row in rows]
    nothing = [None] * len(rows)
    return tuple(
        Picture(
            row=row,
            hash=str(dataset.hashes[row]),
            name=str(dataset.names[row]),
            label=int(dataset.labels[row]),
            suggested=None if better is None else int(better),
            score=None if score is None else round(float(score), 4),
            lies=way,
        )
        for row, better, score, way in zip(
            rows, suggested or nothing, scores or nothing, lies or [""] * len(rows), strict=True
        )
    )


def save(report: Report, *, carried: bool = False) -> Path:
    """Write the report beside its data set, whole or not at all.

    Args:
        report: what was found.
        carried: whether it was found in an earlier version and carried over to this one.
    """
    path = _path(report.dataset, carried=carried)
    told = {"look": report.look} | report.model_dump(mode="json", exclude_defaults=True)
    files.write_whole(path, json.dumps(told, ensure_ascii=False).encode())
    return path


def load(dataset_id: str, *, carried: bool = False) -> Report | None:
    """Return the report of a data set; None when there is none, or an older Graft wrote it."""
    try:
        told = json.loads(_path(dataset_id, carried=carried).read_text(encoding="utf-8"))
        found = Report.model_validate(told)
    except (FileNotFoundError, json.JSONDecodeError, ValidationError):
        return None
    return found if told.get("look", 1) >= LOOK else None


def _path(dataset_id: str, *, carried: bool) -> Path:
    return manifest.folder(dataset_id) / (CARRIED_FILE if carried else FILE)
