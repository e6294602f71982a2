from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tl_core.base.errors import UserError
from tl_core.tasks import closed_form
from tl_core.tasks.closed_form import fit_ridge, fit_softmax, softmax, spread


def clouds(count, width, classes, seed=0, distance=3.0):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(classes, width)) * distance / np.sqrt(width)
    labels = random.integers(classes, size=count)
    return (centres[labels] + random.normal(size=(count, width))).astype(np.float32), labels


def test_softmax_of_huge_logits_stays_finite_and_sums_to_one():
    chances = softmax(np.array([[1e4, -1e4], [0.0, 0.0]], np.float32))
    assert np.allclose(chances, [[1, 0], [0.5, 0.5]])


def test_the_fit_reaches_the_optimum_of_its_own_objective():
    features, labels = clouds(300, 8, 3)
    line = fit_softmax(
        features, labels, 3, [0.01], validation=(features, labels), max_iterations=500
    )
    scaled = (features - features.mean(0)) / features.std(0)
    weights = line.weights * features.std(0)[:, None]
    bias = line.bias + features.mean(0) @ line.weights
    chances = softmax(scaled @ weights + bias)
    chances[np.arange(300), labels] -= 1
    gradient = scaled.T @ chances / 300 + 0.01 * weights
    assert np.abs(gradient).max() < 2e-3
    assert np.abs(chances.mean(0)).max() < 2e-3


def test_folding_back_makes_the_answer_independent_of_the_features_scale():
    features, labels = clouds(400, 10, 4)
    plain = fit_softmax(features, labels, 4, [0.01])
    moved = features * 100 + 50
    shifted = fit_softmax(moved, labels, 4, [0.01])
    assert np.allclose(plain(features), shifted(moved), atol=0.05)


def test_validation_chooses_a_strong_penalty_for_noise_and_a_weak_one_for_clean_data():
    noise = np.random.default_rng(1).normal(size=(120, 60)).astype(np.float32)
    coin = np.random.default_rng(2).integers(2, size=120)
    chosen = fit_softmax(noise[:80], coin[:80], 2, validation=(noise[80:], coin[80:]))
    features, labels = clouds(600, 5, 2, distance=12)
    clean = fit_softmax(features[:400], labels[:400], 2, validation=(features[400:], labels[400:]))
    assert chosen.l2 > clean.l2


def test_a_feature_that_never_varies_gets_no_weight():
    features, labels = clouds(200, 4, 2)
    features = np.concatenate([features, np.full((200, 1), 7, np.float32)], axis=1)
    line = fit_softmax(features, labels, 2)
    assert np.all(line.weights[-1] == 0) and np.isfinite(line(features)).all()


def test_heavier_pictures_count_more():
    features = np.zeros((4, 2), np.float32)
    labels = np.array([0, 0, 0, 1])
    line = fit_softmax(features, labels, 2, sample_weights=np.array([1.0, 1, 1, 3]))
    assert np.allclose(softmax(line(features[:1])), 0.5, atol=1e-3)


def test_features_that_are_not_finite_are_refused_by_name():
    features, labels = clouds(20, 4, 2)
    features[3, 1] = np.nan
    with pytest.raises(UserError) as caught:
        fit_softmax(features, labels, 2)
    assert caught.value.code == "features-not-finite"


def test_ridge_recovers_a_linear_relation_in_the_targets_own_unit():
    random = np.random.default_rng(0)
    features = random.normal(size=(300, 6)).astype(np.float32)
    targets = features @ random.normal(size=(6, 2)) * 1000 + [5000, -3]
    line = fit_ridge(
        features[:200], targets[:200], (1e-6,), validation=(features[200:], targets[200:])
    )
    assert np.allclose(line(features), targets, atol=2)


