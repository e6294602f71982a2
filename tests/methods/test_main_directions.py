"""The exact head on main directions: exact, folded into raw features, and as validation chooses."""

import numpy as np
import pytest

from tests.methods.test_distillation import Told
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.methods import main_directions, registry
from tl_core.methods.main_directions import CHOICE, Choice, Own, Space
from tl_core.methods.method import Ended, Known
from tl_core.tasks.classify import ClassGoal

CONFIG = TrainConfig(method_name="main_directions", image_size_px=32)


def noisy(count=240, noise=60):
    """Three classes along two strong directions, beside many features of noise that vary as much."""
    random = np.random.default_rng(2)
    labels = np.arange(count) % 3
    signal = np.array([[3, 0], [-2, 3], [-2, -3]])[labels] + random.normal(size=(count, 2))
    features = np.concatenate(
        [signal @ random.normal(size=(2, 20)), 4 * random.normal(size=(count, noise))], axis=1
    )
    return (features + 5).astype(np.float32), labels.astype(np.int32)


def known_of(features, labels, learnt, choosing, **own):
    goal = ClassGoal(Told(labels, 3), np.arange(len(labels)), balanced=False)
    return Known(goal, CONFIG, Own(**own), features, learnt, choosing=choosing)


def solver_of(known):
    made = main_directions.notes(known)
    known = Known(
        *(known.goal, known.config, known.settings, known.features, known.learnt),
        notes=made,
        choosing=known.choosing,
    )
    return main_directions.reduced_head(known), made


@pytest.fixture
def divided():
    features, labels = noisy()
    return features, labels, np.arange(40), np.arange(40, 100)


def test_directions_are_those_of_scikit_learn(divided):
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    features = divided[0]
    wanted = PCA(5).fit(StandardScaler().fit_transform(features.astype(np.float64)))
    space = Space.of(features)
    assert np.allclose(np.abs(space.vectors[:, :5].T @ wanted.components_.T), np.eye(5), atol=1e-3)
    assert space.explained(5) == pytest.approx(wanted.explained_variance_ratio_.sum(), rel=1e-3)


@pytest.mark.parametrize("way", ["pca", "whitened"])
def test_the_head_on_raw_features_answers_as_the_one_on_main_directions(divided, way):
    features, labels, learnt, choosing = divided
    known = known_of(features, labels, learnt, choosing)
    solving = main_directions._Solving.of(known, known.goal, features, learnt, choosing)
    matrix = solving.space.matrix(way, 4)
    seen = solving.space.seen(features, matrix)
    assert np.linalg.matrix_rank(seen - seen.mean(0), tol=1e-2) == 4
    within = known.goal.closed_form(
        (seen[learnt], labels[learnt]), (seen[choosing], labels[choosing])
    )
    head = solving.head(Choice(way, 4))
    assert np.allclose(head(features), within(seen), atol=1e-3)


def test_validation_keeps_few_directions_where_the_rest_is_noise(divided):
    features, labels, learnt, choosing = divided
    known = known_of(features, labels, learnt, choosing)
    solve, made = solver_of(known)
    rest = np.arange(100, 240)

    def right(head):
        return np.mean(head.of(features, rest).argmax(axis=1) == labels[rest])

    assert made[CHOICE][0] < 39
    reduced = solve(known.goal, features, learnt, choosing)
    usual = registry.get("fine_tune").exact_head(known.goal, features, learnt, choosing)
    assert right(reduced) >= right(usual)
    # Solved for once more on all, it keeps what was chosen, also in another process.
    again, _ = solver_of(known)
    both = np.concatenate([learnt, choosing])
    one, two = (f(known.goal, features, both, choosing[:0], reduced.l2) for f in (solve, again))
    assert np.array_equal(one.weights, two.weights) and right(one) > 0.8


def test_what_a_person_sets_is_kept_and_without_validation_the_variance_decides(divided):
    features, labels, learnt, choosing = divided
    _, made = solver_of(known_of(features, labels, learnt, choosing, way="pca", directions=3))
    assert made[CHOICE][:2].tolist() == [3, 0]
    _, made = solver_of(known_of(features, labels, learnt, choosing[:0]))
    assert 0.95 <= made[CHOICE][2] < 1
    _, made = solver_of(known_of(features, labels, learnt, choosing, directions=4096))
    assert made[CHOICE][0] <= len(learnt) - 1


def test_features_that_do_not_vary_are_refused(divided):
    _, labels, learnt, choosing = divided
    with pytest.raises(UserError) as error:
        main_directions.notes(known_of(np.ones((240, 4), np.float32), labels, learnt, choosing))
    assert error.value.code == "features-constant"


def test_the_choice_is_told_in_words_while_it_runs_and_on_the_result():
    made = {CHOICE: np.array([16.0, 1.0, 0.834])}
    (told,) = main_directions.says(made)
    assert "16 main directions, whitened" in told and "83\u202f%" in told
    metrics = main_directions.tells(made)
    assert list(main_directions.adds(Ended({}, metrics), [])) == [told]
    assert list(main_directions.adds(Ended({}, {}), [])) == []
