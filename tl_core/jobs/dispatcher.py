"""Starts, watches and ends the work: one run at a time, a queue behind it.

`tick` is the whole of scheduling and may be called by anybody at any time, also by several
processes at once: every step is a compare-and-set in the store. Runs outlive all who tick.
"""

import json
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tl_core.base import ids, machine, settings
from tl_core.base.errors import UserError
from tl_core.base.files import disk_trouble, is_read_only
from tl_core.base.said import Said
from tl_core.config import TrainConfig, parse
from tl_core.datasets import encodings, manifest
from tl_core.export import project_file
from tl_core.home import leftovers
from tl_core.intake import uploads
from tl_core.jobs import admission, inspections
from tl_core.jobs.engines import Engine
from tl_core.jobs.engines.local import LocalEngine
from tl_core.samples.bundled import Bundled
from tl_core.signals import heartbeat, progress, stopping
from tl_core.store import store
from tl_core.training import checkpoint, pipeline

ENGINE: Engine = LocalEngine()
PID = "pid"
"""In the folder of what is done beside runs and imports: the number of the process at work."""
# A worker looks for the stop file at every step; one that has not ended by then never will.
STOP_PATIENCE_S = 8.0
# Between taking a run from the queue and noting its process nothing slow happens.
CLAIM_PATIENCE_S = 30.0
RESTARTS = 2
# A learning rate that made the loss run away is divided by this when a person tries again.
GENTLER = 10
# With less than this not even the reason of a failure can be written down.
FULL_BYTES = 4 * 1024**2
TICK_EVERY_S = 1.0
# A disk may turn back: what was begun meanwhile was lost at once, so no run is ended before.
READ_ONLY_PATIENCE_S = 10.0
# By run, since when this process has seen its disk take nothing.
_READ_ONLY_SINCE: dict[str, float] = {}


# Starting


def start_run(
    dataset_id: str,
    config: TrainConfig,
    token: str,
    *,
    name: str = "",
    parent: str | None = None,
    prepare: Callable[[Path], None] = lambda folder: None,
    owner: str | None = None,
) -> str:
    """Put a run in the queue, start it if nothing else runs, and return its id.

    Args:
        dataset_id: a data set that is ready.
        config: all settings.
        token: one per click; the same token again gives the same run.
        name: as a person wrote it; empty gives "Run" and a number.
        parent: the run that this one goes on from.
        prepare: puts what the run begins with into its folder.

    Raises:
        UserError: "dataset-not-ready", or what forbids training on it, the class named.
    """
    earlier = store.run_of_token(token, owner=owner)
    if earlier is not None:
        return earlier
    row = store.dataset(dataset_id, owner=owner)
    if row.status == "ready":
        manifest.require_trainable(manifest.load(dataset_id))
    run_id = ids.new()
    folder = ids.run_folder(run_id)
    kept = config.model_dump(mode="json")
    about = {"run": run_id, "dataset": dataset_id, "version": row.version, "owner": row.owner}
    if parent is not None:
        about["parent"] = parent
    try:
        folder.mkdir(parents=True)
        _write_json(folder / "config.json", kept)
        _write_json(folder / "run.json", about)
        prepare(folder)
    except OSError as error:
        trouble = disk_trouble(error)
        if trouble is None:
            raise
        raise (_disk_full() if trouble.code == "disk-full" else trouble) from error
    made = store.add_run(dataset_id, name, kept, token, run_id=run_id, owner=owner)
    if made != run_id:
        shutil.rmtree(folder)
    tick()
    return made


