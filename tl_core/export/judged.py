"""The pictures that the app judged in a run, with its answers: what an export is held against."""

from pathlib import Path

import numpy as np

from tl_core.data import pictures
from tl_core.export.parity import MOST_PICTURES, Expected
from tl_core.models.persist import Description


def expected(run_dir: Path, described: Description) -> Expected:
    """Return up to `MOST_PICTURES` judged pictures that are still stored, test pictures first.

    Args:
        run_dir: the run's; holds `predictions.parquet`.
        described: its model.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(run_dir / "predictions.parquet")
    prefix = "p_" if described.task == "classify" else "predicted_"
    columns = [table[f"{prefix}{k}"].to_numpy() for k in range(len(described.classes))]
    answers = np.stack(columns, axis=1).astype(np.float32)
    files = [pictures.picture_path(digest) for digest in table["picture"].to_pylist()]
    order = np.argsort(np.array(table["split"].to_pylist()) != "test", kind="stable")
    stored = [row for row in order if files[row].is_file()]
    tests = sum(table["split"][int(row)].as_py() == "test" for row in stored)
    pool = stored[:tests] if tests else stored
    chosen = [pool[int(i)] for i in np.linspace(0, len(pool) - 1, min(MOST_PICTURES, len(pool)))]
    return Expected(tuple(files[row] for row in chosen), answers[chosen], described.classes)
