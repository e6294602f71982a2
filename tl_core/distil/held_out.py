"""Pictures that are never trained on, to see how far the student has come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tl_core.distil import pictures

if TYPE_CHECKING:
    from tl_core.distil.student import Training

HELD_OUT = 512


def held_out(training: Training, large_px: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches of pictures never trained on, as teacher and student see them."""
    pool, count = training.pool, training.settings.batch
    for start in range(0, min(HELD_OUT, len(pool.held_out)), count):
        numbers = np.resize(pool.held_out[start : start + count], count)
        views = [pictures.centre_view(pool[int(n)], large_px) for n in numbers]
        small = [pictures.centre_view(v, training.settings.student_px) for v in views]
        yield pictures.to_float(views), pictures.to_float(small)
