"""Charts of a report: what stands beside an axis is round and fits into the picture."""

import re

import pytest

from tl_core.evaluation.report.charts import DIGIT_PX, Line, Lines

BESIDE = re.compile(r'class="tick end" x="([0-9.]+)"[^>]*>([^<]*)<')


def drawn(low: float, high: float) -> list[tuple[float, str]]:
    """Where the numbers beside the vertical axis end, and what they say."""
    line = Line("answer", [(0.0, low), (1.0, high)])
    chart = Lines("t", "alt", "truth", [line], (0.0, 1.0), (low, high))
    return [(float(x), told) for x, told in BESIDE.findall(chart.svg(str)) if told != "truth"]


@pytest.mark.parametrize("ends", [(0.0, 1.0), (88_500.0, 1_830_000.0), (-25_000_000.0, 3e6)])
def test_numbers_beside_an_axis_are_not_cut_off(ends):
    told = drawn(*ends)
    assert len(told) >= 3
    assert all(x - DIGIT_PX * len(number) >= 0 for x, number in told)


def test_numbers_beside_an_axis_are_round():
    numbers = [told for _, told in drawn(88_500.0, 1_830_000.0)]
    assert numbers == ["500\u202f000", "1\u202f000\u202f000", "1\u202f500\u202f000"]
