"""Makes the model of a run a backbone of further trainings: its subject is the run's id."""

from pathlib import Path

from tl_core import store
from tl_core.base import ids, limits
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft

MEMORY_BYTES = 8 * GIB


class MakeBackboneArguments(Arguments):
    """How to call it.

    Attributes:
        title: what the backbone is to be called.
    """

    title: str


def folder(run_id: str) -> Path:
    """Return the folder of the work, which need not exist."""
    return ids.run_folder(run_id) / ".backbone"


def _make(context: Context) -> Outcome:
    from tl_core.home import own_backbones

    limits.memory(MEMORY_BYTES)

    def told(text: str) -> None:
        if context.should_stop():
            raise UserError("stopped", "It was stopped; no backbone was made.", "")
        context.emit("phase", phase="load", text=text)

    card = own_backbones.make(store.run(context.subject), context.arguments.title, told)
    return Outcome(told={"metrics": {"backbone": card.name}})


MAKE_BACKBONE = JobKind(
    name="make_backbone",
    title=Said("Making a backbone of a model"),
    arguments=MakeBackboneArguments,
    folder=folder,
    run=_make,
    needs=Needs(2 * GIB, 1),
    explain=inside_graft,
    died=died(
        "It ended without a word; most often the machine ran out of memory.",
        "Close what else takes memory and try again.",
    ),
    begins_afresh=True,
)
