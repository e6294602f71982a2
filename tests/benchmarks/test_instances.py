"""What labelled pictures from elsewhere are worth, two fifths of them unrelated and wrongly named. Prints.

Five sketches of a class are learnt from, one of them validates; photos and paintings of the same classes
join, and litter and hand signs under names of these classes. All other sketches are tested.
"""

import dataclasses

import numpy as np
import pytest

from tests.benchmarks.divided_sets import features_of, goal_of, solved
from tl_core.config import TrainConfig
from tl_core.encoding.job import Examples
from tl_core.methods import instances
from tl_core.methods.method import Known

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

BACKBONES = ("starter", "mobilenet_v2", "efficientnet_lite0")
SPLITS = range(20, 25)
"""None of them was looked at while the method was made."""
OWN, UNRELATED = 5, 0.4
WAYS = {
    "weighted": "alike",
    "boosted": "boosted",
    "share of one's own alone": "balanced",
    "unweighted pooling": "all",
}
KNOWN = "only the related ones, as if one knew"
"""What no way of weighing can do better than, but by chance: every picture of the right class, and no other."""
ABOVE_POOLING, ABOVE_ALONE = 2.0, 3.0
"""Points wished for. The second lies above what knowing the related pictures gains; it is printed, and asked is
a gain beyond doubt."""


def test_weighted_pictures_from_elsewhere_help(real, report, tmp_path):
    found: dict[str, list[float]] = {}
    for backbone in BACKBONES:
        sets = [
            features_of(backbone, real / name, tmp_path)
            for name in (
                *map("pacs/{}".format, ("sketch", "photo", "art_painting")),
                "trashnet",
                "sign_digits",
            )
        ]
        here = [one_split(*sets, seed) for seed in SPLITS]
        for what in here[0]:
            values = [each[what] for each in here]
            report(f"{backbone}, {what}", float(np.mean(values)), "-", "points")
            found.setdefault(what, []).extend(values)
    asked = (
        ("weighted", "unweighted pooling", ABOVE_POOLING),
        ("weighted", "no source", ABOVE_ALONE),
        (KNOWN, "no source", "-"),
    )
    for way, other, least in asked:
        apart = np.subtract(found[way], found[other])
        spread = 1.96 * float(np.std(apart, ddof=1)) / len(apart) ** 0.5
        report(f"{way} above {other} (± {spread:.1f})", float(np.mean(apart)), least, "points")
        if way == "weighted":
            assert np.mean(apart) >= (least if other == "unweighted pooling" else spread)


def one_split(sketch, photo, painting, litter, signs, seed):
    random = np.random.default_rng(seed)
    classes = range(int(sketch.labels.max()) + 1)
    own = [random.permutation(np.flatnonzero(sketch.labels == one))[:OWN] for one in classes]
    choosing, learnt = (
        np.array([each[0] for each in own]),
        np.concatenate([each[1:] for each in own]),
    )
    tested = np.setdiff1d(np.arange(len(sketch.labels)), np.concatenate(own))
    related = len(photo.rows) + len(painting.rows)
    count = round(related * UNRELATED / (1 - UNRELATED))
    others = np.concatenate([litter.rows, signs.rows])
    others = others[random.permutation(len(others))[:count]]
    rows = np.concatenate([photo.rows, painting.rows, others])
    named = random.integers(0, len(classes), count)
    labels = np.concatenate([photo.labels, painting.labels, named]).astype(np.int32)
    goal = goal_of(sketch.labels, learnt)
    source = Examples(np.arange(len(rows)).astype("<U64"), labels, goal.outputs)

    def accuracy(head):
        told = head(sketch.rows[tested]).argmax(axis=1)
        return 100 * float(np.mean(told == sketch.labels[tested]))

    def right(way):
        settings = instances.Own(weighs=way) if way else None
        known = Known(
            *(goal, TrainConfig(), settings, sketch.rows, learnt),
            {"source": source},
            {"source": rows},
        )
        if way:
            known = dataclasses.replace(known, notes=instances.weighed(known))
        return accuracy(solved(known, choosing, instances.pooled_head if way else None))

    def right_if_known():
        known = Known(
            *(goal, TrainConfig(), instances.Own(), sketch.rows, learnt),
            {"source": source},
            {"source": rows},
            {instances.WEIGHED: (np.arange(len(rows)) < related).astype(np.float32)},
        )
        return accuracy(solved(known, choosing, instances.pooled_head))

    found = {"no source": right("")} | {what: right(way) for what, way in WAYS.items()}
    return found | {KNOWN: right_if_known()}
