"""Numbers are standardised inside and told in their own unit outside."""

from dataclasses import replace

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.datasets import goals
from tl_core.jobs.predictor import Prediction
from tl_core.tasks import registry
from tl_core.tasks.task import Rules


@pytest.fixture
def houses(made_dataset):
    """Two targets of very different size."""
    dataset = made_dataset(values=True)
    values = np.column_stack([dataset.values[:, 0] * 1000, np.arange(len(dataset)) % 5.0])
    return replace(dataset, targets=("price", "rooms"), values=values)


def test_targets_are_standardised_by_the_training_pictures_alone(houses):
    learnt = np.flatnonzero(houses.splits == 0)
    regress = goals.of(houses, learnt, TrainConfig())
    inside = regress.answers(learnt)
    assert np.allclose(inside.mean(axis=0), 0) and np.allclose(inside.std(axis=0), 1)
    everyone = np.arange(len(houses))
    assert np.allclose(regress.told(regress.answers(everyone)), houses.values)


def test_the_headline_is_the_mean_of_all_targets(houses):
    everyone = np.arange(len(houses))
    regress = goals.of(houses, everyone, TrainConfig())
    said = np.column_stack([houses.values[:, 0], np.full(len(houses), houses.values[:, 1].mean())])
    summary = regress.summary(everyone, said)
    assert [row["r2"] for row in summary["targets"]] == pytest.approx([1, 0])
    assert regress.headline(summary) == pytest.approx(0.5)
    assert regress.beside(summary)["val_mae"][0] == 0


def test_a_target_that_never_varies_is_left_at_its_value(houses):
    flat = replace(houses, values=np.full_like(houses.values, 3.0))
    regress = goals.of(flat, np.arange(len(flat)), TrainConfig())
    assert np.allclose(regress.told(np.zeros((2, 2))), 3)


def test_a_logarithm_is_learnt_inside_and_the_number_is_told_outside(houses):
    everyone = np.arange(len(houses))
    prices = replace(houses, values=houses.values + np.array([1000.0, 0.0]))  # rooms reach zero
    regress = goals.of(prices, everyone, TrainConfig(target_scale="log"))
    assert regress.log == (True, False)
    inside = regress.answers(everyone)
    logs = np.log(prices.values[:, 0])
    assert np.allclose(inside[:, 0], (logs - logs.mean()) / logs.std())
    assert np.allclose(regress.told(inside), prices.values)
    assert np.allclose(regress.kept(np.column_stack([logs, prices.values[:, 1]])), prices.values)
    halved = regress.objective(TrainConfig(), inside).mean_errors(inside * 0, inside)
    assert halved[0] == pytest.approx(np.abs(np.exp(logs.mean()) - prices.values[:, 0]).mean())


def test_the_guess_is_the_middle_of_the_training_pictures(houses):
    learnt = np.flatnonzero(houses.splits == 0)
    judged = np.flatnonzero(houses.splits == 2)
    regress = goals.of(houses, learnt, TrainConfig())
    told = regress.summary(judged, houses.values[judged])
    middle = np.median(houses.values[learnt], axis=0)
    expected = np.abs(houses.values[judged] - middle).mean(axis=0)
    assert [row["baseline_mae"] for row in told["targets"]] == pytest.approx(expected.tolist())


@pytest.mark.parametrize("values", [False, True], ids=["classes", "numbers"])
def test_copies_groups_and_bursts_of_the_judged_pictures_are_told(made_dataset, values):
    dataset = made_dataset(values=values)
    judged = np.arange(6)
    answers = dataset.values[judged] if values else np.eye(len(dataset.classes))[[0] * 6]
    alone = goals.of(dataset, judged, TrainConfig())
    assert alone.groups is None and "groups" not in alone.summary(judged, answers)
    twins = np.arange(len(dataset), dtype=np.int32)
    twins[1] = 0
    groups = np.array([""] * len(dataset), object)
    groups[[1, 2]] = "ann"
    known = replace(dataset, twins=twins, groups=groups)
    told = goals.of(known, judged, TrainConfig()).summary(judged, answers)
    assert (told["groups"]["count"], told["groups"]["largest"]) == (4, 3)


@pytest.mark.parametrize(
    ("kind", "answer", "doubt"),
    [
        ("classify", Prediction("a", {"a": 0.7, "b": 0.3}), 0.3),
        ("multilabel", Prediction("a", {"a": 0.9, "b": 0.1}, labels=("a",)), 0.25),
        ("multilabel", Prediction("", {"a": 0.6, "b": 0.0}), 1.0),
        ("regress", Prediction("", {}, {"price": 3.0}), 0.0),
        ("regress", Prediction("", {}, {"price": 3.0}, unknown=0.25), 0.75),
    ],
)
def test_the_least_sure_answer_is_the_one_to_look_at(kind, answer, doubt):
    rules = Rules(thresholds=(0.6, 0.4)) if kind == "multilabel" else Rules()
    assert registry.get(kind).doubt(answer, rules) == pytest.approx(doubt)
