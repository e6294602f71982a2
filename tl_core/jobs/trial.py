"""Any number of new pictures shown to a model: what pages and commands ask of such a trial; see `kinds.trying`."""

import hashlib
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tl_core import store
from tl_core.base import ids, settings
from tl_core.base.errors import UserError
from tl_core.jobs import adapting_at_use, answer_list, answer_table, predictor, queue, tried, watch
from tl_core.jobs.kinds import trying
from tl_core.jobs.kinds.trying import TRY, TryArguments
from tl_core.jobs.tried import Asked, Told
from tl_core.signals import progress
from tl_core.signals.progress import RunView
from tl_core.store import job_rows
from tl_core.store.rows import UNDONE

KEPT_S = 24 * 3600
PUT_AWAY = "put-away"


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture to be answered: a key of one's own, the name as a person gave it, and its bytes."""

    key: str
    name: str
    content: bytes | memoryview = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """Where the answering of some pictures stands.

    Attributes:
        asked: names of the pictures by key, in their order.
        told: what came of them by key.
        is_working: whether more answers are to come.
        error: why it failed, if it did.
    """

    asked: Mapping[str, str]
    told: Mapping[str, Told]
    is_working: bool
    error: UserError | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the answering of some pictures stands, without the answers.

    Attributes:
        pictures: how many were given; 0 before they are unpacked.
        answered: how many have an answer, or a reason why there is none.
        is_working: whether more answers are to come.
        error: why it failed, if it did.
    """

    pictures: int
    answered: int
    is_working: bool
    error: UserError | None = None


def start(run_id: str, pictures: Sequence[Shown], trial_id: str = "") -> str:
    """Begin to answer pictures, or more of them; return the trial's id at once.

    Args:
        run_id: a run with a model.
        pictures: in the order in which they are to be told.
        trial_id: an earlier trial of this run, which is to go on with these; it must have ended.

    Raises:
        UserError: "no-model".
    """
    predictor.model_folder(run_id)
    _sweep()
    trial_id = trial_id or ids.new()
    folder = folder_of(run_id, trial_id)
    known = tried.asked(folder)
    keys = {one.key for one in known}
    into = folder / tried.PICTURES
    into.mkdir(parents=True, exist_ok=True)
    fresh = [picture for picture in pictures if picture.key not in keys]
    for number, picture in enumerate(fresh, start=len(known)):
        (into / f"{number:06}").write_bytes(picture.content)
        known.append(Asked(picture.key, picture.name, str(into / f"{number:06}")))
    tried.ask(folder, known)
    _begin(run_id, trial_id, TryArguments())
    return trial_id


def start_from(
    run_id: str,
    source: Path,
    *,
    remove_source: bool = False,
    by: str = "",
    trial_id: str = "",
    adapt: bool = False,
) -> str:
    """Begin to answer the pictures of a folder, an archive or an upload; return the trial's id.

    Args:
        run_id: a run with a model.
        source: where they are.
        remove_source: whether it is an upload, to be removed once it is taken in.
        by: who asks.
        trial_id: of an earlier trial of the same source, whose answers stay.
        adapt: whether a copy of the model adapts to the pictures first; see `adapting_at_use`.

    Raises:
        UserError: "no-model".
    """
    predictor.model_folder(run_id)
    _sweep()
    trial_id = trial_id or ids.new()
    folder_of(run_id, trial_id).mkdir(parents=True, exist_ok=True)
    arguments = TryArguments(
        source=str(source.resolve()), remove_source=remove_source, by=by, adapt=adapt
    )
    _begin(run_id, trial_id, arguments)
    return trial_id


def id_of(run_id: str, source: Path) -> str:
    """Return the id of the trial of a source of this machine, so that the same command goes on with it."""
    about = [str(source.resolve()), str(source.stat().st_mtime_ns), run_id]
    if source.is_dir():
        about += sorted(str(path.stat().st_mtime_ns) for path in source.rglob("*") if path.is_dir())
    return hashlib.sha256("\0".join(about).encode()).hexdigest()[:24]


def go_on(run_id: str, trial_id: str) -> None:
    """Answer the rest of what was stopped, or failed."""
    earlier = job_rows.job(TRY.name, subject_of(run_id, trial_id))
    arguments = TryArguments.model_validate((earlier and earlier.arguments) or {})
    _begin(run_id, trial_id, arguments)


def state(run_id: str, trial_id: str) -> Trial:
    """Return where a trial stands; one that is gone has neither pictures nor answers."""
    stands = watch.state(
        TRY, subject_of(run_id, trial_id)
    )  # first, so that no last answer is missed
    folder = folder_of(run_id, trial_id)
    asked = {one.key: one.name for one in tried.asked(folder)}
    return Trial(asked, tried.told(folder), stands.is_under_way, stands.error)


def standing(run_id: str, trial_id: str) -> Standing:
    """Return how far a trial is; cheap, however many pictures there are."""
    stands = watch.state(TRY, subject_of(run_id, trial_id))  # first, as in `state`
    folder = folder_of(run_id, trial_id)
    answered = len(answer_list.briefs(folder))
    return Standing(tried.count(folder), answered, stands.is_under_way, stands.error)


def is_working(run_id: str, trial_id: str) -> bool:
    """Say whether more answers are to come; cheaper than `state`, however many there are."""
    return watch.state(TRY, subject_of(run_id, trial_id)).is_under_way


def view(run_id: str, trial_id: str) -> RunView:
    """Return how far it is."""
    return progress.state(folder_of(run_id, trial_id))


def adapting(run_id: str, trial_id: str) -> list[str]:
    """Return what is said of a trial whose model adapted to the pictures, nothing of any other."""
    return adapting_at_use.told_of(folder_of(run_id, trial_id))


def stop(run_id: str, trial_id: str) -> None:
    """End a trial; what was answered so far stays."""
    watch.stop(TRY, subject_of(run_id, trial_id))


def latest(run_id: str, by: str) -> str:
    """Return the newest trial of a model that somebody asked for and did not put away, "" for none."""
    return next(iter(earlier(run_id, by, with_put_away=False)), "")


def earlier(run_id: str, by: str, *, with_put_away: bool = True) -> list[str]:
    """Return the trials of a model that somebody asked for and that are still there, newest first."""
    rows = job_rows.jobs(TRY.name, (*UNDONE, "finished", "cancelled", "failed"))
    own = [
        row.subject.partition("-")[2]
        for row in sorted(rows, key=lambda row: -row.asked_at)
        if row.subject.startswith(f"{run_id}-") and by and (row.arguments or {}).get("by") == by
    ]
    there = ((each, folder_of(run_id, each)) for each in own)
    return [
        each
        for each, folder in there
        if folder.is_dir() and (with_put_away or not (folder / PUT_AWAY).exists())
    ]


def pictures_in(run_id: str, trial_id: str) -> int:
    """Return how many pictures a trial has; 0 before they are unpacked."""
    return tried.count(folder_of(run_id, trial_id))


def put_away(run_id: str, trial_id: str) -> None:
    """Let a trial be found no more by `latest`; its answers stay for a day."""
    with suppress(FileNotFoundError):
        (folder_of(run_id, trial_id) / PUT_AWAY).touch()


def bring_back(run_id: str, trial_id: str) -> None:
    """Undo `put_away`."""
    (folder_of(run_id, trial_id) / PUT_AWAY).unlink(missing_ok=True)


def begun_at(run_id: str, trial_id: str) -> float:
    """Return when a trial was asked for, in seconds since 1970; 0 where nobody knows."""
    row = job_rows.job(TRY.name, subject_of(run_id, trial_id))
    return row.asked_at if row is not None else 0.0


def file_of(run_id: str, trial_id: str, key: str) -> Path | None:
    """Return the file of a picture as it was given, None where it is not here."""
    given = tried.asked(folder_of(run_id, trial_id))
    path = next((Path(one.path) for one in given if one.key == key and one.path), None)
    return path if path is not None and path.is_file() else None


def table_of(run_id: str, trial_id: str) -> Path | None:
    """Return the table of all answers, None before it is written."""
    path = folder_of(run_id, trial_id) / answer_table.FILE
    return path if path.is_file() else None


def subject_of(run_id: str, trial_id: str) -> str:
    """Return what the job of a trial is about."""
    return f"{run_id}-{trial_id}"


def folder_of(run_id: str, trial_id: str) -> Path:
    """Return the folder of a trial, which need not exist."""
    return trying.folder(subject_of(run_id, trial_id))


def _begin(run_id: str, trial_id: str, arguments: TryArguments) -> None:
    owner = _owner(run_id)
    queue.ask(TRY, subject_of(run_id, trial_id), arguments, owner=owner)
    watch.take_up(TRY)


def _owner(run_id: str) -> str | None:
    try:
        return store.run(run_id).owner
    except UserError:  # a folder with a model that the store does not know
        return None


def _sweep() -> None:
    """Remove trials that nobody has added to for a day."""
    until = time.time() - KEPT_S
    working = {row.subject.partition("-")[2] for row in job_rows.jobs(TRY.name)}
    for folder in (settings.current().home / "tried").glob("*"):
        with suppress(OSError):
            if folder.stat().st_mtime < until and folder.name not in working:
                shutil.rmtree(folder, ignore_errors=True)
