"""What it brings to build on a model of one's own: taught on photos, then 10 paintings a class. Prints.

The starter is fine-tuned on all photos of PACS and becomes a backbone. Beside the starter as it comes, the
exact head learns from 10 paintings of each of the same seven classes, in several divisions; the others are
judged. Then sketches likewise.
"""

import numpy as np
import pytest

from tests.benchmarks.divided_sets import features_of, goal_of, solved, taken_in, trained
from tl_core.backbones.card import Lesson
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.evaluation import probe
from tl_core.methods.method import Known
from tl_core.models import as_backbone
from tl_core.training.results import MODEL_DIR

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

STAGES = (3,)
"""That learn from photos, counted from the output."""
LEARNT = 10
DIVISIONS = 12
TARGETS = ("pacs/art_painting", "pacs/sketch")


def test_a_model_of_ones_own_beside_the_published_one(real, report, tmp_path):
    names = {"starter": "starter"}
    photos = taken_in(real / "pacs" / "photo")
    for depth in STAGES:
        run_id, metrics = trained(photos, backbone="starter", trainable_stages=depth)
        report(f"photos, {depth} stages learnt", 100 * metrics["test_accuracy"], "-", "% right")
        lesson = Lesson(data="photos", answers_count=7, task="classify", stages=depth)
        folder = ids.run_folder(run_id) / MODEL_DIR
        made = as_backbone.make(folder, f"Photos {depth}", lesson, lambda text: None)
        names[f"own, {depth} stages"] = made.name
    for target in TARGETS:
        found = {
            what: np.array(accuracies(features_of(name, real / target, tmp_path)))
            for what, name in names.items()
        }
        for what, right in found.items():
            report(f"{target}, {what} (± {spread(right):.1f})", right.mean(), "-", "% right")
            if what != "starter":
                gain = right - found["starter"]
                report(
                    f"  gain over the starter (± {spread(gain):.1f})", gain.mean(), "-", "points"
                )


def accuracies(features):
    """Return in how many of the others the exact head is right, for each division, in percent."""
    found = []
    for seed in range(DIVISIONS):
        random = np.random.default_rng(seed)
        chosen = [
            random.permutation(np.flatnonzero(features.labels == label))[:LEARNT]
            for label in range(int(features.labels.max()) + 1)
        ]
        learnt = np.sort(np.concatenate(chosen))
        judged = np.setdiff1d(np.arange(len(features.labels)), learnt)
        inner, choosing = probe.stratified(features.labels[learnt], 0.8, random)
        goal = goal_of(features.labels, learnt[inner])
        known = Known(goal, TrainConfig(), None, features.rows, learnt[inner])
        told = solved(known, learnt[choosing])(features.rows[judged])
        found.append(100 * float(np.mean(told.argmax(axis=1) == features.labels[judged])))
    return found


def spread(values):
    """Return the half width of the 95 % interval of a mean over divisions."""
    return 2.2 * float(np.std(values, ddof=1)) / len(values) ** 0.5
