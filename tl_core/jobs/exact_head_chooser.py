"""What pages ask of the exact head that may become the model of a run; see `kinds.exact_head`."""

from tl_core import store
from tl_core.base import ids, locks
from tl_core.base.errors import UserError
from tl_core.jobs import queue, watch
from tl_core.jobs.kinds.exact_head import EXACT_HEAD, ExactHeadArguments, folder
from tl_core.signals import progress
from tl_core.signals.progress import RunView
from tl_core.training import candidates, first_answer

ENDED = ("finished", "cancelled")


def is_better(run: store.RunRow) -> bool:
    """Say whether a run's exact head did better on validation pictures than the model, and can take its place.

    A head with hidden layers cannot be replaced by one without, and a method without an exact head has none.
    """
    metrics = run.metrics or {}
    exact, own = metrics.get("closed_form_val_accuracy"), metrics.get("val_accuracy")
    if exact is None or own is None or metrics.get("handed_over") != "trained":
        return False
    can = run.status in ENDED and not run.setting("hidden_units")
    return can and exact > own and (ids.run_folder(run.id) / first_answer.FILE).is_file()


def start(run_id: str, *, owner: str | None = None) -> None:
    """Begin to make the exact head the model, unless that is under way.

    Raises:
        UserError: "unknown" run, "not-ended" while it is at work.
    """
    run = store.run(run_id, owner=owner)
    if run.status not in ENDED:
        raise UserError(
            "not-ended", "This run has not ended yet.", "Wait for its end, or stop it first."
        )
    queue.ask(EXACT_HEAD, run.id, ExactHeadArguments(), owner=run.owner)
    watch.take_up(EXACT_HEAD)


def is_working(run_id: str) -> bool:
    """Say whether it is under way, or waits for its turn."""
    return watch.state(EXACT_HEAD, run_id).is_under_way


def stop(run_id: str) -> None:
    """Ask it to end; the model stays as it was."""
    watch.stop(EXACT_HEAD, run_id)


def view(run_id: str) -> RunView:
    """Return where it stands."""
    return progress.state(folder(run_id))


def failure(run_id: str) -> UserError | None:
    """Return why it did not succeed, None where it did or was not asked for."""
    return watch.state(EXACT_HEAD, run_id).error


def can_be_undone(run_id: str) -> bool:
    """Say whether the model that was is kept."""
    return candidates.has_former(ids.run_folder(run_id))


def undo(run_id: str, *, owner: str | None = None) -> None:
    """Let the model that was be the model again.

    Raises:
        UserError: "nothing-kept", or "already-running" while something works on the run.
    """
    run, place = store.run(run_id, owner=owner), ids.run_folder(run_id)
    if not candidates.has_former(place):
        raise UserError(
            "nothing-kept", "The model that was is not kept any more.", "Train again to have it."
        )
    lock = locks.one_writer(place)
    try:
        numbers = candidates.bring_back(place)
        store.move_run(run.id, run.status, only_from=(run.status,), metrics=numbers)
    finally:
        lock.release()
