import numpy as np

from tl_core.evaluation import activation_map, neighbours
from tl_core.evaluation.activation_map import Part
from tl_core.models.plain_head import PlainHead
from tl_core.tasks import registry


def test_all_places_and_the_bias_add_up_to_the_answer_of_a_linear_head():
    random = np.random.default_rng(0)
    last_map = random.normal(size=(2, 4, 3, 5)).astype(np.float32)
    for flattens in (False, True):
        kernel = random.normal(size=(60 if flattens else 5, 3)).astype(np.float32)
        head = PlainHead(((kernel, np.float32([0.1, 0.2, 0.3])),), flattens)
        places = activation_map.contributions(head, last_map, np.float32([0, 1, 0]))
        assert places.shape == (2, 4, 3)
        assert np.allclose(places.sum((1, 2)) + 0.2, head.outputs(last_map)[:, 1], atol=1e-4)


def test_what_is_added_to_all_classes_alike_speaks_for_none():
    random = np.random.default_rng(0)
    last_map = random.normal(size=(1, 2, 2, 5)).astype(np.float32)
    kernel, bias = random.normal(size=(5, 3)).astype(np.float32), np.zeros(3, np.float32)
    aim = registry.get("classify").speaks_for(1, 3)
    same = [
        activation_map.contributions(PlainHead(((weights, bias),), False), last_map, aim)
        for weights in (kernel, kernel + random.normal(size=(5, 1)).astype(np.float32))
    ]
    assert np.allclose(*same, atol=1e-5)
    for task in ("regress", "multilabel"):
        assert registry.get(task).speaks_for(1, 3).tolist() == [0, 1, 0]


def test_the_part_that_adds_most_is_found_and_its_control_lies_elsewhere():
    places = np.zeros((6, 6))
    places[4:, 2:4], places[0, 0] = 1, -1
    best, control = activation_map.parts(places)
    assert best == Part(4 / 6, 2 / 6, 1, 4 / 6)
    assert control == Part(0, 0, 2 / 6, 2 / 6)
    assert best.covers(12, 12).sum() == 16
    assert not (best.covers(12, 12) & control.covers(12, 12)).any()


def test_a_map_of_one_place_has_one_part():
    best, control = activation_map.parts(np.ones((1, 1)))
    assert best == control == Part(0, 0, 1, 1)


def test_the_nearest_are_those_of_the_same_direction_however_long():
    known = np.float16([[1, 0], [0, 1], [5, 1]])
    found = neighbours.nearest(known, np.float32([[2, 0], [0, 0]]), 2)
    assert found.places[0].tolist() == [0, 2] and found.likeness[0, 0] == 1
    assert found.likeness[1].tolist() == [0, 0]


def test_no_more_than_so_many_of_a_class_are_kept():
    labels = np.array([0] * 5 + [1] * 2)
    chosen = neighbours.bounded(labels, each=3)
    assert np.bincount(labels[chosen]).tolist() == [3, 2] and (np.diff(chosen) > 0).all()
