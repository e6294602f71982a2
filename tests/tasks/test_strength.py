"""The strength of L2 that an exact head takes: as strong as validation allows, on features that vary enough."""

import numpy as np
import pytest

from tl_core.tasks import closed_form, strength
from tl_core.tasks.closed_form import fit_softmax, negative_log_likelihoods


def test_of_heads_that_validation_cannot_tell_apart_the_strongest_is_taken():
    random = np.random.default_rng(0)
    best = 9 + random.exponential(size=50)
    noisy = best + random.normal(0.02, 1, size=50)
    more = noisy - best
    noisy += 0.4 * more.std() / 50**0.5 - more.mean()
    tried = [("far", best + 0.5), ("near", noisy), ("best", best), ("worse", best + 0.1)]
    assert strength.strongest(tried) == "near"


def test_a_difference_that_every_example_shows_decides_however_small():
    losses = np.random.default_rng(0).exponential(size=200) + 0.1
    assert strength.strongest([("strong", losses + 0.01), ("weak", losses)]) == "weak"


def test_certainty_beyond_what_so_many_right_answers_bear_counts_for_nothing():
    few, many = np.full(20, 0.04), np.full(2000, 0.04)
    assert strength.strongest([("strong", few), ("weak", few / 1000)]) == "strong"
    assert strength.strongest([("strong", many), ("weak", many / 1000)]) == "weak"
    assert np.exp(-strength.least_loss(98)) == pytest.approx(0.99)


def test_examples_count_as_they_weigh():
    strong, weak = np.array([1.0, 2.0] * 20), np.array([2.0, 1.0] * 20)
    assert strength.strongest([("strong", strong), ("weak", weak)]) == "strong"
    weights = np.array([0.1, 1.9] * 20)
    assert strength.strongest([("strong", strong), ("weak", weak)], weights) == "weak"


def test_the_path_is_left_where_it_gets_worse_and_no_numbers_choose_nothing():
    read = []

    def tried():
        for name, mean in zip("abcdef", (1.0, 0.5, 2.0, np.nan, 0.1, 0.1), strict=True):
            read.append(name)
            yield name, np.full(30, mean)

    assert strength.strongest(tried()) == "b" and read == [*"abcd"]
    assert strength.strongest([("a", np.full(3, np.nan))]) is None


def test_classes_that_are_easy_to_tell_apart_get_no_steeper_head_than_few_examples_bear():
    random = np.random.default_rng(0)
    labels = np.arange(240) % 4
    features = (random.normal(size=(240, 12)) + 12 * np.eye(4, 12)[labels]).astype(np.float32)
    few, many = (features[:20], labels[:20]), (features[:160], labels[:160])
    steep, gentle = (
        fit_softmax(features[160:], labels[160:], 4, validation=held) for held in (many, few)
    )
    assert gentle.l2 > steep.l2
    assert np.linalg.norm(gentle.weights) < 0.9 * np.linalg.norm(steep.weights)
    assert (gentle(features).argmax(axis=1) == labels).all()
    assert negative_log_likelihoods(gentle(few[0]), few[1]).max() < 2 * strength.least_loss(20)


def test_a_feature_that_hardly_varies_is_not_scaled_up_to_shout_elsewhere():
    random = np.random.default_rng(0)
    labels = np.arange(200) % 2
    features = random.normal(size=(200, 6)).astype(np.float32)
    features[:, 0] += 2 * labels
    plain = fit_softmax(features, labels, 2, (0.03,))
    features[:, 5] = 0
    features[labels == 1, 5] = 1e-4
    head = fit_softmax(features, labels, 2, (0.03,))
    assert np.abs(head.weights[5]).max() < 10 * np.abs(plain.weights).max()
    told = features[:1].copy()
    told[0, 5] = 1
    assert np.abs(head(told) - head(features[:1])).max() < 10


def test_features_in_any_unit_are_scaled_alike():
    random = np.random.default_rng(0)
    features = random.normal(size=(300, 5)).astype(np.float32) + 3
    for unit in (1e-3, 1, 1e4):
        scaled, _, _ = closed_form.standardised(features * np.float32(unit), False)
        assert np.allclose(scaled.std(axis=0), 1, atol=1e-3)
