"""What labelled pictures from elsewhere are worth, two fifths of them unrelated and wrongly named. Prints.

Five sketches of a class are learnt from; photos and paintings of the same classes join, and litter and hand
signs under names of these classes. All other sketches are tested.
"""

import dataclasses

import numpy as np
import pytest

from tests.benchmarks.divided_sets import part_of, taken_in, trained
from tl_core.base import ids
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

BACKBONES = ("starter", "mobilenet_v2", "efficientnet_lite0")
SPLITS = range(20, 25)
"""None of them was looked at while the method was made."""
OWN, JUDGED = 5, 1
"""Of a class are own pictures; one of them validates."""
UNRELATED = 0.4
WAYS = {"weighted": "alike", "boosted": "boosted", "unweighted pooling": "all"}
ABOVE_POOLING, ABOVE_ALONE = 2.0, 3.0


def few(whole, seed):
    random = np.random.default_rng(seed)
    parts = np.full(len(whole), TEST, np.int8)
    for label in range(len(whole.classes)):
        places = random.permutation(np.flatnonzero(whole.labels == label))[:OWN]
        parts[places] = TRAIN
        parts[places[:JUDGED]] = VALIDATION
    return part_of(whole, np.arange(len(whole)), parts)


def joined(related, unrelated, seed):
    """Return one data set of related pictures and of unrelated ones under names of theirs."""
    random = np.random.default_rng(seed)
    known = sum(map(len, related))
    count = round(known * UNRELATED / (1 - UNRELATED))
    hashes = np.concatenate([each.hashes for each in unrelated])
    widths = [
        np.concatenate([each.facts[name] for each in unrelated]) for name in ("width", "height")
    ]
    drawn = random.permutation(len(hashes))[:count]
    first = related[0]
    made = dataclasses.replace(
        first,
        id=ids.new(),
        hashes=np.concatenate([*(each.hashes for each in related), hashes[drawn]]),
        labels=np.concatenate(
            [*(each.labels for each in related), random.integers(0, len(first.classes), count)]
        ).astype(np.int32),
        names=np.array([f"{place}.png" for place in range(known + count)], object),
        splits=np.zeros(known + count, np.int8),
        facts={
            name: np.concatenate([*(each.facts[name] for each in related), values[drawn]])
            for name, values in zip(("width", "height"), widths, strict=True)
        },
        **dict.fromkeys(("groups", "twins", "given", "naive", "split")),
    )
    manifest.save(made)
    return made


def test_weighted_pictures_from_elsewhere_help(real, report):
    sketch, photo, painting = (
        taken_in(real / "pacs" / name) for name in ("sketch", "photo", "art_painting")
    )
    litter, signs = (taken_in(real / name) for name in ("trashnet", "sign_digits"))
    found: dict[str, list[float]] = {}
    for backbone in BACKBONES:
        here: dict[str, list[float]] = {}
        for seed in SPLITS:
            own = few(sketch, seed)
            source = joined((photo, painting), (litter, signs), seed)
            _, alone = trained(own, backbone=backbone)
            here.setdefault("no source", []).append(100 * alone["test_accuracy"])
            for name, way in WAYS.items():
                named = {"method_name": "instances", "method_settings": {"weighs": way}}
                _, metrics = trained(own, {"source": source.id}, backbone=backbone, **named)
                here.setdefault(name, []).append(100 * metrics["test_accuracy"])
        for name, values in here.items():
            report(f"{backbone}, {name}", float(np.mean(values)), "-", "points")
            found.setdefault(name, []).extend(values)
    mean = {name: float(np.mean(values)) for name, values in found.items()}
    for other, least in (("unweighted pooling", ABOVE_POOLING), ("no source", ABOVE_ALONE)):
        apart = np.subtract(found["weighted"], found[other])
        spread = 1.96 * float(np.std(apart, ddof=1)) / len(apart) ** 0.5
        report(f"weighted above {other} (± {spread:.1f})", float(np.mean(apart)), least, "points")
    assert mean["weighted"] >= mean["unweighted pooling"] + ABOVE_POOLING
    assert mean["weighted"] >= mean["no source"] + ABOVE_ALONE