def start_intake(
    project_id: str,
    source: Path | Bundled,
    name: str,
    *,
    split: Mapping[str, Any] | None = None,
    targets: Path | None = None,
    columns: Mapping[str, Any] | None = None,
    reading: int | None = None,
    may_ask: bool = False,
    encoding: str = "",
    remove_source: bool = False,
    into: str | None = None,
    all_are: str = "",
    parent_id: str | None = None,
    history: str = "",
    then_train: TrainConfig | None = None,
    is_project: bool = False,
    by: str | None = None,
    owner: str | None = None,
) -> str:
    """Make a data set from `source` in a process of its own; return its id at once.

    Where as many imports are at work as the machine bears, it waits its turn; see `imports_before`.

    Args:
        project_id: where it belongs.
        source: a folder, a zip or a tar on this machine, or the name of a bundled set.
        name: as a person wrote it.
        split: how to cut train, validation and test; None takes the default.
        targets: a table with classes or numbers for each picture.
        columns: which column of it says what, as in `tables.Columns`; None finds them.
        encoding: what names and tables that are no UTF-8 are written in; judged when empty.
        reading: which of the readings to take, counted from 1; None takes the likeliest.
        may_ask: whether the import stops at “what do you want to learn?” where that is not sure.
        remove_source: whether `source` is an upload, to be removed afterwards.
        into: adds to the data set `parent_id`: the class that all pictures are of, "" to take it
            from folders or the table; None makes a data set of the new pictures alone.
        all_are: what all pictures show, where nothing else says so.
        parent_id: the data set that this is a new version of.
        history: one line that says what was changed.
        then_train: settings of a first run, to be started as soon as the data set is ready.
        is_project: `source` is a project file: the data set becomes its first, and everything
            else in it comes to lie beside; see `project_opening.take_in`.
        by: who asks for it, so that its failure is told to nobody else.

    Raises:
        UserError: "is-project" when pictures are wanted and `source` is a project file.
    """
    if isinstance(source, Path) and not is_project:
        _require_pictures(source, targets, is_upload=remove_source)
    request = {
        "source": str(source.resolve()) if isinstance(source, Path) else source,
        "split": dict(split) if split else None,
        "targets": str(targets.resolve()) if targets else None,
        "columns": dict(columns) if columns else None,
        "encoding": encodings.named(encoding),
        "addition": None if into is None else {"base": parent_id, "into": into},
        "remove_source": remove_source,
        "then_train": then_train.model_dump(mode="json") if then_train else None,
        "is_project": is_project,
        "by": by,
    }
    asked = {"reading": reading, "may_ask": may_ask, "all_are": all_are}
    request |= {name: value for name, value in asked.items() if value not in (None, False, "")}
    dataset_id = store.create_dataset(
        project_id,
        name,
        parent_id=parent_id,
        history=history,
        request=request,
        waits=True,
        owner=owner,
    )
    take_up_imports()
    return dataset_id


def take_up_imports() -> None:
    """Start the imports that waited longest, as many as the machine bears."""
    while (row := store.claim_import(admission.at_most("import"))) is not None:
        pid = ENGINE.submit("intake", row.id, ids.dataset_folder(row.id), _environment(row))
        store.set_process("dataset", row.id, pid, owner=row.owner)


def _require_pictures(source: Path, targets: Path | None, *, is_upload: bool) -> None:
    sent = [path for path, _ in uploads.archives_of(source)] if is_upload else [source]
    if not any(map(project_file.is_one, sent)):
        return
    for path in (source, targets):
        if is_upload and path is not None:
            uploads.remove(path)
    raise UserError(
        "is-project",
        "This file holds a whole project, not only pictures.",
        "Open it on the Start page, or with “open-file” on the command line.",
    )


def start_first_run(row: store.DatasetRow) -> str | None:
    """Start the run that was asked for together with a data set that is ready now.

    The data set's id stands for the click: whoever sees the end of the import may call this, and
    all of them get the same run.

    Returns:
        Its id, None where none was asked for.

    Raises:
        UserError: what forbids training on it.
    """
    asked = (row.request or {}).get("then_train")
    if asked is None:
        return None
    return start_run(row.id, TrainConfig.model_validate(asked), f"first-{row.id}", owner=row.owner)


