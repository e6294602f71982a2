"""What each method was said to take over what it took, as recommended on half of trashnet. Prints.

The other half is what methods learn from beside it. GRAFT_BENCH_METHODS names some, GRAFT_BENCH_BACKBONE another
backbone than the starter. What other work on the machine took of a run is left out of what it took, so that this
may be measured on a busy machine. Two trainings of the usual method teach what all share: what is wrong then is
how a price is put together.
"""

import os
import shutil

import numpy as np
import pytest

from tests.benchmarks.divided_sets import part_of, taken_in, trained
from tests.benchmarks.test_whole_runs import lived
from tl_core.backbones import stages
from tl_core.base import about_run, ids, settings
from tl_core.base.about_run import AboutRun
from tl_core.config import TrainConfig
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.methods import recipes, registry
from tl_core.pricing import plan

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

BACKBONE = os.environ.get("GRAFT_BENCH_BACKBONE", "starter")
ALL = ",".join(method.name for method in registry.METHODS)
NAMES = os.environ.get("GRAFT_BENCH_METHODS", ALL).split(",")
LEAST, MOST = 0.7, 1.3
ALIKE_S = 1.0
"""What nobody waits for: a price that is off by no more is near, too."""


def test_the_price_of_every_method_is_near_what_it_takes(home, real, report):
    own, other = halves(taken_in(real / "trashnet"))
    teacher, _ = trained(own, backbone=BACKBONE, trainable_stages=0)
    depth = len(stages.of(BACKBONE)) // 2
    for learning in (0, depth):  # what all methods share is learnt from the usual one
        forget_what_is_encoded()
        took(own, TrainConfig(backbone=BACKBONE, trainable_stages=learning, epochs=3), {})
    near = {}
    for name in NAMES:
        method = registry.get(name)
        chosen = registry.changed(TrainConfig(backbone=BACKBONE), name)
        config = registry.settled(recipes.suited(own, chosen, ()))
        inputs = {need.role: teacher if need.kind == "run" else other.id for need in method.needs}
        forget_what_is_encoded()
        price = plan.plan(own, config, inputs=inputs).with_libraries().chosen
        seconds = took(own, config, inputs)
        worked_s = seconds["total"] - seconds["others"]
        phases = {phase: (round(s, 1), seconds.get(phase)) for phase, s in price.by_phase().items()}
        print(name, phases, {key: s for key, s in seconds.items() if key not in phases}, flush=True)
        is_alike = abs(price.total_s - worked_s) <= ALIKE_S
        near[name] = 1.0 if is_alike else price.total_s / worked_s
        ratio = price.total_s / worked_s
        report(f"price over what happened ({worked_s:.1f} s): {name}", ratio, "0.7 to 1.3")
    assert all(LEAST <= ratio <= MOST for ratio in near.values()), near


def took(dataset, config, inputs):
    """Return the seconds of a run in a process that has its libraries loaded."""
    folder = ids.run_folder(ids.new())
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(registry.settled(config).model_dump_json())
    about_run.write(folder, AboutRun(dataset.id, inputs))
    return lived(folder, "warm")["seconds"]


def forget_what_is_encoded():
    """Empty the cache of everything but what is known of this machine."""
    for place in settings.current().cache_dir.iterdir():
        if place.is_dir():
            shutil.rmtree(place)


def halves(whole):
    """Return a data set of half the pictures, divided 70, 15 and 15, and one of the rest."""
    order = np.random.default_rng(3).permutation(len(whole))
    parts = np.full(len(whole), TRAIN, np.int8)
    first, rest = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    mixed = np.random.default_rng(4).permutation(first)
    tenths = len(mixed) * 15 // 100
    parts[mixed[:tenths]], parts[mixed[tenths : 2 * tenths]] = VALIDATION, TEST
    return part_of(whole, first, parts), part_of(whole, rest, parts)
