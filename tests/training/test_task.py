"""Numbers are standardised inside and told in their own unit outside."""

from dataclasses import replace

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.evaluation import metrics
from tl_core.training import task


@pytest.fixture
def houses(made_dataset):
    """Two targets of very different size."""
    dataset = made_dataset(values=True)
    values = np.column_stack([dataset.values[:, 0] * 1000, np.arange(len(dataset)) % 5.0])
    return replace(dataset, targets=("price", "rooms"), values=values)


def test_targets_are_standardised_by_the_training_pictures_alone(houses):
    learnt = np.flatnonzero(houses.splits == 0)
    regress = task.of(houses, learnt, TrainConfig())
    inside = regress.answers(learnt)
    assert np.allclose(inside.mean(axis=0), 0) and np.allclose(inside.std(axis=0), 1)
    everyone = np.arange(len(houses))
    assert np.allclose(regress.told(regress.answers(everyone)), houses.values)


def test_the_headline_is_the_mean_of_all_targets(houses):
    everyone = np.arange(len(houses))
    regress = task.of(houses, everyone, TrainConfig())
    said = np.column_stack([houses.values[:, 0], np.full(len(houses), houses.values[:, 1].mean())])
    summary = regress.summary(metrics, everyone, said)
    assert [row["r2"] for row in summary["targets"]] == pytest.approx([1, 0])
    assert regress.headline(summary) == pytest.approx(0.5)
    assert regress.beside(summary)["val_mae"][0] == 0


def test_a_target_that_never_varies_is_left_at_its_value(houses):
    flat = replace(houses, values=np.full_like(houses.values, 3.0))
    regress = task.of(flat, np.arange(len(flat)), TrainConfig())
    assert np.allclose(regress.told(np.zeros((2, 2))), 3)


def test_a_logarithm_is_learnt_inside_and_the_number_is_told_outside(houses):
    everyone = np.arange(len(houses))
    prices = replace(houses, values=houses.values + np.array([1000.0, 0.0]))  # rooms reach zero
    regress = task.of(prices, everyone, TrainConfig(target_scale="log"))
    assert regress.log == (True, False)
    inside = regress.answers(everyone)
    logs = np.log(prices.values[:, 0])
    assert np.allclose(inside[:, 0], (logs - logs.mean()) / logs.std())
    assert np.allclose(regress.told(inside), prices.values)
    assert np.allclose(regress.kept(np.column_stack([logs, prices.values[:, 1]])), prices.values)
    halved = regress.objective(TrainConfig(), inside).mean_errors(inside * 0, inside)
    assert halved[0] == pytest.approx(np.abs(np.exp(logs.mean()) - prices.values[:, 0]).mean())
