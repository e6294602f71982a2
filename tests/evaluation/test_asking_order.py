"""A person is asked first about pictures that are undecided and unlike one another."""

import numpy as np

from tl_core.evaluation import asking_order


def test_a_margin_is_how_far_the_two_likeliest_lie_apart():
    told = np.array([[0.5, 0.5, 0.0], [0.1, 0.8, 0.1], [1.0, 0.0, 0.0]])
    assert np.allclose(asking_order.margins(told), [0, 0.7, 1])
    assert asking_order.margins(np.ones((2, 1))).tolist() == [1, 1]


def test_each_is_asked_once_and_no_more_than_there_are():
    random = np.random.default_rng(0)
    features, told = random.normal(size=(12, 5)), random.dirichlet(np.ones(3), 12)
    order = asking_order.asked_first(features, told, 50)
    assert sorted(order.tolist()) == list(range(12))


def test_the_undecided_come_before_the_decided():
    random = np.random.default_rng(1)
    features = random.normal(size=(200, 8))
    told = np.tile([0.999, 0.001], (200, 1))
    told[::10] = [0.5, 0.5]
    order = asking_order.asked_first(features, told, 15)
    assert (order % 10 == 0).mean() > 0.9


def test_of_pictures_that_are_alike_one_is_enough():
    """Five heaps of twenty equal pictures, all as undecided: five questions should meet most heaps."""
    heaps = np.eye(5)
    features = np.repeat(heaps, 20, axis=0)
    told = np.tile([0.5, 0.5], (100, 1))
    met = [
        len(set((asking_order.asked_first(features, told, 5, seed) // 20).tolist()))
        for seed in range(5)
    ]
    assert met == [5] * 5


def test_answers_that_are_all_certain_still_have_an_order():
    told = np.tile([1.0, 0.0], (6, 1))
    order = asking_order.asked_first(np.ones((6, 3)), told, 6)
    assert sorted(order.tolist()) == list(range(6))


def test_of_very_many_the_most_undecided_are_compared(monkeypatch):
    monkeypatch.setattr(asking_order, "MOST_COMPARED", 10)
    random = np.random.default_rng(2)
    told = random.dirichlet(np.ones(3), 500)
    order = asking_order.asked_first(random.normal(size=(500, 4)), told, 20)
    assert set(order.tolist()) == set(np.argsort(asking_order.margins(told))[:10].tolist())
