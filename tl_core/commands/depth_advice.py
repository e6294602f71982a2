"""What each freeze depth brings, beside its price on the command line."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tl_core import store
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.jobs import beginning
from tl_core.pricing import advice
from tl_core.pricing.advice import Advice, Recommendation
from tl_core.pricing.plan import Plan


def of_depths(dataset: Dataset, config: TrainConfig) -> tuple[Advice, ...] | None:
    """Return what each freeze depth would bring, nothing where nobody can say.

    None where no gain means anything: where numbers are learnt, or in a lesson.
    """
    row = store.dataset(dataset.id)
    if beginning.is_lesson(row) or not advice.is_given(dataset, config):
        return None
    return advice.of_depths(dataset, config, row.root_id)


def told(advised: Sequence[Advice] | None, planned: Plan) -> dict[str, Any]:
    """Return it for programs: points of accuracy by depth, and the depth that earns its time."""
    if not advised:
        return {"brings": None, "recommended_depth": None}
    found = _recommended(advised, planned)
    return {
        "brings": [asdict(each) for each in advised],
        "recommended_depth": None if found is None else asdict(found),
    }


def in_words(advised: Sequence[Advice] | None, planned: Plan) -> list[str]:
    """Return it for people, a line each depth."""
    if advised is None:
        return []
    if not advised:
        return ["what a depth brings in accuracy: nothing known yet"]
    found = _recommended(advised, planned)
    head = "stages  brings, of accuracy against the exact solution, in 8 of 10 cases"
    lines = [f"{depth:6}  {each.in_short}" for depth, each in enumerate(advised)]
    return [head, *lines, *([] if found is None else [found.why])]


def _recommended(advised: Sequence[Advice], planned: Plan) -> Recommendation | None:
    seconds = [price.total_s for price in planned.prices]
    return advice.recommended_depth(advised, seconds)
