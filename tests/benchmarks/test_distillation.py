"""What a small backbone gains from a teacher and from pictures without a class. Prints.

20 pictures of a class are labelled (4 of them validate), three tenths are tested, the rest has no label.
"""

import numpy as np
import pytest

from tests.benchmarks.divided_sets import (
    Features,
    features_of,
    few_labels,
    goal_of,
    solved,
    taken_in,
    trained,
)
from tl_core.config import TrainConfig
from tl_core.encoding.job import Examples
from tl_core.measures import temperature
from tl_core.methods import imitation
from tl_core.methods.method import Known
from tl_core.tasks.closed_form import softmax

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

SETS = ("trashnet", "sign_digits", "pacs/photo")
STUDENT, TEACHERS = "starter", ("mobilenet_v2", "efficientnet_lite0")
SEEDS = (30, 31, 32)
"""None of them was looked at while the method was made."""
LEARNT, JUDGED, TEST_SHARE = 16, 4, 0.3
GAIN = 1.5
"""Points of test accuracy that the starter is to gain."""


def test_the_starter_gains_from_a_teacher_with_frozen_features(real, report, tmp_path):
    gains: dict[str, list[float]] = {}
    for name in SETS:
        small = features_of(STUDENT, real / name, tmp_path)
        for teacher in TEACHERS:
            large = features_of(teacher, real / name, tmp_path)
            found = np.array([one_division(small, large, seed) for seed in SEEDS])
            for what, value in zip(("alone", "taught", "teacher"), found.mean(axis=0), strict=True):
                report(f"{name}, {teacher}: {what}", value, "-", "points")
            gains.setdefault(teacher, []).extend(found[:, 1] - found[:, 0])
    for teacher, values in gains.items():
        spread = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
        report(f"gain by {teacher} (± {spread:.1f})", float(np.mean(values)), GAIN, "points")
    assert max(np.mean(values) for values in gains.values()) >= GAIN


def one_division(small: Features, large: Features, seed: int) -> tuple[float, float, float]:
    """Return how often the student alone, the taught student and the teacher are right, in percent."""
    random, labels = np.random.default_rng(seed), small.labels
    parts: list[list[np.ndarray]] = [[], [], [], []]
    for label in range(int(labels.max()) + 1):
        places = random.permutation(np.flatnonzero(labels == label))
        tested = round(TEST_SHARE * len(places))
        ends = np.cumsum([tested, LEARNT, JUDGED])
        for part, some in zip(parts, np.split(places, ends), strict=True):
            part.append(some)
    tested, learnt, choosing, rest = (np.concatenate(part) for part in parts)
    goal, config = goal_of(labels, learnt), TrainConfig()

    def right(head, rows):
        return 100 * float(np.mean(head(rows[tested]).argmax(axis=1) == labels[tested]))

    teacher = solved(Known(goal, config, None, large.rows, learnt), choosing)
    told = softmax(teacher(large.rows))
    says = temperature.tempered(told, temperature.of_classes(labels[choosing], told[choosing]))
    known = Known(
        *(goal, config, None, small.rows, learnt),
        {"unlabelled": Examples(np.array(["x"] * len(rest)), np.zeros(len(rest), np.int32))},
        {"unlabelled": small.rows[rest]},
        {"rows_teacher_says": says[learnt], "unlabelled_teacher_says": says[rest]},
    )
    alone, taught = solved(known, choosing), solved(known, choosing, imitation.imitating_head)
    return right(alone, small.rows), right(taught, small.rows), right(teacher, large.rows)


def test_whole_runs_gain_alike(real, report):
    """Say what the same comes to as runs of the app, in one division of the photos; nothing is asked."""
    dataset = few_labels(taken_in(real / "pacs/photo"), SEEDS[0])
    _, alone = trained(dataset, backbone=STUDENT)
    run, large = trained(dataset, backbone=TEACHERS[0])
    inputs = {"teacher": run, "unlabelled": dataset.id}
    _, taught = trained(dataset, inputs, method_name="distillation", backbone=STUDENT)
    for what, metrics in (("alone", alone), ("taught", taught), ("teacher", large)):
        report(f"run on photos: {what}", 100 * metrics["test_accuracy"], "-", "points")
