"""What pages and commands ask of the making of a backbone of a run's model; see `kinds.making_backbone`."""

from tl_core import store
from tl_core.backbones import own
from tl_core.base.errors import UserError
from tl_core.home import own_backbones
from tl_core.jobs import queue, watch
from tl_core.jobs.kinds.making_backbone import MAKE_BACKBONE, MakeBackboneArguments, folder
from tl_core.signals import progress
from tl_core.signals.progress import RunView


def start(run_id: str, title: str, *, owner: str | None = None) -> None:
    """Begin to make the model of a run a backbone, unless that is under way.

    Raises:
        UserError: "unknown" run, "no-results", "backbone-unchanged", "backbone-title".
    """
    run = store.run(run_id, owner=owner)
    if not run.metrics:
        raise UserError(
            "no-results",
            "This run has no results.",
            "Wait until it is finished, or choose another run.",
        )
    if (no := own_backbones.refusal(run)) is not None:
        raise no
    title = own.require_title(title)
    queue.ask(MAKE_BACKBONE, run.id, MakeBackboneArguments(title=title), owner=run.owner)
    watch.take_up(MAKE_BACKBONE)


def is_working(run_id: str) -> bool:
    """Say whether it is under way, or waits for its turn."""
    return watch.state(MAKE_BACKBONE, run_id).is_under_way


def stop(run_id: str) -> None:
    """Ask it to end; no backbone is made."""
    watch.stop(MAKE_BACKBONE, run_id)


def view(run_id: str) -> RunView:
    """Return where it stands."""
    return progress.state(folder(run_id))


def failure(run_id: str) -> UserError | None:
    """Return why it did not succeed, None where it did or was not asked for."""
    return watch.state(MAKE_BACKBONE, run_id).error