def start_addition(
    dataset_id: str, source: Path, into: str = "", *, owner: str | None = None, **how: Any
) -> str:
    """Make a new version of a data set, with the pictures of `source` added; return its id.

    Args:
        dataset_id: any version that is ready.
        source: as for `start_intake`.
        into: the class that all pictures are of; empty to take it from folders or the table.
        how: what else `start_intake` takes.

    Raises:
        UserError: "dataset-not-ready".
    """
    row = store.dataset(dataset_id, owner=owner)
    if row.status != "ready":
        raise UserError(
            "dataset-not-ready",
            "Nothing can be added to the data set {name!r} yet.",
            "Wait until it is imported.",
            name=row.name,
        )
    told = Said("Added pictures to “{into}”.", into=into) if into else Said("Added pictures.")
    return start_intake(
        row.project_id,
        source,
        row.name,
        into=into,
        parent_id=dataset_id,
        history=told,
        owner=owner,
        **how,
    )


def resume(run_id: str, *, owner: str | None = None) -> None:
    """Go on with a run that was stopped or failed, from its last checkpoint.

    Raises:
        UserError: "not-resumable" if it is still at work or has finished.
    """
    queued = store.move_run(
        run_id, "queued", only_from=("cancelled", "failed"), owner=owner, restarts=0
    )
    if not queued:
        raise UserError(
            "not-resumable",
            "Only a run that was stopped or failed can go on.",
            "Start a new run with the same settings instead.",
        )
    tick()


def start_gentler(run_id: str, token: str, *, owner: str | None = None) -> str:
    """Start a run anew whose loss ran away, with a tenth of its learning rate; return its id.

    Args:
        run_id: the run that failed.
        token: one per click; the same token again gives the same run.

    Raises:
        UserError: "setting" when the rate is as low as it may be.
    """
    row = store.run(run_id, owner=owner)
    config = settings_of(run_id, owner=owner)
    gentler = parse(config.model_dump() | {"learning_rate": config.learning_rate / GENTLER})
    return start_run(row.dataset_id, gentler, token, owner=owner)


def settings_of(run_id: str, *, owner: str | None = None) -> TrainConfig:
    """Return the settings of an earlier run, to start again with.

    Settings that this version does not know any more are left out.
    """
    kept = store.run(run_id, owner=owner).config
    known = {name: value for name, value in kept.items() if name in TrainConfig.model_fields}
    return TrainConfig.model_validate(known)


# Ending


def stop(run_id: str, *, owner: str | None = None) -> None:
    """Ask a run to end, keeping its best weights; a queued one just leaves the queue.

    A worker that has not ended within 8 s is killed by a later `tick`. A run that was paused
    before is ended too: a worker makes a usable model of its checkpoint.
    """
    run = store.run(run_id, owner=owner)
    if is_paused(run):
        _end_with_best(run)
        return
    _ask_to_end(run, "")


def pause(run_id: str, *, owner: str | None = None) -> None:
    """Ask a run to give the processor free and keep its state, so that `resume` goes on from it.

    What it had done of the epoch under way is done again; the weights come out the same.
    """
    _ask_to_end(store.run(run_id, owner=owner), stopping.PAUSE)


def keep_best(run_id: str, *, owner: str | None = None) -> None:
    """Let a run that failed end as one that was stopped: a worker makes a model of its best epoch.

    What made it fail, such as a loss that ran away, is in no checkpoint.

    Raises:
        UserError: "nothing-kept" if it has not failed, or had learnt nothing before.
    """
    run = store.run(run_id, owner=owner)
    if not can_keep_best(run) or not store.move_run(
        run_id, "cancelled", only_from=("failed",), owner=owner, error=None
    ):
        raise UserError(
            "nothing-kept",
            "This run has not failed, or had learnt nothing before it did.",
            "Start a new run, with a smaller learning rate if the loss ran away.",
        )
    _end_with_best(run)


