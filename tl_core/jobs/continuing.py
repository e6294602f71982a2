"""More epochs for a run that has ended: a child run that begins where its parent stopped.

The child takes over the last checkpoint, with the optimiser's memory and the best weights so
far, and what was told of the epochs; the parent stays as it is.
"""

import json
import shutil
from pathlib import Path

from tl_core import store
from tl_core.base import about_run, ids
from tl_core.base.errors import UserError
from tl_core.base.said import packed
from tl_core.config import changed
from tl_core.jobs import run_actions
from tl_core.signals import events
from tl_core.training import checkpoint, first_answer

TOLD = ("epoch", "step", "flips")
"""What a child takes over of its parent's events, so that its curves begin at the beginning."""


def train_more(
    run_id: str, epochs: int, token: str, *, name: str = "", owner: str | None = None
) -> str:
    """Put a run in the queue that goes on with an ended one for `epochs` more; return its id.

    It trains all of them: patience has had its say in the parent. The earlier best weights are
    kept unless later ones are better.

    Args:
        run_id: the parent.
        epochs: how many more.
        token: one per click; the same token again gives the same run.
        name: as a person wrote it; empty names the parent.

    Raises:
        UserError: "not-resumable" if the parent is still at work or kept nothing to go on from,
            "setting" when there would be too many epochs.
    """
    parent = store.run(run_id, owner=owner)
    folder = ids.run_folder(run_id)
    done = checkpoint.newest(folder / checkpoint.FOLDER)
    if not parent.is_done or done is None:
        raise UserError(
            "not-resumable",
            "This run is still at work, or kept nothing to go on from.",
            "Wait until it has ended, or start a new run with the same settings.",
        )
    settings = run_actions.settings_of(run_id, owner=owner)
    config = changed(settings, epochs=done + epochs, patience=0)
    return run_actions.start_run(
        parent.dataset_id,
        config,
        token,
        name=name or f"{parent.name} + {epochs}",
        inputs=parent.inputs,
        parent=run_id,
        prepare=lambda child: _hand_over(folder, child),
        owner=owner,
    )


def start_over(run_id: str, token: str, *, owner: str | None = None) -> str:
    """Start a new run with the settings of one that cannot go on; return its id.

    Args:
        run_id: the run, which stays as it is.
        token: one per click; the same token again gives the same run.
    """
    row = store.run(run_id, owner=owner)
    config = run_actions.settings_of(run_id, owner=owner)
    return run_actions.start_run(row.dataset_id, config, token, inputs=row.inputs, owner=owner)


def can_keep_earlier(run: store.RunRow) -> bool:
    """Say whether a run that failed had a result before it was gone on with."""
    return run.status == "failed" and bool(run.metrics)


def keep_earlier(run_id: str, *, owner: str | None = None) -> None:
    """Let a run that failed when it was gone on with stand as it did before, with its result.

    Raises:
        UserError: "nothing-kept" if there is no earlier result.
    """
    run = store.run(run_id, owner=owner)
    if not can_keep_earlier(run) or not store.move_run(
        run_id, "cancelled", only_from=("failed",), owner=owner, error=None
    ):
        raise UserError(
            "nothing-kept",
            "This run has no earlier result.",
            "Start over as a new run with the same settings.",
        )


def can_train_more(run: store.RunRow) -> bool:
    """Say whether a run has ended and kept a checkpoint to go on from."""
    return run.is_done and run_actions.has_checkpoint(run.id)


def parent_of(run_id: str) -> store.RunRow | None:
    """Return the run that this one went on from, None for one that began anew."""
    try:
        parent = about_run.read(ids.run_folder(run_id)).parent
        return store.run(parent) if parent else None
    except (OSError, ValueError, UserError):
        return None


def _hand_over(parent: Path, child: Path) -> None:
    shutil.copytree(parent / checkpoint.FOLDER, child / checkpoint.FOLDER)
    if (parent / first_answer.FILE).exists():
        shutil.copy2(parent / first_answer.FILE, child / first_answer.FILE)
    told, offset = events.read(parent)
    while new := (read := events.read(parent, offset))[0]:
        told, offset = told + new, read[1]
    kept = (event for event in told if event["event"] in TOLD)
    lines = (json.dumps(packed(event), ensure_ascii=False) + "\n" for event in kept)
    (child / events.FILE).write_text("".join(lines), encoding="utf-8")
