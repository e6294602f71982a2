"""Makes the exact head the model of a run that trained another one: its subject is the run's id.

What it needs lies in the run's folder; it works in a folder of its own below that, and only what is
whole takes the place of the model that was. That one is kept, see `training.candidates`.
"""

import shutil
from contextlib import suppress
from pathlib import Path

from tl_core import store
from tl_core.base import about_run, ids, locks
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import parse
from tl_core.home import backup_lock
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.methods import leak_guard
from tl_core.store.rows import JobRow
from tl_core.training import candidates, first_answer, results

BROUGHT = (
    about_run.FILE,
    first_answer.FILE,
    first_answer.REFITTED,
    leak_guard.FILE,
    "plan.json",
)
KEPT_OF_TRAINING = ("epochs", "steps", "ended", "ended_because", "naive", "folds")
"""What is told of the training goes on to be true when another head is the model."""


class ExactHeadArguments(Arguments):
    """All that matters lies in the run's folder."""


def folder(run_id: str) -> Path:
    """Return the folder of the work, which need not exist."""
    return ids.run_folder(run_id) / ".exact_head"


def _hand_over(context: Context) -> Outcome:
    from tl_core.encoding.encode import StoppedError
    from tl_core.training import pipeline

    settle(context.subject)
    run, place = store.run(context.subject), context.folder
    of_run, before = ids.run_folder(run.id), run.metrics or {}
    if before.get("handed_over") != "trained":
        raise UserError("is-exact", "The exact solution is the model already.", "")
    for name in BROUGHT:
        if (of_run / name).exists():
            shutil.copy2(of_run / name, place / name)
    config = parse(run.config).but(start="closed_form", hidden_units=())
    (place / "config.json").write_text(config.model_dump_json(), encoding="utf-8")
    try:
        found = pipeline.judge_exact_head(place, context.emit.emit)
    except StoppedError as error:
        raise UserError("stopped", "It was stopped; the model is as it was.", "") from error
    found |= {name: before[name] for name in KEPT_OF_TRAINING if name in before}
    found |= {
        "trained_val_accuracy": before.get("val_accuracy"),
        "trained_test_accuracy": before.get("test_accuracy"),
        "chosen_by_person": True,
    }
    results.write_metrics(place, found)
    with locks.writing_alone(of_run):
        backup_lock.require_free()
        results.write_metrics(of_run, before)
        candidates.hand_over(of_run, place, telling(run))
    return Outcome()


def telling(run: store.RunRow) -> candidates.Tell:
    """Return what keeps the numbers of a run's model in the store."""
    return lambda numbers: store.move_run(
        run.id, run.status, only_from=(run.status,), metrics=numbers
    )


def settle(run_id: str) -> None:
    """Bring to its end what a kill left half done; nothing where nothing was begun.

    Raises:
        UserError: "already-running" while something works on the run, "unknown" run.
    """
    place = ids.run_folder(run_id)
    if candidates.is_coming(place):
        with locks.writing_alone(place):
            candidates.settle(place, telling(store.run(run_id)))


def _clean_up(job: JobRow) -> None:
    """See to what a worker left; where the run is held or gone, the next server does or nobody needs to."""
    with suppress(UserError):
        settle(job.subject)


EXACT_HEAD = JobKind(
    name="exact_head",
    title=Said("Making the exact solution the model"),
    arguments=ExactHeadArguments,
    folder=folder,
    run=_hand_over,
    needs=Needs(2 * GIB, 2),
    explain=inside_graft,
    died=died(
        "It ended without a word; most often the machine ran out of memory.",
        "Close what else takes memory and try again.",
    ),
    begins_afresh=True,
    clean_up=_clean_up,
)
