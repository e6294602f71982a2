"""What pages and commands ask of proposed classes; see `kinds.proposing`.

Nothing is accepted here without being named: whoever asks says which pictures get which class.
"""

import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import labelling, manifest
from tl_core.datasets.labelling import GiveClasses
from tl_core.datasets.manifest import Dataset
from tl_core.encoding import encode
from tl_core.encoding.job import resolve
from tl_core.evaluation.label_proposals import DOUBTS, FAIR, STRANGE_SHARE, SURE
from tl_core.intake import unlabelled
from tl_core.jobs import queue, watch
from tl_core.jobs.followed import Followed
from tl_core.jobs.kinds import proposing
from tl_core.jobs.kinds.proposing import FILE, PROPOSE, ProposeArguments
from tl_core.measures import intervals
from tl_core.pricing import calibration, costs, first_backbone

BEGIN_S = 3.0
"""Until it is at work, and for all heads that are solved for."""
FINGERPRINT_S = 0.004
"""Of each picture, to look for copies; two are at work at a time."""
NONE = -1
"""The choice that a picture shows none of the classes."""

Status = Literal["none", "working", "stopped", "done", "failed"]

_WORK = Followed(PROPOSE)
folder, view, stop, failure = _WORK.folder, _WORK.view, _WORK.stop, _WORK.failure


