"""What each way of adapting gains where the pictures look otherwise, on PACS. Prints; trains on real pictures.

The source has labels. Half of the target's pictures are adapted to without theirs; the other half, never
seen before, is judged.
"""

import numpy as np
import pytest

from tests.benchmarks.divided_sets import part_of, taken_in, trained
from tl_core.base import ids
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.training import teaching

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

PAIRS = (("photo", "art_painting"), ("photo", "sketch"), ("art_painting", "sketch"))
BACKBONES = ("starter", "mobilenet_v2", "efficientnet_lite0")
SEEDS = (11, 12)
"""None of them was looked at while methods were made."""
FROZEN = {
    "mean and spread": {"align": "statistics", "rounds": 0},
    "CORAL": {"align": "coral", "rounds": 0},
    "subspace alignment": {"align": "subspace", "rounds": 0},
    "mean and spread, own answers": {"align": "statistics"},
    "CORAL, own answers": {"align": "coral"},
}
DEEP = ("fine_tune", "deep_coral", "adversary")
DEEP_STAGES = 3
GAIN = 5.0


def divided(whole, seed, shares):
    """Return a data set whose parts have these shares of every class."""
    random = np.random.default_rng(seed)
    parts = np.full(len(whole), TEST, np.int8)
    for label in range(len(whole.classes)):
        places = random.permutation(np.flatnonzero(whole.labels == label))
        ends = (np.cumsum(shares) * len(places)).astype(int)
        parts[places[: ends[0]]] = TRAIN
        parts[places[ends[0] : ends[1]]] = VALIDATION
    return part_of(whole, np.arange(len(whole)), parts)


def right_on(run, dataset, rows):
    """Return the share of some pictures that a run's model names right, in percent."""
    model = ids.run_folder(run) / "model"
    told = teaching.notes(model, dataset.hashes[rows].tolist(), dataset.classes)
    return 100 * float(np.mean(told["teacher_says"].argmax(axis=1) == dataset.labels[rows]))


def test_adapting_gains_where_pictures_look_otherwise(real, report):
    wholes = {name: taken_in(real / "pacs" / name) for name in {n for pair in PAIRS for n in pair}}
    gains: dict[str, list[float]] = {}
    for backbone in BACKBONES:
        for source, target in PAIRS:
            for seed in SEEDS:
                found = one_division(wholes, backbone, source, target, seed)
                for what, value in found.items():
                    before = found["fine_tune" if what in DEEP else "source only"]
                    gains.setdefault(what, []).append(value - before)
                    print(backbone, source, target, seed, what, round(value, 1), flush=True)
    for what, values in gains.items():
        spread = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
        report(f"{what} (± {spread:.1f})", float(np.mean(values)), GAIN, "points")
    assert max(np.mean(values) for values in gains.values()) >= GAIN


def one_division(wholes, backbone, source, target, seed):
    dataset = divided(wholes[source], seed, (0.7, 0.2, 0.1))
    there = divided(wholes[target], seed, (0.5, 0.0, 0.5))
    seen = np.flatnonzero(there.splits == TRAIN)
    judged = np.flatnonzero(there.splits == TEST)
    other = part_of(there, seen, there.splits)
    inputs = {"unlabelled": other.id}
    found = {"source only": right_on(trained(dataset, backbone=backbone)[0], there, judged)}
    for what, own in FROZEN.items():
        named = {"method_name": "alignment", "method_settings": own, "backbone": backbone}
        found[what] = right_on(trained(dataset, inputs, **named)[0], there, judged)
    if backbone != BACKBONES[0] or seed != SEEDS[0]:
        return found
    for method in DEEP:
        named = {"method_name": method, "backbone": backbone, "trainable_stages": DEEP_STAGES}
        run, _ = trained(dataset, {} if method == "fine_tune" else inputs, **named)
        found[method] = right_on(run, there, judged)
    return found