def can_keep_best(run: store.RunRow) -> bool:
    """Say whether a failed run kept something worth using; a head that is still random is not."""
    if (run.error or {}).get("code") == "checkpoints-damaged":
        return False
    learnt = checkpoint.newest(ids.run_folder(run.id) / pipeline.CHECKPOINTS)
    is_random = run.config.get("start") == "random" or bool(run.config.get("hidden_units"))
    return run.status == "failed" and learnt is not None and (learnt > 0 or not is_random)


def is_being_judged(run: store.RunRow) -> bool:
    """Say whether a worker makes a usable model of what a stopped run had learnt."""
    folder = ids.run_folder(run.id)
    is_open = run.status == "cancelled" and not run.metrics and has_checkpoint(run.id)
    return is_open and heartbeat.age_s(folder) is not None and not heartbeat.is_silent(folder)


def judge(run_id: str, *, owner: str | None = None) -> None:
    """Make a usable model of what a stopped run had learnt, where that broke off."""
    run = store.run(run_id, owner=owner)
    if run.status == "cancelled" and not run.metrics and not is_being_judged(run):
        _end_with_best(run)


def _ask_to_end(run: store.RunRow, how: str) -> None:
    if store.move_run(
        run.id, "cancelled", only_from=("queued",), owner=run.owner, finished_at=time.time()
    ):
        if how:
            stopping.ask(ids.run_folder(run.id), how)
        return
    if store.move_run(run.id, "stopping", only_from=("running",), owner=run.owner):
        try:
            stopping.ask(ids.run_folder(run.id), how)
        except OSError:  # a full disk must not make an end of a pause
            store.move_run(run.id, "running", only_from=("stopping",), owner=run.owner)
            raise


def stop_intake(dataset_id: str, *, owner: str | None = None) -> None:
    """End an import; what it had read is lost."""
    row = store.dataset(dataset_id, owner=owner)
    if row.pid is not None:
        ENGINE.cancel(row.pid, row.id)
    error = UserError("stopped", "The import was stopped.", "Import the pictures again.")
    if store.dataset_failed(dataset_id, error, owner=owner):
        _clean_up(row)


def _clean_up(row: store.DatasetRow) -> None:
    """Remove what an import left behind whose process is gone."""
    leftovers.remove(row)
    if (row.request or {}).get("is_project"):
        from tl_core.home import project_opening  # seldom needed, and much comes with it

        project_opening.take_back(row)


# Watching


def is_at_work(folder: Path) -> bool:
    """Say whether the process goes on whose number stands in `folder`, which is called as its work is."""
    try:
        pid = int((folder / PID).read_text())
    except (OSError, ValueError):
        return False
    return ENGINE.alive(pid, folder.name)


def is_silent(run: store.RunRow) -> bool:
    """Say whether a run at work has shown no life for so long that a person should know."""
    return run.status in store.ACTIVE and heartbeat.is_silent(ids.run_folder(run.id))


def is_paused(run: store.RunRow) -> bool:
    """Say whether a run waits to go on where it was, nothing judged."""
    if run.status != "cancelled" or run.metrics:
        return False
    return stopping.is_to_pause(ids.run_folder(run.id))


def has_checkpoint(run_id: str) -> bool:
    """Say whether there is something learnt to go on from."""
    return checkpoint.newest(ids.run_folder(run_id) / pipeline.CHECKPOINTS) is not None


def queue_position(run: store.RunRow) -> int:
    """Return how many runs come before a queued one, 0 for one that is not queued."""
    waiting = [other.id for other in store.undone_runs()]
    return waiting.index(run.id) if run.status == "queued" and run.id in waiting else 0


def imports_before(row: store.DatasetRow) -> int | None:
    """Return how many imports come before one that waits, None where it has been taken up."""
    waiting = store.waiting_imports()
    return waiting.index(row.id) if row.id in waiting else None


