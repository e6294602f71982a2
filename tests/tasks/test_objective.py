"""Losses as Keras computes them and as validation is judged by; needs keras."""

import numpy as np
import pytest

from tl_core.config import TrainConfig

pytestmark = pytest.mark.slow

ANSWERS = np.array([[0.0, 1.0], [2.0, -1.0], [0.5, 0.5]])
OUTPUTS = np.array([[0.4, 1.0], [-1.0, -1.5], [0.5, 3.5]], np.float32)


@pytest.mark.parametrize("kind", ["mse", "mae", "huber"])
def test_validation_is_judged_by_the_loss_that_trains(kind):
    from tl_core.tasks.regress import Numbers

    numbers = Numbers(kind, np.ones(2))
    in_keras = float(numbers.loss()(numbers.targets(ANSWERS), OUTPUTS))
    assert numbers.measure(OUTPUTS, ANSWERS)[0] == pytest.approx(in_keras, rel=1e-6)


def test_the_three_losses_weigh_a_large_miss_differently():
    from tl_core.tasks.regress import Numbers

    told = {k: Numbers(k, np.ones(2)).measure(OUTPUTS, ANSWERS)[0] for k in ("mse", "mae", "huber")}
    assert told["mse"] > told["mae"] > told["huber"]


def test_errors_are_told_in_the_targets_own_unit():
    from tl_core.tasks.regress import Numbers

    errors = Numbers("mse", np.array([100.0, 0.5])).mean_errors(OUTPUTS, ANSWERS)
    assert errors == pytest.approx([100 * 3.4 / 3, 0.5 * 3.5 / 3])


def test_label_smoothing_makes_certainty_dearer():
    from tl_core.tasks.classify import Classes

    labels, sure = np.array([0, 1]), np.array([[9.0, -9.0], [-9.0, 9.0]], np.float32)
    plain, smooth = (
        Classes.of(TrainConfig(label_smoothing=share), labels, 2) for share in (0.0, 0.2)
    )
    assert float(plain.loss()(plain.targets(labels), sure)) < 1e-3
    assert float(smooth.loss()(smooth.targets(labels), sure)) > 1


@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_epochs_are_compared_as_classes_count_in_training(weights):
    from tl_core.tasks.classify import Classes

    labels = np.array([0] * 90 + [1] * 10)
    objective = Classes.of(TrainConfig(class_weights=weights), labels, 2)
    always_common = np.tile(np.array([[4.0, 0.0]], np.float32), (100, 1))
    fair = np.where(labels[:, None] == [0, 1], 1.0, 0.0).astype(np.float32)
    fair[:20] = fair[:20, ::-1]  # a few of the common class are missed
    common, better = objective.score(always_common, labels), objective.score(fair, labels)
    assert (better > common) == (weights == "balanced")
    assert common[0] == pytest.approx(0.5 if weights == "balanced" else 0.9)
    assert objective.measure(fair, labels)[1] == pytest.approx(0.8)  # told as it is


def test_a_class_that_validation_lacks_does_not_count_in_comparing_epochs():
    from tl_core.tasks.classify import Classes

    objective = Classes.of(TrainConfig(class_weights="balanced"), np.array([0, 1, 2, 2]), 3)
    outputs = np.eye(3, dtype=np.float32)[[0, 1, 1]] * 5
    assert objective.score(outputs, np.array([0, 1, 1]))[0] == 1
    assert objective.score(outputs[:0], np.array([], int)) == [0.0, 0.0]
