"""Axes of shares and losses: the same everywhere."""

import pytest

from pages.parts.shared import axes, live_charts
from tl_core.signals.progress import RunView


def epochs(*pairs: tuple[float, float]) -> RunView:
    told = [
        {"epoch": number, "loss": loss, "val_loss": loss, "accuracy": share, "val_accuracy": share}
        for number, (loss, share) in enumerate(pairs)
    ]
    return RunView(epochs=tuple(told))


@pytest.mark.parametrize("pairs", [((0.004, 1.0), (0.003, 1.0)), ((2.3, 0.7), (0.8, 0.85))])
def test_shares_run_from_0_to_100_whatever_the_curves_take_of_it(pairs):
    axis = live_charts._accuracy(epochs(*pairs), 5)["yAxis"]
    assert (axis["min"], axis["max"]) == (0, 100)


@pytest.mark.parametrize(
    ("losses", "top"),
    [((0.004, 0.003), 0.2), ((2.3, 0.8), 2.5), ((None, 0.9), 1.0), ((), 0.2), ((74.0,), 80)],
)
def test_losses_begin_at_0_and_thousandths_stay_small(losses, top):
    assert axes.of_losses(losses) == {"min": 0, "max": top}


def test_errors_in_a_targets_unit_begin_at_0_however_small_the_unit(monkeypatch):
    view = RunView(
        epochs=tuple({"epoch": n, "val_mae": [mae]} for n, mae in ((0, 3e-4), (1, 2e-4)))
    )
    axis = live_charts._error(view, 5, 0)["yAxis"]
    assert axis["min"] == 0 and axis["max"] == pytest.approx(4e-4)


def test_what_a_method_adds_to_the_loss_is_a_curve_of_its_own():
    plain = epochs((2.3, 0.7), (0.8, 0.85))
    told = [event | ({"term": 0.5} if event["epoch"] else {}) for event in plain.epochs]
    names = [
        [line["name"] for line in live_charts._loss(view, 2)["series"]]
        for view in (plain, RunView(epochs=tuple(told)))
    ]
    assert len(names[1]) == len(names[0]) + 1 and "method" in names[1][-1]
