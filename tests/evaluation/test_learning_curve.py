"""What the curves of a training show, and where they show nothing."""

import pytest

from tl_core.evaluation import learning_curve


def epochs(own, others, losses=(0.5, 0.45, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44)):
    return [{"epoch": 0, "val_loss": 2.0, "val_accuracy": 0.1}] + [
        {"epoch": number, "accuracy": own, "val_accuracy": others, "val_loss": loss}
        for number, loss in enumerate(losses, start=1)
    ]


FALLING = (2.0, 1.7, 1.5, 1.3, 1.1, 1.0, 0.9, 0.8)


@pytest.mark.parametrize(
    ("own", "others", "judged", "shape"),
    [
        (0.99, 0.82, 200, "by_heart"),
        (0.99, 0.82, 29, "few"),
        (0.95, 0.90, 2000, "nothing"),  # beyond chance, but what every network shows
        (0.90, 0.80, 40, "nothing"),  # wide, but 40 pictures allow that by chance
        (0.60, 0.62, 200, "nothing"),
    ],
)
def test_by_heart_is_said_only_of_a_gap_that_is_wide_and_no_chance(own, others, judged, shape):
    found = learning_curve.diagnose(epochs(own, others), judged, did_all=True)
    assert found.shape == shape


def test_a_loss_that_falls_to_the_end_is_still_learning_unless_a_person_or_patience_ended_it():
    told = epochs(0.7, 0.7, FALLING)
    assert learning_curve.diagnose(told, 200, did_all=True).shape == "still_learning"
    assert learning_curve.diagnose(told, 200, did_all=False).shape == "nothing"
    assert learning_curve.diagnose(told[:3], 200, did_all=True).shape == "nothing"
    assert learning_curve.diagnose(epochs(0.7, 0.7), 200, did_all=True).shape == "nothing"


@pytest.mark.parametrize("told", [[], epochs(None, 0.5), epochs(0.5, None)])
def test_without_numbers_nothing_is_said(told):
    assert learning_curve.diagnose(told, 200, did_all=True).shape == "nothing"
