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


@pytest.mark.slow
@pytest.mark.parametrize(
    "classes, count, groups_of",
    [
        (2, 80, 1),
        pytest.param(6, 300, 4, marks=pytest.mark.exhaustive),
        pytest.param(2, 80, 4, marks=pytest.mark.exhaustive),
        pytest.param(6, 300, 1, marks=pytest.mark.exhaustive),
    ],
)
def test_intervals_of_classes_hold_the_truth_95_times_in_a_hundred(classes, count, groups_of):
    random = np.random.default_rng(5)
    runs, held = 500, dict.fromkeys(("balanced_accuracy", "macro_f1", "recall", "f1"), 0)
    told_of = dict(held)
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
            if of[f"{name}_low"] is None:
                continue
            told_of[name] += 1
            held[name] += of[f"{name}_low"] - 1e-9 <= value <= of[f"{name}_high"] + 1e-9
    for name, times in held.items():
        # 93 to 97 times in a hundred, and what chance does to so many runs (two standard errors).
        assert told_of[name] > 0.8 * runs
        assert 0.93 - 0.02 <= times / told_of[name] <= 0.97 + 0.02, (name, times / told_of[name])


@pytest.mark.parametrize("sharpness", [1.0, 2.0])
def test_a_calibration_error_is_told_as_large_as_it_is(sharpness):
    """Fifteen bins of 120 pictures show much chance, and an error hides some of it."""

    def made(random, count):
        truth = random.integers(0, 4, count)
        logits = 2 * np.eye(4)[truth] + random.normal(size=(count, 4))
        told = np.exp(sharpness * logits)
        return truth, told / told.sum(axis=1, keepdims=True)

    true = reliability.error(*made(np.random.default_rng(0), 200_000))["debiased"]
    found = [reliability.error(*made(np.random.default_rng(n), 120)) for n in range(1, 201)]
    held = np.mean([each["low"] <= true <= each["high"] for each in found])
    assert 0.92 <= held <= 1
    assert np.mean([each["debiased"] for each in found]) == pytest.approx(true, abs=0.025)


def test_a_confidence_of_1_that_is_right_leaves_room_for_the_next_picture():
    told = reliability.error(np.zeros(12, int), np.eye(2)[np.zeros(12, int)])
    assert told["debiased"] == told["low"] == 0 and 0.05 < told["high"] < 0.3


def test_a_class_with_a_few_pictures_leaves_the_mean_f1_without_an_interval():
    names, truth = ["a", "b", "rare"], np.repeat([0, 1, 2], [40, 40, 4])
    for more, groups, is_known in ((0, None, False), (1, None, True), (1, "copies", False)):
        labels = np.append(truth, np.full(more, 2))
        answers = np.eye(3)[np.where(np.arange(len(labels)) % 9 == 0, (labels + 1) % 3, labels)]
        of = np.where(labels == 2, -1, np.arange(len(labels))) if groups else None
        plain = metrics.summary(labels, answers, names, groups=of)
        told = class_intervals.with_intervals(plain, labels, answers, of)
        assert (told["macro_f1_low"] is not None) == is_known
        assert told["macro_f1"] is not None and told["balanced_accuracy_low"] is not None


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


def judged_of(truth: np.ndarray, answers: np.ndarray) -> dict:
    names = [str(label) for label in range(answers.shape[1])]
    plain = metrics.summary(truth, answers, names)
    return class_intervals.with_intervals(plain, truth, answers, None)


def test_a_thousand_classes_are_judged_with_intervals_and_rare_ones_claim_no_mean_f1():
    truth, answers = scores(600, classes=1000, sharpness=1.0)
    told = judged_of(truth, answers)
    assert told["accuracy_low"] < told["accuracy"] < told["accuracy_high"]
    assert told["log_loss_low"] < told["log_loss"] < told["log_loss_high"]
    assert told["macro_f1"] is not None and told["macro_f1_low"] is None
    assert len(told["per_class"]) == 1000
    absent = next(row for row in told["per_class"] if not row["support"])
    assert (absent["recall_low"], absent["recall_high"]) == (0, 1), "nothing is known of it"


def test_one_class_or_two_pictures_claim_no_more_than_they_can():
    one = judged_of(np.zeros(12, int), np.ones((12, 1)))
    assert one["accuracy"] == 1 and one["accuracy_low"] < 0.8
    assert reliability.error(np.zeros(12, int), np.ones((12, 1)))["debiased"] == 0
    two = judged_of(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]))
    assert two["accuracy_high"] - two["accuracy_low"] > 0.7
    assert two["macro_f1_low"] is None


def test_answers_that_are_no_numbers_have_no_interval_of_their_loss():
    truth, answers = scores(20)
    told = judged_of(truth, answers * np.nan)
    assert told["log_loss_low"] is None and told["brier_high"] is None
