"""Pictures with the app's answers: what an export is held against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tl_core.base import about_run
from tl_core.base.errors import UserError
from tl_core.datasets import goals, manifest
from tl_core.export.parity import MOST_PICTURES, Expected
from tl_core.intake import originals
from tl_core.modalities import registry as modalities
from tl_core.models import persist
from tl_core.models.persist import Description
from tl_core.tasks import registry
from tl_core.training import answering, results

if TYPE_CHECKING:
    import pyarrow as pa

MOST_MADE_SMALLER = 40


def is_possible(run_dir: Path) -> bool:
    """Say whether the app judged pictures in a run; it did not where a model came from elsewhere."""
    return (run_dir / results.PREDICTIONS).is_file()


def expected(run_dir: Path, described: Description) -> Expected:
    """Return up to `MOST_PICTURES` pictures that the app judged in a run, test pictures first.

    Those that are kept as they were uploaded come first of these, and as such; of the others what
    the app stored is taken.

    Args:
        run_dir: the run's; holds `predictions.parquet`.
        described: its model.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(run_dir / results.PREDICTIONS)
    prefix = registry.get(described.task).answer_prefix
    columns = [table[f"{prefix}{k}"].to_numpy() for k in range(len(described.classes))]
    answers = np.stack(columns, axis=1).astype(np.float32)
    digests = table["picture"].to_pylist()
    modality = modalities.of(described)
    files = [modality.stored(digest) for digest in digests]
    order = np.argsort(np.array(table["split"].to_pylist()) != "test", kind="stable")
    stored = [int(row) for row in order if files[row].is_file()]
    tests = sum(table["split"][row].as_py() == "test" for row in stored)
    pool = stored[:tests] if tests else stored
    came = {row: originals.found(digests[row], modality, described.read_by) for row in pool}
    uploaded = {row: own.path for row, own in came.items() if own and not own.was_larger}
    chosen = _evenly([*uploaded], MOST_PICTURES)
    count = len(chosen)
    chosen += _evenly([row for row in pool if row not in uploaded], MOST_PICTURES - count)
    truth = _truth(table, described)
    return Expected(
        tuple(uploaded.get(row, files[row]) for row in chosen),
        answers[chosen],
        described.classes,
        originals=count,
        truth=None if truth is None else truth[chosen],
        groups=_groups(run_dir, [digests[row] for row in chosen]),
    )


def with_awkward(judged: Expected, run_dir: Path, folder: Path) -> Expected:
    """Return `judged` and what else an export is held against, with the answers that the app gives now.

    That are photos before the browser made them smaller (the app answers for what it stored), and
    awkward files.

    Args:
        judged: the pictures of the run.
        run_dir: the run's; holds its model.
        folder: an empty one, to write the awkward files into.
    """
    described = persist.describe(run_dir / results.MODEL_DIR)
    larger, stored = _made_smaller(run_dir)
    files = modalities.of(described).awkward(folder)
    # All of these are our own: a machine that is busy must not end the packing.
    ours = [*stored, *files]
    told = answering.answers(run_dir / results.MODEL_DIR, ours, is_timed=False)
    return Expected(
        (*judged.pictures, *larger, *files),
        np.concatenate([judged.answers, told.astype(np.float32)]),
        judged.names,
        originals=judged.originals,
        truth=judged.truth,
        groups=judged.groups,
        made_smaller=len(larger),
        awkward=len(files),
    )


def _truth(table: pa.Table, described: Description) -> np.ndarray | None:
    """Return what is true of every picture that was judged; None where the run did not keep it."""
    task = registry.get(described.task)
    try:
        return task.true_in(lambda name: table[name].to_numpy(), len(described.classes))
    except KeyError:
        return None


def _groups(run_dir: Path, digests: list[str]) -> np.ndarray | None:
    """Return for some pictures what belongs together, None where nothing does or nobody knows."""
    dataset = _dataset(run_dir)
    groups = None if dataset is None else goals.belonging(dataset)
    if dataset is None or groups is None:
        return None
    group_of = dict(zip(map(str, dataset.hashes), groups.tolist(), strict=True))
    if not all(digest in group_of for digest in digests):
        return None
    return np.array([group_of[digest] for digest in digests])


def _dataset(run_dir: Path) -> manifest.Dataset | None:
    """Return what the run learnt from, None where that is no longer there."""
    try:
        return manifest.load(about_run.read(run_dir).dataset)
    except (OSError, ValueError, UserError):
        return None


def _made_smaller(run_dir: Path) -> tuple[list[Path], list[Path]]:
    """Return photos that the browser made smaller, as they were, and what was stored of each."""
    dataset = _dataset(run_dir)
    if dataset is None:
        return [], []
    larger, stored, modality = [], [], modalities.of(dataset)
    for digest in dict.fromkeys(map(str, dataset.hashes)):
        own = originals.found(digest, modality, dataset.read_by)
        if own and own.was_larger and len(larger) < MOST_MADE_SMALLER:
            larger.append(own.path)
            stored.append(modality.stored(digest))
    return larger, stored


def _evenly(rows: list[int], count: int) -> list[int]:
    """Return `count` of the rows at even distances, or all of them if there are not so many."""
    places = np.linspace(0, len(rows) - 1, min(count, len(rows)))
    return [rows[int(place)] for place in places]
