"""What each way of adapting gains where the pictures look otherwise, on PACS. Prints.

The source has labels. Half of the target's pictures are adapted to without theirs; the other half, never
seen before, is judged.
"""

import numpy as np
import pytest

from tests.benchmarks.divided_sets import (
    features_of,
    goal_of,
    part_of,
    solved,
    taken_in,
    trained,
)
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.job import Examples
from tl_core.evaluation import probe
from tl_core.methods import alignment
from tl_core.methods.method import Known
from tl_core.training import teaching

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

PAIRS = (("photo", "art_painting"), ("photo", "sketch"), ("art_painting", "sketch"))
BACKBONES = ("starter", "mobilenet_v2", "efficientnet_lite0")
SEEDS = (11,)
"""Not looked at while methods were made."""
WAYS = {
    "mean and spread": {"align": "statistics", "rounds": 0},
    "CORAL": {"align": "coral", "rounds": 0},
    "subspace alignment": {"align": "subspace", "rounds": 0},
    "mean and spread, own answers": {"align": "statistics"},
    "CORAL, own answers": {"align": "coral"},
    "subspace alignment, own answers": {"align": "subspace"},
}
DEEP = ("fine_tune", "deep_coral", "adversary", "adabn")
DEEP_STAGES = 3
GAIN = 5.0


def test_aligned_features_gain_where_pictures_look_otherwise(real, report, tmp_path):
    gains: dict[str, list[float]] = {}
    for backbone in BACKBONES:
        for source, target in PAIRS:
            sets = [
                features_of(backbone, real / "pacs" / name, tmp_path) for name in (source, target)
            ]
            found: dict[str, list[float]] = {}
            for seed in SEEDS:
                for what, value in one_division(*sets, seed).items():
                    found.setdefault(what, []).append(value)
            for what, values in found.items():
                mean = float(np.mean(values))
                report(f"{backbone}, {source} to {target}, {what}", mean, "-", "points")
                gains.setdefault(what, []).extend(np.subtract(values, found["source only"]))
    for what, values in gains.items():
        spread = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
        report(f"gain of {what} (± {spread:.1f})", float(np.mean(values)), GAIN, "points")
    assert max(np.mean(values) for values in gains.values()) >= GAIN


def one_division(source, target, seed):
    random = np.random.default_rng(seed)
    learnt, choosing = probe.stratified(source.labels, 0.8, random)
    seen, judged = probe.stratified(target.labels, 0.5, random)
    goal = goal_of(source.labels, learnt)
    there = target.rows[seen]
    examples = {
        "unlabelled": Examples(np.array(["x"] * len(there)), np.zeros(len(there), np.int32))
    }

    def right(own, beside):
        further = {"unlabelled": there}
        known = Known(goal, TrainConfig(), own, source.rows, learnt, examples, further)
        told = solved(known, choosing, beside)(target.rows[judged])
        return 100 * float(np.mean(told.argmax(axis=1) == target.labels[judged]))

    ways = {what: right(alignment.Own(**own), alignment.aligned_head) for what, own in WAYS.items()}
    return {"source only": right(None, None)} | ways


def test_networks_that_adapt_while_they_learn(real, report):
    """Say what the starter gains or loses against fine-tuning, from photos to sketches; nothing is asked."""
    photo, sketch = (taken_in(real / "pacs" / name) for name in ("photo", "sketch"))
    dataset, there = divided(photo, (0.7, 0.2)), divided(sketch, (0.5, 0.0))
    judged = np.flatnonzero(there.splits == TEST)
    other = part_of(there, np.flatnonzero(there.splits == TRAIN), there.splits)
    for method in DEEP:
        named = {"method_name": method, "backbone": "starter", "trainable_stages": DEEP_STAGES}
        run, _ = trained(
            dataset, {} if method == "fine_tune" else {"unlabelled": other.id}, **named
        )
        model = ids.run_folder(run) / "model"
        told = teaching.notes(model, there.hashes[judged].tolist(), there.classes)["teacher_says"]
        right = float(np.mean(told.argmax(axis=1) == there.labels[judged]))
        report(f"starter, photo to sketch, {method}", 100 * right, "-", "points")


def divided(whole, shares):
    """Return a data set that learns from and validates by these shares of every class, and tests the rest."""
    random = np.random.default_rng(SEEDS[0])
    parts = np.full(len(whole), TEST, np.int8)
    for label in range(len(whole.classes)):
        places = random.permutation(np.flatnonzero(whole.labels == label))
        ends = (np.cumsum(shares) * len(places)).astype(int)
        parts[places[: ends[0]]] = TRAIN
        parts[places[ends[0] : ends[1]]] = VALIDATION
    return part_of(whole, np.arange(len(whole)), parts)
