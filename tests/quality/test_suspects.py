import numpy as np
import pytest

from tests.quality.planting import flipped
from tl_core.modalities.picture import aspects
from tl_core.quality import loo, suspects


def clouds(count, classes, width=12, distance=5.0, seed=0):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(classes, width)) * distance / np.sqrt(width)
    labels = random.integers(classes, size=count)
    features = (centres[labels] + random.normal(size=(count, width))).astype(np.float32)
    return features, labels


def test_wrong_labels_among_clear_classes_are_found_and_put_right():
    features, labels = clouds(300, 4, distance=9)
    wrong, rows = flipped(labels, 4, 0.05, seed=1)
    found = suspects.find(loo.probabilities(((1.0, features),), wrong, 4), wrong)
    assert set(rows) <= set(found.rows.tolist())
    assert len(found.rows) <= len(rows) + 3
    best = [place for place, row in enumerate(found.rows) if row in set(rows)]
    assert (found.suggested[best] == labels[found.rows[best]]).all()


def test_the_most_doubtful_comes_first():
    features, labels = clouds(200, 3)
    wrong, _ = flipped(labels, 3, 0.1, seed=2)
    found = suspects.find(loo.probabilities(((1.0, features),), wrong, 3), wrong)
    assert (np.diff(found.sure) <= 0).all() and found.sure.min() > 0


def test_leaving_one_out_from_one_fit_equals_fitting_without_it():
    features, labels = clouds(40, 3)
    fast = loo._left_out(((1.0, features),), labels, 3, None, seed=0)
    basis = loo._basis(((1.0, features),), seed=0).astype(np.float64)
    targets = np.eye(3)[labels]
    targets -= targets.mean(axis=0)
    for row in (0, 17, 39):
        kept = np.arange(40) != row
        gram = basis[kept].T @ basis[kept] + loo.RIDGE * np.eye(basis.shape[1])
        slow = basis[row] @ np.linalg.solve(gram, basis[kept].T @ targets[kept])
        assert np.allclose(fast[row], slow, atol=1e-3)


def test_leaving_a_group_out_equals_fitting_without_the_group():
    features, labels = clouds(40, 3)
    groups = np.arange(40)
    groups[[3, 20, 31]] = 3
    fast = loo._left_out(((1.0, features),), labels, 3, groups, seed=0)
    basis = loo._basis(((1.0, features),), seed=0).astype(np.float64)
    targets = np.eye(3)[labels]
    targets -= targets.mean(axis=0)
    kept = groups != 3
    gram = basis[kept].T @ basis[kept] + loo.RIDGE * np.eye(basis.shape[1])
    slow = basis[~kept] @ np.linalg.solve(gram, basis[kept].T @ targets[kept])
    assert np.allclose(fast[~kept], slow, atol=1e-3)


def test_copies_of_a_wrongly_labelled_picture_do_not_defend_it():
    features, labels = clouds(200, 2, distance=9)
    features = np.concatenate([features, np.repeat(features[:1], 4, axis=0)])
    labels = np.concatenate([labels, np.repeat(1 - labels[:1], 4)])
    labels[0] = 1 - labels[0]
    groups = np.arange(204)
    groups[200:] = 0
    found = suspects.find(loo.probabilities(((1.0, features),), labels, 2, groups), labels)
    assert {0, 200, 201, 202, 203} <= set(found.rows.tolist())


def test_more_pictures_than_landmarks_are_judged_nearly_as_well(monkeypatch):
    features, labels = clouds(400, 4, distance=9)
    monkeypatch.setattr(loo, "LANDMARKS", 150)
    chances = loo.probabilities(((1.0, features),), labels, 4)
    assert np.mean(chances.argmax(axis=1) == labels) > 0.95
    assert np.allclose(chances.sum(axis=1), 1)


def test_a_class_of_two_pictures_neither_suspects_nor_claims():
    chances = np.array([[0.1, 0.9], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]])
    labels = np.array([0, 0, 1, 1, 1])
    assert suspects.find(chances, labels).rows.tolist() == []


def test_features_that_never_vary_are_no_obstacle():
    features, labels = clouds(60, 2)
    features[:, :3] = 7
    assert np.isfinite(loo.probabilities(((1.0, features),), labels, 2)).all()


