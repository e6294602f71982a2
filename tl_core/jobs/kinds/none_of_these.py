"""Tries a model on what it was never taught, and gives an older one what newer ones have: its subject is the run's id.

What came of it lies in the run's folder in a file of its own, and says of which weights it tells. Rows that the run
kept are used again; it works in a folder of its own below the run's.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tl_core import store
from tl_core.base import about_run, ids, locks
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.datasets import goals
from tl_core.datasets.splits import TEST
from tl_core.evaluation import unknowns_tried
from tl_core.home import backup_lock
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.jobs.kinds.exact_head import settle, telling
from tl_core.methods import leak_guard
from tl_core.modalities import registry as modalities
from tl_core.models import detector_file, persist
from tl_core.samples import bundled
from tl_core.tasks import registry
from tl_core.training import brought_up_to_date, candidates, results, unknown_pictures

BROUGHT = ("config.json", about_run.FILE, leak_guard.FILE, "plan.json")
SAMPLES = 60
SEED = 7


class TryUnknownArguments(Arguments):
    """All that matters lies in the run's folder."""


def folder(run_id: str) -> Path:
    """Return the folder of the work, which need not exist."""
    return ids.run_folder(run_id) / ".none_of_these"


def _try(context: Context) -> Outcome:
    from tl_core.encoding.encode import StoppedError
    from tl_core.training import kept_model

    run, place = store.run(context.subject), context.folder
    of_run = ids.run_folder(run.id)
    for name in BROUGHT:
        if (of_run / name).exists():
            shutil.copy2(of_run / name, place / name)
    settle(run.id)
    model = of_run / results.MODEL_DIR
    try:
        known = kept_model.known(place, model, context.emit.emit)
        if brought_up_to_date.is_needed(run.metrics or {}, model):
            context.emit.emit(
                "phase", phase="evaluate", text=Said("Judging with what newer models have")
            )
            brought_up_to_date.make(of_run, place / "newer", known, run.metrics or {})
            with locks.writing_alone(of_run):
                backup_lock.require_free()
                candidates.put_right(of_run, place / "newer", telling(run))
            known = kept_model.known(place, model, context.emit.emit)
        found = _left_out(context, known), _samples(context, run, model, known)
    except StoppedError as error:
        raise UserError("stopped", "It was stopped, and nothing was found out.", "") from error
    unknowns_tried.keep(of_run, *found)
    return Outcome()


def _left_out(context: Context, known: Any) -> list[dict[str, Any]]:
    from tl_core.encoding.encode import StoppedError
    from tl_core.evaluation import left_out

    goal, job = known.goal, known.job
    if not goal.task.one_class_each:
        return []
    groups = goals.belonging(job.dataset)
    parts = {
        part: left_out.Part(
            seen.features,
            unknown_pictures.labels_of(job, goal, part),
            None if groups is None else groups[job.members(part)],
        )
        for part, seen in known.seen.items()
    }

    def on_class(done: int, total: int) -> None:
        if context.should_stop():
            raise StoppedError
        text = counted("Leaving out {done} of {count} class", "Leaving out {done} of {count} classes", total, done=done + 1)  # fmt: skip
        context.emit.emit("phase", phase="evaluate", text=text)
        context.emit.emit("progress", phase="evaluate", done=done, total=total, seconds_left=None)

    has_learnt = job.config.network.trainable_stages > 0
    found = left_out.each(parts, goal.outputs, has_learnt=has_learnt, on_class=on_class)
    return [each.told() for each in found]


def _samples(context: Context, run: store.RunRow, model: Path, known: Any) -> dict[str, Any] | None:
    """Return how well sample pictures that the model was never shown are told; None for other modalities."""
    which = _strange_samples(run)
    described = persist.describe(model)
    if (
        which is None
        or known.job.modality is not modalities.USUAL
        or not len(known.seen[TEST].features)
    ):
        return None
    from tl_core.evaluation import left_out
    from tl_core.training import answering

    context.emit.emit("phase", phase="evaluate", text=Said("Looking at sample pictures"))
    detector = detector_file.load(model, described.tail_sha256)
    assert detector is not None  # made before, if need be
    sample = bundled.SETS[which]
    with tempfile.TemporaryDirectory(dir=context.folder) as scratch:
        bundled.make(Path(scratch), SEED, which=which, each=SAMPLES // len(sample.kinds))
        pictures = sorted(Path(scratch).rglob("*.jpg"))
        opened = np.stack([answering.seen(described, each, is_timed=False)[1] for each in pictures])
    told, features = answering.seeing(model)(opened)
    if features is None:
        return None
    test, task = known.seen[TEST], registry.get(described.task)
    return left_out.compared(
        sample.title,
        detector,
        detector.score(test.features, test.doubts(known.goal)),
        detector.score(features, unknown_pictures.doubts(task, told)),
        None,
    ).told()


def _strange_samples(run: store.RunRow) -> bundled.Bundled | None:
    """Return the sample set that a run did not learn from, None where nobody knows."""
    try:
        row = store.dataset(run.dataset_id)
        source = (store.dataset(row.root_id).request or {}).get("source")
    except UserError:
        return None
    return "samples:juice" if source == "samples" else "samples"


NONE_OF_THESE = JobKind(
    name="none_of_these",
    title=Said("Trying what it was never taught"),
    arguments=TryUnknownArguments,
    folder=folder,
    run=_try,
    needs=Needs(2 * GIB, 2),
    explain=inside_graft,
    died=died(
        "It ended without a word; most often the machine ran out of memory.",
        "Close what else takes memory and try again.",
    ),
    begins_afresh=True,
)
