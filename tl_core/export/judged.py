"""Pictures with the app's answers: what an export is held against."""

from pathlib import Path

import numpy as np

from tl_core.data import originals, pictures
from tl_core.export import awkward
from tl_core.export.parity import MOST_PICTURES, Expected
from tl_core.models.persist import Description
from tl_core.training import answering


def expected(run_dir: Path, described: Description) -> Expected:
    """Return up to `MOST_PICTURES` pictures that the app judged in a run, test pictures first.

    Those that are kept as they were uploaded come first of these, and as such; of the others what
    the app stored is taken.

    Args:
        run_dir: the run's; holds `predictions.parquet`.
        described: its model.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(run_dir / "predictions.parquet")
    prefix = "p_" if described.task == "classify" else "predicted_"
    columns = [table[f"{prefix}{k}"].to_numpy() for k in range(len(described.classes))]
    answers = np.stack(columns, axis=1).astype(np.float32)
    digests = table["picture"].to_pylist()
    files = [pictures.picture_path(digest) for digest in digests]
    order = np.argsort(np.array(table["split"].to_pylist()) != "test", kind="stable")
    stored = [int(row) for row in order if files[row].is_file()]
    tests = sum(table["split"][row].as_py() == "test" for row in stored)
    pool = stored[:tests] if tests else stored
    came = {row: originals.found(digests[row], described.greys) for row in pool}
    uploaded = [row for row in pool if came[row]]
    others = [row for row in pool if not came[row]]
    chosen = _evenly(uploaded, MOST_PICTURES)
    chosen += _evenly(others, MOST_PICTURES - len(chosen))
    return Expected(
        tuple(came[row] or files[row] for row in chosen),
        answers[chosen],
        described.classes,
        originals=sum(came[row] is not None for row in chosen),
    )


def with_awkward(judged: Expected, model_dir: Path, folder: Path) -> Expected:
    """Return `judged` and awkward files with the answers that the app gives for them now.

    Args:
        judged: the pictures of the run.
        model_dir: its model.
        folder: an empty one, to write the files into.
    """
    files = awkward.write(folder)
    answers = answering.answers(model_dir, files).astype(np.float32)
    return Expected(
        (*judged.pictures, *files),
        np.concatenate([judged.answers, answers]),
        judged.names,
        originals=judged.originals,
        awkward=len(files),
    )


def _evenly(rows: list[int], count: int) -> list[int]:
    """Return `count` of the rows at even distances, or all of them if there are not so many."""
    places = np.linspace(0, len(rows) - 1, min(count, len(rows)))
    return [rows[int(place)] for place in places]