def tick() -> None:
    """Take care of what ended badly or will not end, then start the next run of the queue."""
    store.write_remembered()
    for run in store.undone_runs():
        if run.status == "stopping":
            _see_to_stopping(run)
        elif run.status == "running" and _is_dead(run, run.claimed_at):
            _see_to_dead_run(run)
        elif run.status == "running" and _has_lost_its_disk(run):
            _end_without_disk(run)
    for row in store.importing_datasets():
        if row.claimed_at is None:
            continue
        died = _is_dead(row, row.claimed_at)
        if died and store.import_died(row, _import_died()):
            _clean_up(row)
    take_up_imports()
    claimed = store.claim_next()
    if claimed is not None:
        _launch(claimed)
    inspections.see_to(ENGINE)


def keep_ticking() -> threading.Thread:
    """Tick every second from a thread, so that stops and queues need no open page."""
    thread = threading.Thread(target=_tick_forever, name="dispatcher", daemon=True)
    thread.start()
    return thread


def _tick_forever() -> None:
    while True:
        # A store that is locked, a disk that is full, or a database that restarts may be well again
        # at the next turn; without this thread nobody sees to runs that died or will not stop.
        try:
            tick()
        except Exception as error:  # noqa: BLE001 - the outer edge of a thread that must not end
            print(f"dispatcher: {type(error).__name__}: {error}", flush=True)
        time.sleep(TICK_EVERY_S)


def _launch(run: store.RunRow) -> None:
    folder = ids.run_folder(run.id)
    stopping.take_back(folder)
    (folder / heartbeat.FILE).unlink(missing_ok=True)
    pid = ENGINE.submit("worker", run.id, folder, _environment(run))
    store.set_process("run", run.id, pid, owner=run.owner)


def _see_to_stopping(run: store.RunRow) -> None:
    if _is_dead(run, run.claimed_at):
        if not _record_end(run):
            store.run_cancelled(run.id, claimed_at=run.claimed_at, owner=run.owner)
        return
    folder = ids.run_folder(run.id)
    waited_s = stopping.waited_s(folder)
    if waited_s is None:
        stopping.ask(folder)
    elif waited_s > STOP_PATIENCE_S and run.pid is not None:
        ENGINE.cancel(run.pid, run.id)
        store.run_cancelled(run.id, claimed_at=run.claimed_at, owner=run.owner)
        if not stopping.is_to_pause(folder):
            _finish(run)


def _end_with_best(run: store.RunRow) -> None:
    """Let a run that no worker is at end as one that was stopped."""
    stopping.ask(ids.run_folder(run.id))
    _finish(run)


def _finish(run: store.RunRow) -> None:
    """Let a worker make a usable model of the best weights, which lie in the checkpoint."""
    if has_checkpoint(run.id):
        folder = ids.run_folder(run.id)
        heartbeat.show(folder)  # until the worker does
        ENGINE.submit("worker", run.id, folder, _environment(run))


def _see_to_dead_run(run: store.RunRow) -> None:
    """Note the end that the worker told, or let it go on where it was, or give up.

    It is tried again at most twice, from its checkpoint or from the start: whatever ended it may not
    happen again. A disk that takes nothing is no reason to try. The claim is compared each time:
    another process may have seen the same and acted already.
    """
    if _record_end(run):
        return
    if run.restarts < RESTARTS and not _is_read_only(run) and not _is_disk_full():
        store.move_run(
            run.id,
            "queued",
            only_from=("running",),
            claimed_at=run.claimed_at,
            owner=run.owner,
            restarts=run.restarts + 1,
            pid=None,
        )
        return
    store.run_failed(run.id, _run_died(run), claimed_at=run.claimed_at, owner=run.owner)