def test_ridge_shrinks_numbers_that_the_features_do_not_explain_towards_their_mean():
    random = np.random.default_rng(0)
    features = random.normal(size=(120, 200)).astype(np.float32)
    noise = random.normal(size=(120, 1)) + 7
    line = fit_ridge(features[:80], noise[:80], validation=(features[80:], noise[80:]))
    missed = np.mean((line(features[80:]) - noise[80:]) ** 2)
    assert line.l2 >= 10 and missed < 1.2 * noise[80:].var()
    assert fit_ridge(features[:80], noise[:80]).l2 >= 1


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_overwriting_features_spares_the_copy_and_changes_no_answer(kind):
    features, labels = clouds(300, 20, 3)
    held = clouds(80, 20, 3, seed=1)[0]

    def fit(table, **settings):
        if kind == "classes":
            return fit_softmax(table, labels, 3, **settings)
        return fit_ridge(table, labels[:, None].astype(float), **settings)

    before = features.copy()
    kept = fit(features)
    assert np.array_equal(features, before)
    assert np.array_equal(fit(features, overwrite=True)(held), kept(held))
    assert np.allclose(features.mean(0), 0, atol=1e-5) and np.allclose(features.std(0), 1)


def test_answers_block_by_block_are_those_of_all_rows_at_once():
    features, labels = clouds(2500, 6, 3)
    line = fit_softmax(features, labels, 3)
    rows = np.random.default_rng(3).permutation(2500)[:2100]
    assert np.allclose(line.of(features, rows), line(features[rows]), atol=1e-5)
    assert line.of(features, rows[:0]).shape == (0, 3)


def test_a_share_of_many_answers_has_each_class_in_its_share_and_is_the_same_every_time():
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [6000, 3000, 1000]))
    chosen = spread(labels, 500)
    assert len(np.unique(chosen)) == 500 and np.all(np.diff(chosen) > 0)
    assert np.bincount(labels[chosen]).tolist() == [300, 150, 50]
    assert np.array_equal(chosen, spread(labels, 500))
    assert np.array_equal(spread(labels, 10_000), np.arange(10_000))


def test_a_share_of_many_numbers_spans_their_range():
    values = np.random.default_rng(0).normal(size=(4000, 2))
    chosen = values[spread(values, 200), 0]
    assert len(chosen) == 200
    quarters = np.quantile(values[:, 0], [0, 0.25, 0.5, 0.75, 1])
    assert np.histogram(chosen, quarters)[0].tolist() == [50] * 4


def test_only_the_blas_that_scipy_brought_works_alone():
    _, held = closed_form.optimiser()
    assert not [each for each in held.info() if "numpy.libs" in each["filepath"]]
    with threadpool_limits(2):
        before = held.info()
        with held.limit(limits=1):
            assert {each["num_threads"] for each in held.info()} <= {1}
        assert held.info() == before
    if list(Path(np.__file__).parents[1].glob("scipy.libs/*blas*")):
        assert held.info()


def test_the_strength_is_chosen_as_classes_count():
    random = np.random.default_rng(0)
    features = random.normal(size=(200, 4)).astype(np.float32)
    labels = (features[:, 0] + random.normal(size=200) > 1.6).astype(int)
    held = features[:100], labels[:100]
    path = (3.0, 1.0, 0.1, 0.001)
    plain = closed_form.fit_softmax(features, labels, 2, path, validation=held)
    # If only the picture counts that the sure head misses worst, a less sure one is chosen.
    missed = [
        closed_form.cross_entropy(plain(held[0][[row]]), held[1][[row]]) for row in range(100)
    ]
    weights = np.where(np.arange(100) == np.argmax(missed), 1.0, 0.0)
    one = closed_form.fit_softmax(
        features, labels, 2, path, validation=held, validation_weights=weights
    )
    assert one.l2 > plain.l2


def test_balanced_weights_let_every_class_that_is_there_count_alike():
    labels = np.array([0, 0, 0, 2])
    weights = closed_form.balance(labels, 3)
    assert weights.mean() == pytest.approx(1) and weights[:3].sum() == pytest.approx(weights[3])
    logits = np.random.default_rng(0).normal(size=(4, 3))
    told = closed_form.cross_entropy(logits, labels, weights)
    each = [
        closed_form.cross_entropy(logits[labels == label], labels[labels == label])
        for label in (0, 2)
    ]
    assert told == pytest.approx(np.mean(each))


@pytest.mark.parametrize("l2", [1.0, 0.003])
def test_a_strength_that_is_known_is_used_without_validation(l2):
    random = np.random.default_rng(0)
    features, labels = random.normal(size=(60, 5)).astype(np.float32), random.integers(2, size=60)
    assert closed_form.fit_softmax(features, labels, 2, (l2,)).l2 == l2
    assert closed_form.fit_ridge(features, features[:, :1], (l2,)).l2 == l2
