import numpy as np
import pytest

from tl_core.datasets import guard as guards
from tl_core.quality import leaks

SHARES = (0.6, 0.2, 0.2)


def grouped(count=200, copies=40, seed=0):
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 4
    pairs = random.permutation(count)[: 2 * copies].reshape(copies, 2)
    labels[pairs[:, 1]] = labels[pairs[:, 0]]
    return labels, leaks.joined(count, [np.sort(pair) for pair in pairs])


def test_no_group_straddles_the_guarded_split_and_the_naive_one_leaks():
    labels, groups = grouped()
    guard = guards.guard(labels, groups, SHARES, seed=3)
    assert guards.torn(guard.parts, groups) == []
    assert guard.torn > 5
    assert len(guard.leaked) >= guard.torn
    assert (guard.naive[guard.leaked] > 0).all()


def test_every_leaked_picture_has_one_of_its_group_elsewhere():
    labels, groups = grouped()
    guard = guards.guard(labels, groups, SHARES, seed=1)
    for row in guard.leaked:
        parts = set(guard.naive[groups == groups[row]].tolist())
        assert len(parts) > 1


def test_the_naive_split_is_the_one_without_groups_and_the_seed_fixes_both():
    labels, groups = grouped()
    first, again = (guards.guard(labels, groups, SHARES, seed=5) for _ in range(2))
    assert np.array_equal(first.parts, again.parts)
    assert np.array_equal(first.naive, guards.naive_split(labels, SHARES, seed=5))


def test_groupings_that_overlap_become_one_group():
    groups = leaks.joined(
        7, [np.array([0, 1])], [np.array([1, 2])], leaks.named(["", "", "", "ann", "", "ann", ""])
    )
    assert groups.tolist() == [0, 0, 0, 3, 4, 3, 6]
    assert [rows.tolist() for rows in guards.members(groups)] == [[0, 1, 2], [3, 5]]


def test_without_groups_every_picture_stands_alone():
    assert leaks.joined(3).tolist() == [0, 1, 2]
    assert guards.members(leaks.joined(3)) == []
    assert guards.leaked(np.array([0, 1, 2]), leaks.joined(3)).tolist() == []


@pytest.mark.parametrize(
    ("rule", "name", "group"),
    [
        ("number", "ann/clip7_012.jpg", "ann/clip7"),
        ("number", "burst (3).png", "burst"),
        ("number", "cat/123.jpg", ""),
        ("number", "cat/portrait.jpg", ""),
        ("separator", "cat/slide3-left-2.png", "slide3"),
        ("separator", "dog/slide3_right.png", "slide3"),
    ],
)
def test_a_file_name_tells_its_group(rule, name, group):
    assert guards.by_prefix([name], rule).tolist() == [group]