def _has_lost_its_disk(run: store.RunRow) -> bool:
    """Say whether the disk of a run at work has taken no writing for so long that it is over."""
    if not _is_read_only(run):
        _READ_ONLY_SINCE.pop(run.id, None)
        return False
    since = _READ_ONLY_SINCE.setdefault(run.id, time.monotonic())
    return time.monotonic() - since > READ_ONLY_PATIENCE_S


def _end_without_disk(run: store.RunRow) -> None:
    """End a run that can keep nothing of what it learns, and say why, if only in this process.

    Where the store takes no end either, the worker is left: it waits to write its end down itself,
    also when this process is gone by then.
    """
    if not _record_end(run):
        store.run_failed(run.id, _read_only(), claimed_at=run.claimed_at, owner=run.owner)
    if run.pid is not None and not store.is_remembered(run.id):
        ENGINE.cancel(run.pid, run.id)
    _READ_ONLY_SINCE.pop(run.id, None)


def _is_read_only(run: store.RunRow) -> bool:
    return is_read_only(ids.run_folder(run.id))


def _record_end(run: store.RunRow) -> bool:
    """Bring the store up to date with an end that the events tell; say whether they tell one.

    A worker may be killed between telling its end and noting it. An end told before the run
    was taken up again does not count.
    """
    ending = progress.state(ids.run_folder(run.id)).ending
    if ending is None or ending["time"] < (run.claimed_at or 0):
        return False
    metrics = ending.get("metrics")
    claim = {"claimed_at": run.claimed_at, "owner": run.owner}
    match ending["event"]:
        case "finished":
            store.run_finished(run.id, metrics or {}, **claim)
        case "cancelled":
            store.run_cancelled(run.id, metrics, **claim)
        case _:
            words = (ending.get(part, "") for part in ("code", "message", "hint"))
            store.run_failed(run.id, UserError(*words), **claim)
    return True


def _is_dead(row: store.RunRow | store.DatasetRow, claimed_at: float | None) -> bool:
    if row.pid is None:
        return time.time() - (claimed_at or 0) > CLAIM_PATIENCE_S
    return not ENGINE.alive(row.pid, row.id)


def _run_died(run: store.RunRow) -> UserError:
    """Return why a worker ended without telling, as far as that can be known."""
    if _is_read_only(run):
        return _read_only()
    if _is_disk_full():
        return _disk_full()
    if run.restarts:  # a computer that is switched off is no reason to end again and again
        return UserError(
            "process-ended",
            "The training ended without a word, more than once; most often memory ran out.",
            "Start it again with smaller pictures, a smaller batch or fewer stages. The log may say more.",
        )
    return UserError(
        "process-ended",
        "The training ended without a word: the computer was switched off, something else ended it, "
        "or memory ran out.",
        "Let it go on: what it had done is kept. If it ends like this again, try smaller pictures, "
        "a smaller batch or fewer stages. The log may say more.",
    )


def _import_died() -> UserError:
    if is_read_only(settings.current().home):
        return _read_only()
    if _is_disk_full():
        return _disk_full()
    return UserError(
        "process-ended",
        "The import ended without a word: the computer was switched off, something else ended it, "
        "or memory ran out.",
        "Import the pictures again. If it ends like this again, import them in several parts.",
    )


def _is_disk_full() -> bool:
    return machine.free_disk_bytes(settings.current().home) < FULL_BYTES


def _read_only() -> UserError:
    return UserError(
        "disk-read-only",
        "The disk that holds {folder} can only be read now: nothing could be kept any more.",
        "Make it writable again, then let it go on. A disk that turned so by itself may be failing: "
        "make a copy of it first.",
        folder=settings.current().home,
    )


def _disk_full() -> UserError:
    return UserError(
        "disk-full",
        "The disk that holds {folder} is full.",
        "Free some space, for example by deleting old runs, then start it again or let it go on.",
        folder=settings.current().home,
    )


def _environment(row: store.RunRow | store.DatasetRow) -> dict[str, str]:
    return {"GRAFT_OWNER": row.owner}


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