@pytest.mark.parametrize("count", [2, 5])
def test_very_small_sets_are_answered(count):
    features, labels = clouds(count, 2)
    assert loo.probabilities(((1.0, features),), labels, 2).shape == (count, 2)


def test_outlines_tell_directions_and_do_not_depend_on_contrast():
    stripes = np.tile(np.array([40, 40, 200, 200], np.uint8), (64, 16))
    grey = np.stack([stripes, stripes.T, (stripes // 2 + 60).astype(np.uint8)])
    upright, lying, pale = aspects.outlines(grey).reshape(3, -1, aspects.DIRECTIONS).mean(axis=1)
    assert upright.argmax() == 0 and lying.argmax() == aspects.DIRECTIONS // 2
    assert np.allclose(upright, pale, atol=0.1)


def test_a_view_that_tells_nothing_does_not_drown_one_that_does():
    features, labels = clouds(200, 3, distance=9)
    noise = np.random.default_rng(5).normal(size=(200, 30)).astype(np.float32)
    chances = loo.probabilities(((0.5, features), (0.5, noise)), labels, 3)
    assert np.mean(chances.argmax(axis=1) == labels) > 0.95


def judged(labels, classes, distance, seed=0, truth=None):
    """Return suspects among overlapping clouds, some pictures of which are hard by nature."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(classes, 12)) * distance / np.sqrt(12)
    made = labels if truth is None else truth
    features = (centres[made] + random.normal(size=(len(made), 12))).astype(np.float32)
    return suspects.find(loo.probabilities(((1.0, features),), labels, classes), labels)


@pytest.mark.parametrize("distance", [3, 4, 6])
def test_where_no_label_is_wrong_hardly_any_is_doubted_however_hard_the_pictures(distance):
    doubted = pictures = 0
    for seed in range(5):
        labels = np.random.default_rng(seed).integers(5, size=300)
        found = judged(labels, 5, distance, seed)
        doubted, pictures = doubted + len(found.rows), pictures + 300
    assert doubted / pictures <= 0.01


@pytest.mark.parametrize("count", [24, 60])
def test_few_pictures_say_little_about_wrong_labels(count):
    doubted = pictures = 0
    for seed in range(20):
        labels = np.random.default_rng(seed).integers(3, size=count)
        found = judged(labels, 3, 4, seed)
        doubted, pictures = doubted + len(found.rows), pictures + count
    assert doubted / pictures <= 0.01


@pytest.mark.parametrize("distance", [4, 6])
def test_taking_the_surest_makes_labels_better_by_as_much_as_was_said(distance):
    before = after = right = said = taken = 0
    for seed in range(6):
        truth = np.random.default_rng(seed).integers(5, size=400)
        wrong, _ = flipped(truth, 5, 0.05, seed)
        found = judged(wrong, 5, distance, seed, truth)
        surest = found.rows[: found.surest]
        labels = wrong.copy()
        labels[surest] = found.suggested[: found.surest]
        before, after = before + (wrong != truth).sum(), after + (labels != truth).sum()
        right, said = (
            right + (labels == truth)[surest].sum(),
            said + found.sure[: len(surest)].sum(),
        )
        taken += len(surest)
        assert abs(found.share - 0.05) < 0.04
    assert after < 0.75 * before and right / taken > 0.8
    assert abs(right - said) < 0.1 * taken


def test_labels_that_say_nothing_are_not_doubted():
    random = np.random.default_rng(0)
    features = random.normal(size=(300, 12)).astype(np.float32)
    labels = random.integers(4, size=300)
    found = suspects.find(loo.probabilities(((1.0, features),), labels, 4), labels)
    assert found.surest == 0 and len(found.rows) <= 3


def test_of_very_many_classes_a_share_of_the_pictures_tells_the_two_numbers(monkeypatch):
    truth = np.random.default_rng(0).integers(5, size=600)
    wrong, _ = flipped(truth, 5, 0.1, 0)
    whole = judged(wrong, 5, 6, 0, truth).share
    monkeypatch.setattr(suspects, "CELLS", 1500)
    assert judged(wrong, 5, 6, 0, truth).share == pytest.approx(whole, abs=0.04)
