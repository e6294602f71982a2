"""What a person may wish of a run: to start, pause, go on, end, keep its best, be judged."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig, as_far_as_known, changed
from tl_core.jobs import run_queue, watch
from tl_core.jobs.kinds.training import TRAIN
from tl_core.signals import heartbeat, stopping
from tl_core.training import checkpoint

# A learning rate that made the loss run away is divided by this when a person tries again.
GENTLER = 10
ENDED: tuple[store.RunStatus, ...] = ("finished", "cancelled")
"""With a model."""
RESUMABLE: tuple[store.RunStatus, ...] = ("cancelled", "paused", "judging", "failed")


def start_run(
    dataset_id: str,
    config: TrainConfig,
    token: str,
    *,
    name: str = "",
    inputs: Mapping[str, str] | None = None,
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
        inputs: ids of what else the method learns from, by role.
        parent: the run that this one goes on from.
        prepare: puts what the run begins with into its folder.

    Raises:
        UserError: "dataset-not-ready", or what forbids training on it, the class named; "method",
            "setting", "input-missing", "input-unknown" or "input-not-ready".
    """
    made = run_queue.add(
        *(dataset_id, config, token),
        name=name,
        inputs=inputs,
        parent=parent,
        prepare=prepare,
        owner=owner,
    )
    watch.tick()
    return made


def resume(run_id: str, *, owner: str | None = None) -> None:
    """Go on with a run that was stopped or failed, from its last checkpoint.

    Raises:
        UserError: "not-resumable" if it is still at work or has finished.
    """
    queued = store.move_run(run_id, "queued", only_from=RESUMABLE, owner=owner, restarts=0)
    if not queued:
        raise UserError(
            "not-resumable",
            "Only a run that was stopped or failed can go on.",
            "Start a new run with the same settings instead.",
        )
    watch.tick()


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
    gentler = changed(config, learning_rate=config.rate.learning_rate / GENTLER)
    return start_run(row.dataset_id, gentler, token, inputs=row.inputs, owner=owner)


def settings_of(run_id: str, *, owner: str | None = None) -> TrainConfig:
    """Return the settings of an earlier run, to start again with.

    Settings that this version does not know any more are left out.
    """
    return as_far_as_known(store.run(run_id, owner=owner).config)


def ended(run_id: str, *, owner: str | None = None) -> store.RunRow:
    """Return a run that has ended.

    Raises:
        UserError: "unknown", or "not-ended" while it is at work.
    """
    run = store.run(run_id, owner=owner)
    if run.status not in ENDED:
        raise UserError(
            "not-ended", "This run has not ended yet.", "Wait for its end, or stop it first."
        )
    return run


def stop(run_id: str, *, owner: str | None = None) -> None:
    """Ask a run to end, keeping its best weights; a queued one just leaves the queue.

    A worker that has not ended within 8 s is killed by a later `tick`. A run that was paused
    before is ended too: a worker makes a usable model of its checkpoint.
    """
    run = store.run(run_id, owner=owner)
    if run.status == "paused":
        _end_with_best(run)
        return
    watch.stop(TRAIN, run.id)


def pause(run_id: str, *, owner: str | None = None) -> None:
    """Ask a run to give the processor free and keep its state, so that `resume` goes on from it.

    What it had done of the epoch under way is done again; the weights come out the same.
    """
    watch.stop(TRAIN, store.run(run_id, owner=owner).id, stopping.PAUSE)


def keep_best(run_id: str, *, owner: str | None = None) -> None:
    """Let a run that failed end as one that was stopped: a worker makes a model of its best epoch.

    What made it fail, such as a loss that ran away, is in no checkpoint.

    Raises:
        UserError: "nothing-kept" if it has not failed, or had learnt nothing before.
    """
    run = store.run(run_id, owner=owner)
    if not can_keep_best(run) or not _end_with_best(run):
        raise UserError(
            "nothing-kept",
            "This run has not failed, or had learnt nothing before it did.",
            "Start a new run, with a smaller learning rate if the loss ran away.",
        )


def can_keep_best(run: store.RunRow) -> bool:
    """Say whether a failed run kept something worth using; a head that is still random is not."""
    if (run.error or {}).get("code") == "checkpoints-damaged":
        return False
    learnt = checkpoint.newest(ids.run_folder(run.id) / checkpoint.FOLDER)
    is_random = run.setting("start") == "random" or bool(run.setting("hidden_units"))
    return run.status == "failed" and learnt is not None and (learnt > 0 or not is_random)


def judge(run_id: str, *, owner: str | None = None) -> None:
    """Make a usable model of what a stopped run had learnt, where that broke off."""
    run = store.run(run_id, owner=owner)
    if run.status == "cancelled" and not run.metrics:
        _end_with_best(run)


def is_silent(run: store.RunRow) -> bool:
    """Say whether a run at work has shown no life for so long that a person should know."""
    return run.status in store.ACTIVE and heartbeat.is_silent(ids.run_folder(run.id))


def is_paused(run: store.RunRow) -> bool:
    """Say whether a run waits to go on where it was, nothing judged."""
    return run.status == "paused"


def is_pausing(run: store.RunRow) -> bool:
    """Say whether a run was asked to pause and its process has yet to end."""
    return run.status == "stopping" and stopping.is_to_pause(ids.run_folder(run.id))


def is_being_judged(run: store.RunRow) -> bool:
    """Say whether a worker makes a usable model of what a stopped run had learnt."""
    return run.status == "judging"


def has_checkpoint(run_id: str) -> bool:
    """Say whether there is something learnt to go on from."""
    return checkpoint.newest(ids.run_folder(run_id) / checkpoint.FOLDER) is not None


def queue_position(run: store.RunRow) -> int:
    """Return how many runs come before a queued one, 0 for one that is not queued."""
    waiting = [other.id for other in store.undone_runs()]
    return waiting.index(run.id) if run.status == "queued" and run.id in waiting else 0


def _end_with_best(run: store.RunRow) -> bool:
    """Let a run that no worker is at end as one that was stopped, judged if it had learnt something."""
    stopping.ask(ids.run_folder(run.id))
    return watch.judge(TRAIN, run.id, only_from=(run.status,), has_learnt=has_checkpoint(run.id))
