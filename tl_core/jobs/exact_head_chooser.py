"""What pages ask of the exact head that may become the model of a run; see `kinds.exact_head`."""

from contextlib import suppress

from tl_core import store
from tl_core.base import ids, locks, settings
from tl_core.base.errors import UserError
from tl_core.home import backup_lock
from tl_core.jobs import queue, run_actions, watch
from tl_core.jobs.followed import Followed
from tl_core.jobs.kinds import exact_head
from tl_core.jobs.kinds.exact_head import EXACT_HEAD, ExactHeadArguments
from tl_core.training import candidates, first_answer

_WORK = Followed(EXACT_HEAD)
is_working, stop, view, failure = (
    _WORK.is_working,
    _WORK.stop,
    _WORK.view,
    _WORK.failure,
)


def is_better(run: store.RunRow) -> bool:
    """Say whether a run's exact head did better on validation pictures than the model, and can take its place.

    A method without an exact head has none.
    """
    metrics = run.metrics or {}
    exact, own = metrics.get("closed_form_val_accuracy"), metrics.get("val_accuracy")
    if exact is None or own is None or metrics.get("handed_over") != "trained":
        return False
    return (
        run.status in run_actions.ENDED
        and exact > own
        and (ids.run_folder(run.id) / first_answer.FILE).is_file()
    )


def start(run_id: str, *, owner: str | None = None) -> None:
    """Begin to make the exact head the model, unless that is under way.

    Raises:
        UserError: "unknown" run, "not-ended" while it is at work, "is-exact" where it is the model.
    """
    run = run_actions.ended(run_id, owner=owner)
    if (run.metrics or {}).get("handed_over") != "trained":
        raise UserError("is-exact", "The exact solution is the model already.", "")
    queue.ask(EXACT_HEAD, run.id, ExactHeadArguments(), owner=run.owner)
    watch.take_up(EXACT_HEAD)


def can_be_undone(run: store.RunRow) -> bool:
    """Say whether a person made the exact head the model, and the model that was is kept."""
    is_chosen = bool((run.metrics or {}).get("chosen_by_person"))
    return is_chosen and candidates.has_former(ids.run_folder(run.id))


def undo(run_id: str, *, owner: str | None = None) -> None:
    """Let the model that was be the model again.

    Raises:
        UserError: "nothing-kept", "already-running" while something works on the run, or "in-use"
            while a backup is made.
    """
    run, place = store.run(run_id, owner=owner), ids.run_folder(run_id)
    backup_lock.require_free()
    exact_head.settle(run_id)
    if not candidates.has_former(place):
        raise UserError(
            "nothing-kept", "The model that was is not kept any more.", "Train again to have it."
        )
    with locks.writing_alone(place):
        candidates.bring_back(place, exact_head.telling(run))


def settle_all() -> None:
    """Bring to their ends all changes of models that a kill left half done; a run at work is left alone."""
    for coming in settings.current().runs_dir.glob(f"*/{candidates.COMING}"):
        with suppress(UserError):
            exact_head.settle(coming.parent.name)
