"""What a small backbone gains from a teacher and from pictures without a class. Prints; trains on real pictures.

20 pictures of a class are labelled (4 of them validate), three tenths are tested, the rest has no label.
"""

import numpy as np
import pytest

from tests.benchmarks.divided_sets import few_labels, taken_in, trained

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

SETS = ("trashnet", "sign_digits", "pacs/photo")
TEACHERS = ("mobilenet_v2", "efficientnet_lite0")
SEEDS = range(3)
GAIN = 1.5
"""Points of test accuracy that the starter is to gain."""


def test_the_starter_gains_from_a_teacher(real, report):
    wholes = {name: taken_in(real / name) for name in SETS}
    gains: dict[str, list[float]] = {teacher: [] for teacher in TEACHERS}
    for name, whole in wholes.items():
        found: dict[str, list[float]] = {}
        for seed in SEEDS:
            dataset = few_labels(whole, seed)
            _, alone = trained(dataset, backbone="starter")
            for teacher in TEACHERS:
                run, large = trained(dataset, backbone=teacher)
                inputs = {"teacher": run, "unlabelled": dataset.id}
                _, taught = trained(dataset, inputs, method_name="distillation", backbone="starter")
                gain = 100 * (taught["test_accuracy"] - alone["test_accuracy"])
                found.setdefault(teacher, []).append(gain)
                found.setdefault(f"{teacher} itself", []).append(100 * large["test_accuracy"])
            found.setdefault("alone", []).append(100 * alone["test_accuracy"])
        for what, values in found.items():
            report(f"{name}, {what}", float(np.mean(values)), "-", "points")
        for teacher in TEACHERS:
            gains[teacher] += found[teacher]
    for teacher, values in gains.items():
        spread = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
        report(f"taught by {teacher} (± {spread:.1f})", float(np.mean(values)), GAIN, "points")
    assert max(np.mean(values) for values in gains.values()) >= GAIN