@dataclass(frozen=True, slots=True)
class Evidence:
    """How often proposals of one kind were right on labelled pictures that they did not know.

    Attributes:
        right, count: of how many labelled pictures.
        low, high: the interval of the share, 95 %.
    """

    right: int
    count: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """Proposals for the pictures of one version that have no class; arrays (n,) in their order.

    Attributes:
        dataset_id: the version.
        backbone: whose features were compared.
        hashes, names: the pictures.
        labels: int, the class proposed.
        probabilities: float (n, classes).
        doubts: int, index into `DOUBTS`.
        order: int (m,), rows to ask a person about, the one that teaches most first.
        facts: what the modality notes of each.
        twins: int (pictures of the data set + n,), equal for copies.
        evidence: of what is sure, and of what is fair.
    """

    dataset_id: str
    backbone: str
    hashes: np.ndarray
    names: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    doubts: np.ndarray
    order: np.ndarray
    facts: Mapping[str, np.ndarray]
    twins: np.ndarray
    evidence: Mapping[int, Evidence]

    @property
    def sureness(self) -> np.ndarray:
        """Return the probability of the class proposed, float (n,)."""
        return self.probabilities.max(axis=1)

    @property
    def strange_by_chance(self) -> int:
        """Return how many would be taken for strange if all of them were as ordinary as those with a class.

        Measured on litter with 3 to 40 labelled pictures a class: 0 to 4 % in the mean of 4 draws, where
        the detector is to take 2 %.
        """
        return round(STRANGE_SHARE * len(self.hashes))

    def rows(self, doubt: int, label: int | None = None) -> list[int]:
        """Return the pictures of one kind, of one class if it is given, the surest first."""
        is_one = self.doubts == doubt
        if label is not None:
            is_one &= self.labels == label
        rows = np.flatnonzero(is_one)
        return rows[np.argsort(-self.sureness[rows], kind="stable")].tolist()

    def counts(self, doubt: int) -> dict[int, int]:
        """Return how many pictures of one kind are proposed each class that any is, most first."""
        found = np.bincount(self.labels[self.doubts == doubt], minlength=1)
        order = np.argsort(-found, kind="stable")
        return {int(label): int(found[label]) for label in order if found[label]}

    def likeliest(self, row: int) -> list[int]:
        """Return all classes, the likeliest for a picture first."""
        return np.argsort(-self.probabilities[row], kind="stable").tolist()


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A change as it can be made.

    Attributes:
        change: None where nothing is left of it.
        waits: pictures left out that wait: they would judge, and nobody looked at each.
        judges: pictures that follow their kin into validation or test.
        taken: pictures that go to training.
    """

    change: GiveClasses | None
    waits: int
    judges: int
    taken: int


def price_s(dataset: Dataset) -> float:
    """Return about how many seconds proposals for a data set take on this machine.

    Raises:
        UserError: as `encoding.job.resolve`.
    """
    backbone = first_backbone.choose(dataset, TrainConfig()).name
    job, known = resolve(dataset, TrainConfig().but(backbone=backbone)), calibration.current()
    named = [*dataset.hashes, *unlabelled.load(dataset.id).hashes]
    fresh = len(encode.missing(job.rows(), [encode.Wanted(str(name)) for name in named]))
    each_s = costs.picture_s(job, known, "encode") * known.factor("encode", backbone)
    seconds = BEGIN_S + FINGERPRINT_S * len(named) + fresh * each_s
    if fresh and not costs.is_converted(job):
        convert_s = costs.convert_work_s(job) * known.factor("convert", backbone)
        seconds += costs.IMPORT_S + convert_s
    return seconds


def start(dataset_id: str, backbone: str = "", *, owner: str | None = None) -> None:
    """Have classes proposed, unless that is under way.

    Raises:
        UserError: "dataset-not-ready", or why nothing can be proposed: "propose-nothing",
            "propose-task", "propose-few".
    """
    row = store.dataset(dataset_id, owner=owner)
    if row.status != "ready":
        raise UserError("dataset-not-ready", "The pictures are not ready yet.", "Wait a moment.")
    proposing.require_offered(manifest.load(dataset_id), len(unlabelled.load(dataset_id)))
    queue.ask(PROPOSE, dataset_id, ProposeArguments(backbone=backbone), owner=row.owner)
    watch.take_up(PROPOSE)


def go_on(row: store.DatasetRow) -> bool:
    """Have classes proposed anew where the version was made by accepting some; say whether it was.

    What was stopped, or failed, is not begun again.
    """
    if (row.request or {}).get("edit") != "give_classes" or status(row.id) != "none":
        return False
    try:
        start(row.id, owner=row.owner)
    except UserError:  # what was asked before is all there is
        return False
    return True


def status(dataset_id: str) -> Status:
    """Return where it stands."""
    found = watch.state(PROPOSE, dataset_id)
    if found.is_under_way:
        return "working"
    if found.status == "failed":
        return "failed"
    if (folder(dataset_id) / FILE).exists():
        return "done"
    return "stopped" if found.status == "cancelled" else "none"


def found(dataset_id: str) -> Proposed:
    """Return the proposals for a version.

    Raises:
        UserError: why there are none; "proposals-missing" where they are not there or do not fit.
    """
    if (failed := failure(dataset_id)) is not None:
        raise failed
    waiting = unlabelled.load(dataset_id)
    try:
        with np.load(folder(dataset_id) / FILE, allow_pickle=False) as kept:
            read = {name: kept[name] for name in kept.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise _missing() from error
    if read["hashes"].tolist() != waiting.hashes.tolist():
        raise _missing()
    return Proposed(
        dataset_id=dataset_id,
        backbone=str(read["backbone"]),
        hashes=waiting.hashes,
        names=waiting.names,
        labels=read["labels"],
        probabilities=read["probabilities"],
        doubts=read["doubts"],
        order=read["order"],
        facts={
            name.removeprefix("fact-"): values
            for name, values in read.items()
            if name.startswith("fact-")
        },
        twins=read["twins"],
        evidence={
            SURE: _evidence(read["checked"], read["checked_groups"]),
            FAIR: _evidence(read["fairly_checked"], read["fairly_checked_groups"]),
        },
    )


def change_of(
    proposed: Proposed,
    dataset: Dataset,
    choices: Mapping[int, int],
    seen: Collection[int] = (),
    new_class: str = "",
) -> Ready:
    """Return the change that gives pictures their classes, without those that have to wait.

    Args:
        proposed: the proposals for this version.
        dataset: the version.
        choices: a class for each row of `proposed`, `NONE` for one that shows none of them; the
            number after the last class stands for `new_class`.
        seen: the rows that a person looked at one by one.
        new_class: the name of a class that is made.
    """
    given = {row: label for row, label in sorted(choices.items()) if label != NONE}
    none = [row for row, label in sorted(choices.items()) if label == NONE]
    asked = _change(proposed, dataset, given, none, set(seen), new_class)
    if not given:
        return Ready(asked if none else None, 0, 0, 0)
    going = labelling.destined(dataset, asked)
    left = {
        row: label
        for (row, label), waits in zip(given.items(), going.waits, strict=True)
        if not waits
    }
    judges = int(((going.parts != 0) & ~going.waits).sum())
    if not left and not none:
        return Ready(None, int(going.waits.sum()), 0, 0)
    change = _change(proposed, dataset, left, none, set(seen), new_class)
    return Ready(change, int(going.waits.sum()), judges, len(left) - judges)


def surest(proposed: Proposed, share: float) -> dict[int, int]:
    """Return the proposals of at least this probability that both ways of looking agree on, by row."""
    agreed = np.isin(proposed.doubts, (SURE, FAIR)) & (proposed.sureness >= share)
    return {int(row): int(proposed.labels[row]) for row in np.flatnonzero(agreed)}


def columns(proposed: Proposed, classes: Collection[str]) -> dict[str, list[object]]:
    """Return the proposals as columns of a table to take away."""
    names = list(classes)
    place = {int(row): number for number, row in enumerate(proposed.order, start=1)}
    return {
        "file": proposed.names.tolist(),
        "proposed": [names[label] for label in proposed.labels],
        "probability": [round(float(one), 4) for one in proposed.sureness],
        "doubt": [DOUBTS[doubt] for doubt in proposed.doubts],
        "ask": [place.get(row, "") for row in range(len(proposed.names))],
    }


def _change(
    proposed: Proposed,
    dataset: Dataset,
    given: Mapping[int, int],
    none: list[int],
    seen: set[int],
    new_class: str,
) -> GiveClasses:
    rows = list(given)
    count = len(dataset)
    of_dataset = proposed.twins[:count] if rows else proposed.twins[:0]
    makes = new_class and len(dataset.classes) in given.values()
    return GiveClasses(
        hashes=tuple(proposed.hashes[rows].tolist()),
        names=tuple(proposed.names[rows].tolist()),
        labels=tuple(given.values()),
        seen=tuple(row in seen for row in rows),
        facts={name: tuple(values[rows].tolist()) for name, values in proposed.facts.items()},
        twins=(*of_dataset.tolist(), *proposed.twins[count:][rows].tolist()),
        new_classes=(new_class,) if makes else (),
        none_hashes=tuple(proposed.hashes[none].tolist()),
        none_names=tuple(proposed.names[none].tolist()),
    )


def _evidence(right: np.ndarray, groups: np.ndarray) -> Evidence:
    share = intervals.share(right, groups) if len(right) else None
    low, high = (share.interval.low, share.interval.high) if share else (0.0, 1.0)
    return Evidence(int(right.sum()), len(right), low, high)


def _missing() -> UserError:
    return UserError(
        "proposals-missing",
        "There are no proposals for this version of the data set.",
        "Have classes proposed.",
    )
