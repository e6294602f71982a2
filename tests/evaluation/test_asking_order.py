"""A person is asked first about what is undecided, like many others, and not answered yet."""

import numpy as np

from tl_core.evaluation import asking_order

NOBODY = np.zeros((0, 5))


def test_a_margin_is_how_far_the_two_likeliest_lie_apart():
    told = np.array([[0.5, 0.5, 0.0], [0.1, 0.8, 0.1], [1.0, 0.0, 0.0]])
    assert np.allclose(asking_order.margins(told), [0, 0.7, 1])
    assert asking_order.margins(np.ones((2, 1))).tolist() == [1, 1]


def test_each_is_asked_once_and_no_more_than_there_are():
    random = np.random.default_rng(0)
    features, told = random.normal(size=(12, 5)), random.dirichlet(np.ones(3), 12)
    order = asking_order.asked_first(features, told, random.normal(size=(4, 5)), 50)
    assert sorted(order.tolist()) == list(range(12))
    one = asking_order.asked_first(features[:1], told[:1], NOBODY, 3)
    assert one.tolist() == [0]
    assert not len(asking_order.asked_first(features[:0], told[:0], features, 3))


def test_the_undecided_come_before_the_decided():
    random = np.random.default_rng(1)
    features = random.normal(size=(200, 30))
    told = np.tile([0.999, 0.001], (200, 1))
    told[::10] = [0.5, 0.5]
    order = asking_order.asked_first(features, told, features[1:2], 15)
    assert (order % 10 == 0).all()


def heaps() -> tuple[np.ndarray, np.ndarray]:
    """Return five heaps of pictures that are nearly equal, the last by far the largest, and their numbers."""
    random = np.random.default_rng(0)
    sizes = np.array([40, 42, 44, 46, 60])
    rows = np.repeat(np.eye(5), sizes, axis=0)
    return rows + 0.01 * random.normal(size=rows.shape), np.repeat(np.arange(5), sizes)


def test_of_pictures_that_are_alike_one_is_enough():
    features, heap = heaps()
    told = np.tile([0.5, 0.5], (len(features), 1))
    order = asking_order.asked_first(features, told, NOBODY, 5)
    assert sorted(heap[order].tolist()) == [0, 1, 2, 3, 4]


def test_what_is_like_many_comes_first_and_what_was_answered_last():
    features, heap = heaps()
    told = np.tile([0.5, 0.5], (len(features), 1))
    order = asking_order.asked_first(features, told, NOBODY, 2)
    assert heap[order[0]] == 4  # the largest heap
    answered = features[heap == 4][:1]
    order = asking_order.asked_first(features, told, answered, 4)
    assert sorted(heap[order].tolist()) == [0, 1, 2, 3]


def test_answers_that_are_all_certain_still_have_an_order():
    told = np.tile([1.0, 0.0], (6, 1))
    order = asking_order.asked_first(np.ones((6, 5)), told, NOBODY, 6)
    assert sorted(order.tolist()) == list(range(6))


def test_of_very_many_the_most_undecided_are_compared(monkeypatch):
    monkeypatch.setattr(asking_order, "MOST_COMPARED", 10)
    monkeypatch.setattr(asking_order, "MOST_SPOKEN_FOR", 4)
    random = np.random.default_rng(2)
    told = random.dirichlet(np.ones(3), 500)
    features = random.normal(size=(500, 4))
    order = asking_order.asked_first(features, told, features[:3], 20)
    assert set(order.tolist()) == set(np.argsort(asking_order.margins(told))[:10].tolist())
