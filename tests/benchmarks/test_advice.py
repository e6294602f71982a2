"""How often the adviser's intervals hold, and what its recommended depths bring: data sets left out one by one."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from tl_core.pricing import expected_gain, gains
from tl_core.pricing.advice import Advice, recommended_depth
from tl_core.pricing.expected_gain import COVERAGE, FEWEST_SETS, Expected
from tl_core.pricing.gains import Gain

pytestmark = pytest.mark.benchmark

Told = list[tuple[Gain, Expected]]


@pytest.fixture(scope="module")
def study() -> tuple[Gain, ...]:
    """The study's table, which must have a data set more than an interval needs."""
    found = gains.gains_in(gains.STUDY.read_text("utf-8"))
    if len({gain.case.set for gain in found}) <= FEWEST_SETS:
        pytest.skip("the study's table has too few data sets")
    return found


def left_out(study: tuple[Gain, ...], *, with_head: bool) -> Iterator[tuple[Gain, Expected]]:
    """Yield every training with what is expected of it by those of all other data sets."""
    for name in sorted({gain.case.set for gain in study}):
        shown = tuple(gain for gain in study if gain.case.set != name)
        for gain in (gain for gain in study if gain.case.set == name):
            head = gain.exact_accuracy if with_head else None
            for expected in expected_gain.expect([gain.case], shown, head) or ():
                yield gain, expected


def held(told: Told) -> float:
    return float(np.mean([each.low <= gain.points <= each.high for gain, each in told]))


@pytest.mark.parametrize("with_head", [False, True], ids=["before any run", "exact head known"])
def test_intervals_hold_in_most_cases_left_out(study, report, with_head):
    told = list(left_out(study, with_head=with_head))
    known = "exact head known" if with_head else "before any run"
    report(f"advice holds, {known}", 100 * held(told), f"{100 * COVERAGE:.0f}", "%")
    by_set = defaultdict(list)
    for gain, each in told:
        by_set[gain.case.set].append((gain, each))
    for name, part in by_set.items():
        report(f"  on {name}", 100 * held(part), "-", "%")
    width = float(np.median([each.high - each.low for _, each in told]))
    report("  width of an interval, the median", width, "-", "points")
    assert held(told) >= COVERAGE


def test_recommended_depths_bring_what_is_promised(study, report):
    """Print what the depth brings that is recommended without having seen the data set."""
    brought = defaultdict(list)
    trainings = defaultdict(list)
    for gain, each in left_out(study, with_head=False):
        case = gain.case
        key = (case.set, case.per_class, case.backbone, gain.division)
        trainings[key].append((gain, each))
    for (_, _, backbone, _), measured in trainings.items():
        measured.sort(key=lambda pair: pair[0].case.stages)
        advised = [Advice(each.low, each.mean, each.high, 0, 0) for _, each in measured]
        # Seconds are no part of the study: deeper takes longer.
        found = recommended_depth(advised, range(len(advised)))
        assert found is not None
        brought[backbone].append(measured[found.trainable_stages][0].points)
    for backbone, points in sorted(brought.items()):
        mean, error = np.mean(points), np.std(points) / np.sqrt(len(points))
        report(
            f"recommended depth of {backbone} brings (± {error:.1f})", float(mean), "1", "points"
        )
