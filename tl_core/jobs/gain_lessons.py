"""What a finished run teaches the adviser: how far training brought it beyond the exact head."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import parse
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST, VALIDATION
from tl_core.jobs import beginning
from tl_core.pricing import advice, gains
from tl_core.pricing.gains import Gain, JudgedOn

PARTS: tuple[tuple[int, JudgedOn, str, str], ...] = (
    (TEST, "test", "closed_form_accuracy", "test_accuracy"),
    (VALIDATION, "validation", "closed_form_val_accuracy", "val_accuracy"),
)
"""The parts of a data set, with the names of what the exact head and the model reached on them."""


def learn(run_id: str, metrics: Mapping[str, Any]) -> None:
    """Remember what a run brought; sample pictures and runs that no advice is about teach nothing.

    A run that cannot be learnt from is as finished as any other.
    """
    with suppress(OSError, UserError):
        for gain in _of_run(run_id, metrics):
            gains.keep(gain)


def _of_run(run_id: str, metrics: Mapping[str, Any]) -> list[Gain]:
    run = store.run(run_id)
    row, config = store.dataset(run.dataset_id), parse(run.config)
    dataset = manifest.load(row.id)
    if beginning.is_lesson(row) or not advice.is_given(dataset, config):
        return []
    told = []
    for part, judged_on, exact, trained in PARTS:
        case = advice.case(dataset, config, row.root_id, part)
        if case.judged and metrics.get(exact) is not None and metrics.get(trained) is not None:
            told.append(Gain(case, metrics[exact], metrics[trained], judged_on, row.id))
    return told
