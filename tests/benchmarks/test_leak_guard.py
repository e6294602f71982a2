"""Are changed copies of what judges a run found among pictures from elsewhere, and what does looking for them take?

Held against comparing every picture with every other, as the quality report does: that also finds what
hangs together in the other set alone, which no run asks for.
"""

import time

import numpy as np
import pytest

from tests.benchmarks.test_quality import pictures_in
from tests.quality.planting import CHANGES, TURNS, changed, prints_of
from tl_core.modalities.picture import near_copies
from tl_core.quality import leaks

pytestmark = pytest.mark.benchmark

PAIRS = (("pacs/sketch", "pacs/photo"), ("trashnet", "pacs/photo"), ("pacs/photo", "trashnet"))
JUDGED, PLANTED = 500, 140


def compared_all(others: np.ndarray, own: np.ndarray) -> np.ndarray:
    found = near_copies.related(np.concatenate([own, others]))
    numbers = leaks.joined(len(own) + len(others), found.near, found.turned_pairs)
    return np.isin(numbers[len(own) :], numbers[: len(own)])


@pytest.mark.parametrize(("target", "source"), PAIRS)
def test_changed_copies_of_judging_pictures_are_found_and_nothing_else(
    target, source, data_root, report
):
    random = np.random.default_rng(0)
    pictures = pictures_in(data_root / target)
    judged = random.permutation(len(pictures))[:JUDGED]
    ways = [*CHANGES, *TURNS]
    planted = []
    for number, row in enumerate(judged[:PLANTED]):
        way = ways[number % len(ways)]
        plain = pictures[row]
        planted.append(plain.transpose(TURNS[way]) if way in TURNS else changed(plain, way, random))
    others = prints_of([*pictures_in(data_root / source), *planted])
    own = prints_of([pictures[row] for row in judged])
    own["hash"] = [f"o{row:063x}".encode() for row in range(len(own))]
    seconds = {}
    for name, look in (("one by one", near_copies.made_from), ("all pairs", compared_all)):
        began = time.process_time()
        found = look(others, own)
        seconds[name] = time.process_time() - began
        right = found[-len(planted) :].mean()
        wrong = int(found[: -len(planted)].sum())
        report(f"{target} in {source}: copies found, {name}", 100 * right, ">= 95", "%")
        report(f"{target} in {source}: others taken for copies, {name}", wrong, "0", "")
        assert right >= 0.95 and wrong <= 1
    ratio = seconds["one by one"] / seconds["all pairs"]
    report(f"{target} in {source}: time over all pairs", ratio, "< 1")
    each_ms = 1000 * seconds["one by one"] / (len(others) + len(own))
    report(f"{target} in {source}: a picture", each_ms, "-", "ms")
