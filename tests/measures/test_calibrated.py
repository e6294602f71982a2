"""A model's certainty: temperatures, reliability, promises and the intervals of all numbers."""

from dataclasses import replace

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.datasets import goals
from tl_core.measures import class_intervals, conformal, metrics, reliability, temperature
from tl_core.tasks.closed_form import softmax


def scores(count: int, classes: int = 5, sharpness: float = 1.0, seed: int = 0):
    """Return truths, and the probabilities of a model that is `sharpness` times too sure."""
    random = np.random.default_rng(seed)
    logits = 2 * random.normal(size=(count, classes))
    truth = (logits + random.gumbel(size=logits.shape)).argmax(axis=1)
    return truth, softmax(sharpness * logits)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_how_much_too_sure_a_model_is(sharpness):
    truth, told = scores(4000, sharpness=sharpness)
    found = temperature.of_classes(truth, told)
    assert found == pytest.approx(sharpness, rel=0.08)
    fresh, answers = scores(4000, sharpness=sharpness, seed=1)
    after = temperature.tempered(answers, found)
    assert (after.argmax(axis=1) == answers.argmax(axis=1)).all()
    assert reliability.error(fresh, after)["debiased"] < 0.02
    assert np.allclose(temperature.tempered(after, 1 / found), answers, atol=1e-9)


def test_a_few_pictures_that_are_all_right_ask_for_no_endless_certainty():
    told = np.tile([0.7, 0.2, 0.1], (4, 1))
    assert temperature.of_classes(np.zeros(4, int), told) > 0.5
    assert temperature.of_classes(np.zeros(0, int), told[:0]) == 1
    assert temperature.of_classes(np.zeros(4, int), told * np.nan) == 1


def test_one_temperature_serves_all_labels():
    random = np.random.default_rng(0)
    logits = random.normal(size=(4000, 3)) * 2
    truth = random.random(logits.shape) < 1 / (1 + np.exp(-logits))
    told = 1 / (1 + np.exp(-2.5 * logits))
    assert temperature.of_labels(truth, told) == pytest.approx(2.5, rel=0.08)


@pytest.mark.parametrize("coverage", conformal.COVERAGES)
def test_the_truth_is_among_the_answer_as_often_as_promised(coverage):
    covered = []
    for seed in range(40):
        truth, told = scores(400, sharpness=0.7, seed=seed)
        promise = conformal.of_share(conformal.of_classes(truth[:200], told[:200]), coverage)
        assert promise is not None
        covered.append(conformal.judged(truth[200:], told[200:], promise, None)["covered"])
    assert np.mean(covered) == pytest.approx(coverage, abs=0.02)


def test_numbers_keep_their_promise_too():
    random, held = np.random.default_rng(0), []
    for _ in range(60):
        off = random.standard_t(3, (300, 1))
        promise = conformal.of_share(conformal.of_numbers(off[:100], 0 * off[:100]), 0.9)
        assert promise is not None
        held.append((np.abs(off[100:]) <= promise.limits[0]).mean())
    assert np.mean(held) == pytest.approx(0.9, abs=0.02)


def test_too_few_validation_pictures_promise_nothing():
    truth, told = scores(8)
    assert [one.coverage for one in conformal.of_classes(truth, told)] == [0.8]
    assert conformal.of_classes(truth, told, groups=3) == ()
    assert conformal.least_pictures(0.9) == 9 and conformal.least_pictures(0.95) == 19


@pytest.mark.parametrize("groups_of", [1, 4])
@pytest.mark.parametrize("classes, count", [(2, 40), (6, 200)])
def test_intervals_of_classes_hold_the_truth_95_times_in_a_hundred(classes, count, groups_of):
    random = np.random.default_rng(5)
    runs, held = 500, dict.fromkeys(("balanced_accuracy", "macro_f1", "recall", "f1"), 0)
    for _ in range(runs):
        chance = np.full((classes, classes), 0.0)
        for label in range(classes):
            wrong = random.dirichlet(np.ones(classes - 1))
            right = random.uniform(0.6, 0.95)
            chance[label] = np.insert(wrong * (1 - right), label, right)
        true = {"recall": chance.diagonal(), "f1": 2 * chance.diagonal() / (1 + chance.sum(axis=0))}
        kinds = random.integers(0, classes, count // groups_of)
        said = np.array([random.choice(classes, p=chance[kind]) for kind in kinds])
        truth, predicted = np.repeat(kinds, groups_of), np.repeat(said, groups_of)
        groups = np.repeat(np.arange(len(kinds)), groups_of)
        answers = np.eye(classes)[predicted]
        names = [str(label) for label in range(classes)]
        plain = metrics.summary(truth, answers, names, groups=groups)
        told = class_intervals.with_intervals(plain, truth, answers, groups)
        first = told["per_class"][0]
        for name, of, value in (
            ("balanced_accuracy", told, true["recall"].mean()),
            ("macro_f1", told, true["f1"].mean()),
            ("recall", first, true["recall"][0]),
            ("f1", first, true["f1"][0]),
        ):
            held[name] += of[f"{name}_low"] - 1e-9 <= value <= of[f"{name}_high"] + 1e-9
    for name, times in held.items():
        assert 0.9 <= times / runs <= 0.995, (name, times / runs)


def test_a_goal_is_judged_by_what_it_decided(made_dataset):
    dataset = made_dataset()
    everyone = np.arange(len(dataset))
    goal = goals.of(dataset, everyone, TrainConfig())
    random = np.random.default_rng(0)
    outputs = 9 * random.normal(size=(len(dataset), len(dataset.classes)))
    decided = goal.decided(everyone, goal.told(outputs))
    assert decided.rules.temperature > 1, "it was sure and wrong"
    answers = decided.tempered(goal.told(outputs))
    assert np.allclose(answers, decided.told(outputs))
    summary = decided.summary(everyone, answers)
    assert summary["accuracy"] == goal.summary(everyone, goal.told(outputs))["accuracy"]
    certainty = summary["certainty"]
    assert certainty["before"]["log_loss"] > summary["log_loss"]
    assert sum(row["count"] for row in certainty["bins"]) == len(dataset)
    again = goal.ruled(decided.rules)
    assert again == replace(decided) and again.summary(everyone, answers) == summary
