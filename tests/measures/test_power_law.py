"""The law by which errors fall: found again where it is known, and believed no further than it holds."""

import numpy as np
import pytest

from tl_core.measures import power_law
from tl_core.measures.power_law import Measured

AMOUNTS = np.array([20, 36, 64, 112, 200])
REPEATS = (10, 8, 6, 4, 1)


def law(amounts, floor=0.05, scale=1.2, exponent=0.5):
    return floor + scale * np.asarray(amounts, float) ** -exponent


def measured(random, scatter_1, **of_law):
    """Points of a law; one training on n examples lies off it by `scatter_1` / √n."""
    return [
        Measured(
            int(n),
            np.maximum(
                law(n, **of_law) + scatter_1 / np.sqrt(n) * random.standard_normal(times), 0
            ),
        )
        for n, times in zip(AMOUNTS, REPEATS, strict=True)
    ]


@pytest.mark.parametrize("exponent", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_the_interval_holds_what_happens_at_twice_and_four_times_the_examples(exponent, floor):
    random, held = np.random.default_rng(1), []
    for _ in range(60):
        points = measured(random, 0.3, exponent=exponent, floor=floor)
        found = power_law.fit(points, 0.005)
        assert found is not None
        ahead = np.array([400, 800])
        happens = law(ahead, exponent=exponent, floor=floor)
        happens = np.maximum(happens + 0.3 / np.sqrt(ahead) * random.standard_normal(2), 0)
        band = found.at(ahead)
        held.append((band.low <= happens) & (happens <= band.high))
    assert np.mean(held) >= power_law.COVERAGE


def test_without_scatter_the_law_is_found_again_at_twice_the_examples():
    found = power_law.fit(measured(np.random.default_rng(0), 0.01), 1e-4)
    assert found is not None
    assert found.at([400]).middle[0] == pytest.approx(law(400), abs=0.012)
    assert 0.3 < found.middle_exponent < 0.8


def test_more_scatter_makes_a_wider_interval():
    narrow, wide = (
        power_law.fit(measured(np.random.default_rng(0), scatter), 0.001) for scatter in (0.1, 0.6)
    )
    assert narrow is not None and wide is not None
    widths = [float(np.ptp([(b := each.at([400])).low[0], b.high[0]])) for each in (narrow, wide)]
    assert widths[1] > 2 * widths[0]


def test_few_judged_examples_make_a_wider_interval():
    points = measured(np.random.default_rng(0), 0.05)
    many, few = (power_law.fit(points, 1 / judged) for judged in (2000, 40))
    assert many is not None and few is not None
    assert few.at([400]).high - few.at([400]).low > 2 * (many.at([400]).high - many.at([400]).low)


def test_three_amounts_have_no_law():
    assert power_law.fit(measured(np.random.default_rng(0), 0.1)[:3], 0.01) is None


def test_no_mistakes_at_all_leave_nothing_to_fall():
    points = [Measured(int(n), np.zeros(r)) for n, r in zip(AMOUNTS, REPEATS, strict=True)]
    found = power_law.fit(points, 0.01)
    assert found is not None
    band = found.at([200, 400])
    assert np.isfinite(band.high).all() and (band.low == 0).all() and (band.high < 0.05).all()
