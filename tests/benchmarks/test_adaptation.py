"""What each way of adapting gains where the pictures look otherwise, on PACS. Prints.

The source has labels. Half of the target's pictures are adapted to without theirs; the other half, never
seen before, is judged. A measured choice knows the classes of a few of a class in the half that is adapted to.
"""

import dataclasses

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
DRAWN = tuple(range(21, 27))
"""Divisions, each with other pictures that choose."""
TURNED = (("art_painting", "photo"), ("sketch", "art_painting"))
"""Where what is best for other pairs gains little, or harms."""
CHOOSE = 5
"""Labelled pictures of a class there."""
WORST = -1.0


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


@pytest.mark.parametrize("backbone", BACKBONES)
def test_what_a_few_labelled_pictures_choose_is_hardly_ever_worse_than_not_to_adapt(
    backbone, real, report, tmp_path
):
    means = []
    for source, target in (*PAIRS, *TURNED):
        sets = [features_of(backbone, real / "pacs" / name, tmp_path) for name in (source, target)]
        divisions = [Division(*sets, seed) for seed in DRAWN]
        gains = [each.measured() - each.source_only for each in divisions]
        means.append(float(np.mean(gains)))
        told = ", ".join(f"{gain:+.1f}" for gain in gains)
        report(
            f"{backbone}, {source} to {target}, measured choice ({told})",
            means[-1],
            WORST,
            "points",
        )
    assert min(means) >= WORST


class Division:
    """A source that is learnt from, and a target of which one half is seen and the other judges."""

    def __init__(self, source, target, seed):
        random = np.random.default_rng(seed)
        self.source, self.target = source, target
        self.learnt, self.choosing = probe.stratified(source.labels, 0.8, random)
        self.seen, self.judged = probe.stratified(target.labels, 0.5, random)
        truth = target.labels[self.seen]
        every = [random.permutation(np.flatnonzero(truth == label)) for label in np.unique(truth)]
        some = np.concatenate([each[:CHOOSE] for each in every])
        self.shown = np.full(len(truth), -1)
        self.shown[some] = truth[some]

    @property
    def source_only(self):
        return self.right(None, None)

    def right(self, own, beside):
        """Return the points of the judged half that the head of a way is right on."""
        return self._right(self.known(own), beside)

    def measured(self):
        """Return those of the way that `CHOOSE` labelled pictures of a class choose."""
        known = self.known(alignment.Own(align="measured"))
        known = dataclasses.replace(known, notes=alignment.notes(known))
        return self._right(known, alignment.aligned_head)

    def known(self, own):
        there = self.target.rows[self.seen]
        nothing = np.zeros(len(there), np.int32)
        examples = {
            "unlabelled": Examples(np.array(["x"] * len(there)), nothing, judged=self.shown)
        }
        return Known(
            *(goal_of(self.source.labels, self.learnt), TrainConfig(), own, self.source.rows),
            *(self.learnt, examples, {"unlabelled": there}),
            choosing=self.choosing,
        )

    def _right(self, known, beside):
        told = solved(known, self.choosing, beside)(self.target.rows[self.judged])
        return 100 * float(np.mean(told.argmax(axis=1) == self.target.labels[self.judged]))


def one_division(source, target, seed):
    division = Division(source, target, seed)
    ways = {
        what: division.right(alignment.Own(**own), alignment.aligned_head)
        for what, own in WAYS.items()
    }
    return {"source only": division.source_only} | ways


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
