"""Looking data sets through: asked for by a file, done one at a time, trainings first.

All of it lies in `datasets/ID/quality/`, apart from the import's own events: `wanted` until a
process takes it up, `taken` with that process's pid while it works, its `events.jsonl` and
`log.txt`. The report itself is `datasets/ID/quality.json`.
"""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from tl_core.base import ids, machine, settings
from tl_core.base.errors import UserError
from tl_core.jobs.engines import Engine
from tl_core.quality import findings
from tl_core.signals import events, progress
from tl_core.signals.progress import RunView
from tl_core.store import store

Status = Literal["none", "waiting", "working", "done", "failed"]

WANTED = "wanted"
TAKEN = "taken"
CLAIM_PATIENCE_S = 30.0
TRAINING_PATIENCE_S = 120.0
"""For so long trainings have the machine to themselves: most of them are over by then."""
FREE_BYTES = 2 * 1024**3
"""Working memory that must be free to look pictures through beside a training."""
DIED = UserError(
    "process-ended",
    "Looking through the pictures ended without a word; most often the machine ran out of memory.",
    "Try again when nothing else runs. The log may say more.",
)


@dataclass(frozen=True, slots=True)
class Inspection:
    """Where the looking through of one data set stands; `view` tells its progress and its end."""

    status: Status
    view: RunView


def folder(dataset_id: str) -> Path:
    """Return where the events of looking a data set through lie."""
    return ids.dataset_folder(dataset_id) / "quality"


def ask(dataset_id: str) -> None:
    """Want a report on a data set; one that is being made already is enough."""
    place = folder(dataset_id)
    if (place / TAKEN).exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    (place / events.FILE).unlink(missing_ok=True)
    (place / WANTED).touch()


def state(dataset_id: str) -> Inspection:
    """Return where it stands, from what lies there."""
    place = folder(dataset_id)
    # In the order of its life: who is taken up between two looks is seen at the second.
    if (place / WANTED).exists():
        return Inspection("waiting", RunView())
    at_work = (place / TAKEN).exists()
    view = progress.state(place)
    if view.ending is not None and view.ending["event"] == "failed":
        return Inspection("failed", view)
    # The report is told before the worker has done the rest.
    if at_work and view.ending is None:
        return Inspection("working", view)
    done = (ids.dataset_folder(dataset_id) / findings.FILE).exists()
    return Inspection("done" if done else "none", view)


def is_under_way(dataset_id: str) -> bool:
    """Say whether more is to come, be it only the finer map after the report."""
    place = folder(dataset_id)
    return (place / WANTED).exists() or (place / TAKEN).exists()


def see_to(engine: Engine) -> None:
    """Note what died, then take up what was wanted last, unless something else is at work.

    The last first: that version is the one that somebody looks at. Work on an earlier version of
    the same data set gives way to it. A training is waited for, but not for hours: beside a long
    one the work goes on at the lowest priority.

    Who has told its report and arranges the finer map holds up no other, where there is room; so
    two are at work at most.

    May be called by several processes at once: a rename decides who takes it up.
    """
    at_work = []
    for place in _places(TAKEN):
        if _is_dead(place, engine):
            _bury(place)
        else:
            at_work.append(place)
    wanted = sorted(_places(WANTED), key=lambda place: _age_s(place / WANTED))
    at_work = [place for place in at_work if not _gives_way(place, wanted, engine)]
    if not wanted or _is_full(at_work) or store.importing_datasets():
        return
    if store.undone_runs() and not _fits_beside_training(wanted):
        return
    for place in wanted:
        if _take(place):
            pid = engine.submit("inspect", place.parent.name, place, {})
            _note(place, pid)
            return


def _gives_way(place: Path, wanted: Iterable[Path], engine: Engine) -> bool:
    """End the work on a version of which a newer one is wanted; say whether it did.

    Whoever goes back to the earlier version asks for it again, and what was read is kept.
    """
    pid = _pid(place)
    if pid is None or not any(_is_later(other, place) for other in wanted):
        return False
    engine.cancel(pid, place.parent.name)
    (place / TAKEN).unlink(missing_ok=True)
    return True


def _is_later(one: Path, other: Path) -> bool:
    """Say whether `one` is of a later version of the same data set than `other`."""
    try:
        later, earlier = (store.dataset(place.parent.name) for place in (one, other))
    except UserError:  # of somebody else, or removed for good
        return False
    return later.root_id == earlier.root_id and later.version > earlier.version


def over(dataset_id: str) -> None:
    """Say that nobody is at work on this data set any more; the worker's last word."""
    (folder(dataset_id) / TAKEN).unlink(missing_ok=True)


def _is_full(at_work: list[Path]) -> bool:
    """Say whether those at work leave no place for another."""
    if not at_work:
        return False
    has_told = len(at_work) == 1 and progress.state(at_work[0]).ending is not None
    return not has_told or psutil.virtual_memory().available < FREE_BYTES


def _fits_beside_training(wanted: Iterable[Path]) -> bool:
    """Say whether somebody waited long enough and there is room; a GPU is not shared."""
    longest_s = max(_age_s(place / WANTED) for place in wanted)
    is_free = psutil.virtual_memory().available >= FREE_BYTES
    return longest_s > TRAINING_PATIENCE_S and is_free and machine.device().kind == "cpu"


def _places(mark: str) -> Iterator[Path]:
    """Return the folders with that mark, of data sets that have one of our ids."""
    for path in settings.current().datasets_dir.glob(f"*/quality/{mark}"):
        if ids.ID.fullmatch(path.parent.parent.name):
            yield path.parent


def _take(place: Path) -> bool:
    try:
        # Fresh before it moves: a claim without a pid is judged by its age.
        os.utime(place / WANTED)
        (place / WANTED).rename(place / TAKEN)
    except FileNotFoundError:
        return False
    return True


def _note(place: Path, pid: int) -> None:
    """Write the pid down, unless the worker was quicker and is done already."""
    try:
        with (place / TAKEN).open("r+", encoding="ascii") as file:
            file.write(str(pid))
    except FileNotFoundError:
        return


def _is_dead(place: Path, engine: Engine) -> bool:
    pid = _pid(place)
    if pid is None:
        return _age_s(place / TAKEN) > CLAIM_PATIENCE_S
    return not engine.alive(pid, place.parent.name)


def _pid(place: Path) -> int | None:
    """Return who is at work there, None when that is not written down yet, or no more."""
    try:
        return int((place / TAKEN).read_text("ascii").strip() or 0) or None
    except FileNotFoundError:
        return None


def _bury(place: Path) -> None:
    """Tell that the work died; whoever removes the mark tells it, and nobody twice."""
    try:
        (place / TAKEN).unlink()
    except FileNotFoundError:
        return
    if progress.state(place).ending is not None:
        return
    with events.Writer(place) as emit:
        emit("failed", code=DIED.code, message=DIED.message, hint=DIED.hint)


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
