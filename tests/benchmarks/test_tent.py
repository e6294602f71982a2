"""What adapting at use brings where pictures look otherwise, on PACS, with and without centring first. Prints.

The model is fine-tuned on one domain; a copy adapts to all pictures of another, without their labels, and answers
them. GRAFT_BENCH_BACKBONE names another backbone than the starter.
"""

import os

import numpy as np
import pytest

from tests.benchmarks.divided_sets import taken_in, trained
from tests.benchmarks.test_adaptation import PAIRS, divided
from tl_core.base import ids
from tl_core.datasets.splits import TEST, TRAIN
from tl_core.modalities import registry as modalities
from tl_core.models import persist
from tl_core.training import answering, tent

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

BACKBONE = os.environ.get("GRAFT_BENCH_BACKBONE", "starter")
STAGES = 6


def test_adapting_at_use_helps_where_pictures_look_otherwise(real, report, tmp_path):
    sets = {name: taken_in(real / "pacs" / name) for pair in PAIRS for name in pair}
    models, gains = {}, []
    for source, target in PAIRS:
        if source not in models:
            dataset = divided(sets[source], (0.7, 0.2))
            named = {"backbone": BACKBONE, "trainable_stages": STAGES}
            run, _ = trained(dataset, method_name="fine_tune", **named)
            models[source] = dataset, ids.run_folder(run) / "model"
        dataset, model = models[source]
        own = opened(model, dataset, dataset.splits == TRAIN)[0]
        shown, truth = opened(model, sets[target], np.ones(len(sets[target]), bool))
        found = {"as kept": right(model, shown, truth)}
        for what, centre in (("not centred first", ()), ("adapted", own)):
            copy = tmp_path / f"{source} {target} {what}"
            tent.adapt(model, shown, copy, own=centre)
            found[what] = right(copy, shown, truth)
        for what, share in found.items():
            report(f"{BACKBONE}, {source} to {target}, {what}", share, "-", "%")
        gains.append(found["adapted"] - found["as kept"])
    for source, (dataset, model) in models.items():
        own = opened(model, dataset, dataset.splits == TRAIN)[0]
        shown, truth = opened(model, dataset, dataset.splits == TEST)
        tent.adapt(model, shown, tmp_path / source, own=own)
        for what, folder in (("as kept", model), ("adapted", tmp_path / source)):
            share = right(folder, shown, truth)
            report(f"{BACKBONE}, {source}, {len(shown)} of its own, {what}", share, "-", "%")
    report("gain of adapting at use", float(np.mean(gains)), 0.0, "points")
    assert np.mean(gains) > 0


def opened(model, dataset, rows):
    """Return some pictures as the model takes them, and their classes by its own numbers."""
    described = persist.describe(model)
    shown = modalities.of(described).decode(dataset.hashes[rows], described.entry)
    names = [dataset.classes[label] for label in dataset.labels[rows].tolist()]
    return shown, [described.classes.index(name) for name in names]


def right(model, shown, truth):
    """Return how many of a hundred pictures a model answers rightly."""
    answer = answering.model_of(model)
    told = [answer(shown[start : start + 32]) for start in range(0, len(shown), 32)]
    return 100 * float(np.mean(np.concatenate(told).argmax(axis=1) == truth))
