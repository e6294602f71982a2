"""Losses as Keras computes them and as validation is judged by; needs keras."""

import numpy as np
import pytest

from tl_core.config import TrainConfig

pytestmark = pytest.mark.slow

ANSWERS = np.array([[0.0, 1.0], [2.0, -1.0], [0.5, 0.5]])
OUTPUTS = np.array([[0.4, 1.0], [-1.0, -1.5], [0.5, 3.5]], np.float32)


@pytest.mark.parametrize("kind", ["mse", "mae", "huber"])
def test_validation_is_judged_by_the_loss_that_trains(kind):
    from tl_core.training.objective import Numbers

    numbers = Numbers(kind, np.ones(2))
    in_keras = float(numbers.loss()(numbers.targets(ANSWERS), OUTPUTS))
    assert numbers.measure(OUTPUTS, ANSWERS)[0] == pytest.approx(in_keras, rel=1e-6)


def test_the_three_losses_weigh_a_large_miss_differently():
    from tl_core.training.objective import Numbers

    told = {k: Numbers(k, np.ones(2)).measure(OUTPUTS, ANSWERS)[0] for k in ("mse", "mae", "huber")}
    assert told["mse"] > told["mae"] > told["huber"]


def test_errors_are_told_in_the_targets_own_unit():
    from tl_core.training.objective import Numbers

    errors = Numbers("mse", np.array([100.0, 0.5])).mean_errors(OUTPUTS, ANSWERS)
    assert errors == pytest.approx([100 * 3.4 / 3, 0.5 * 3.5 / 3])


def test_label_smoothing_makes_certainty_dearer():
    from tl_core.training.objective import Classes

    labels, sure = np.array([0, 1]), np.array([[9.0, -9.0], [-9.0, 9.0]], np.float32)
    plain, smooth = (
        Classes.of(TrainConfig(label_smoothing=share), labels, 2) for share in (0.0, 0.2)
    )
    assert float(plain.loss()(plain.targets(labels), sure)) < 1e-3
    assert float(smooth.loss()(smooth.targets(labels), sure)) > 1
