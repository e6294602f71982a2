"""How far apart pictures look, on PACS: three looks against one another, and halves of one against the other. Prints."""

from itertools import combinations

import numpy as np
import pytest

from tests.benchmarks.divided_sets import features_of
from tl_core.evaluation import domain_shift

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

LOOKS = ("photo", "art_painting", "sketch")
BACKBONES = ("starter", "mobilenet_v2")
AMOUNTS = (20, 60, 200)
DIVISIONS = 40


@pytest.mark.parametrize("backbone", BACKBONES)
def test_other_looks_are_told_and_halves_of_one_are_not(backbone, real, report, tmp_path):
    rows = {name: features_of(backbone, real / "pacs" / name, tmp_path).rows for name in LOOKS}
    for one, other in combinations(LOOKS, 2):
        found = domain_shift.measure(rows[one], rows[other])
        report(f"{backbone}, {one} and {other}, lower end of the AUC", found.low, "0.80", "AUC")
        report(f"{backbone}, {one} and {other}, MMD squared", found.squared, "-", "")
        assert found.verdict == "clear"
    for amount in AMOUNTS:
        halves = [_halves(rows[name], amount, seed) for name in LOOKS for seed in range(DIVISIONS)]
        held = np.mean([each.low <= 0.5 <= each.high for each in halves])
        said = np.mean([each.verdict in ("little", "some", "clear") for each in halves])
        report(
            f"{backbone}, halves of {amount}, intervals that hold 0.5", float(held), ">= 0.90", ""
        )
        report(f"{backbone}, halves of {amount}, said to differ", float(said), "<= 0.10", "")
        assert held >= 0.9 and said <= 0.1


def _halves(rows: np.ndarray, amount: int, seed: int) -> domain_shift.Shift:
    order = np.random.default_rng([seed, amount]).permutation(len(rows))
    return domain_shift.measure(rows[order[:amount]], rows[order[amount : 2 * amount]], seed=seed)
