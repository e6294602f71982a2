"""Axes of shares and losses: the same everywhere."""

import pytest

from pages.parts.shared import axes, live_charts
from tl_core.base import speech
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


def written(chart):
    """The numbers beside the vertical axis, by our own words."""
    lines = [line for line in chart["series"] if line.get("markLine", {}).get("symbol") == "none"]
    return [mark["label"]["formatter"] for mark in lines[-1]["markLine"]["data"]]


def priced(*errors: float) -> RunView:
    told = ({"epoch": number, "val_mae": [error]} for number, error in enumerate(errors))
    return RunView(epochs=tuple(told))


def test_thousands_beside_a_live_chart_stand_apart_as_on_the_rest_of_the_page():
    chart = live_charts._error(priced(480_000.0, 264_000.0), 1, 0)
    assert written(chart)[::5] == ["0", "500\u202f000"]
    assert chart["yAxis"]["axisLabel"] == {"show": False}
    assert chart["yAxis"]["interval"] * 6 == chart["yAxis"]["max"]
    assert all(line["data"] == [] for line in chart["series"] if "name" not in line)
    assert "interval" not in live_charts._error(priced(48.0, 26.4), 1, 0)["yAxis"]


def test_where_decimals_stand_behind_a_comma_they_do_so_beside_live_charts(monkeypatch):
    monkeypatch.setattr(speech, "decimal_sign", lambda language: ",")
    assert written(live_charts._loss(epochs((2.3, 0.7), (0.8, 0.85)), 1)) == [
        *("0,0", "0,5", "1,0", "1,5", "2,0", "2,5")
    ]


@pytest.mark.parametrize("step", axes.STEPS)
@pytest.mark.parametrize("power", [1e-4, 0.1, 1, 1e5])
def test_numbers_on_an_axis_are_round_few_and_end_at_its_top(step, power):
    top = axes.top_of([step * power / axes.HEADROOM], least=0.0)
    between = axes._step(top)
    assert 2 <= round(top / between) <= axes.MOST_APART
    assert top / between == pytest.approx(round(top / between))
