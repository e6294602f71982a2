"""How far two sets look apart: known answers, an area that is counted by hand, words by the interval alone."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST
from tl_core.evaluation import domain_shift, shift_sample
from tl_core.evaluation.domain_shift import Shift

WIDTH = 48
SHIFT = Shift(200, 300, 0.5, 0.45, 0.55, 0.5, 48, 0.0, 0.5, 9.0, 999)


def features(count, seed, shift=0.0):
    """Return features of which a few directions hold most, as those of networks do."""
    turn = np.linalg.qr(np.random.default_rng(99).normal(size=(WIDTH, WIDTH)))[0]
    rows = np.random.default_rng(seed).normal(size=(count, WIDTH)) * np.exp(-np.arange(WIDTH) / 10)
    rows[:, 5] += shift * np.exp(-0.5)
    return (rows @ turn).astype(np.float32)


def test_two_samples_of_one_kind_cannot_be_told_apart():
    found = domain_shift.measure(features(250, 1), features(200, 2))
    assert found.low < 0.5 < found.high < domain_shift.HARDLY
    assert found.verdict == "alike" and found.distance < 0.5
    assert (found.own, found.others, found.directions) == (250, 200, WIDTH)
    assert domain_shift.in_words(found)[0] == "These pictures and yours cannot be told apart."


def test_another_look_is_told_almost_without_fault():
    found = domain_shift.measure(features(100, 1), features(80, 2, shift=8))
    assert found.area > 0.99 and found.low > 0.9 and found.chance == pytest.approx(0.001)
    assert found.verdict == "clear" and found.distance > 1.8


def test_a_small_shift_is_a_little_one():
    found = domain_shift.measure(features(400, 1), features(400, 2, shift=0.6))
    assert found.low > 0.5 and found.high < domain_shift.CLEARLY and found.verdict == "little"


def test_the_area_is_the_share_of_pairs_that_are_in_order(monkeypatch):
    kept = {}
    plain = domain_shift._out_of_fold

    def noted(*given):
        kept["scores"] = plain(*given)
        return kept["scores"]

    monkeypatch.setattr(domain_shift, "_out_of_fold", noted)
    found = domain_shift.measure(features(30, 3), features(20, 4, shift=1))
    own, others = kept["scores"][:30], kept["scores"][30:]
    ordered = [(y > x) + 0.5 * (y == x) for x in own for y in others]
    assert found.area == pytest.approx(np.mean(ordered))
    assert found.error == pytest.approx((np.mean(own > 0) + np.mean(others <= 0)) / 2)


def test_pictures_that_are_on_both_sides_are_not_told_apart_the_wrong_way_round():
    rows = features(60, 1)
    found = domain_shift.measure(rows, rows)
    assert found.area == pytest.approx(0.5, abs=0.02) and found.chance > 0.5
    assert found.verdict in ("alike", "unknown")


def test_it_is_the_same_every_time_and_goes_to_json_and_back():
    one, two = (domain_shift.measure(features(40, 1), features(30, 2)) for _ in range(2))
    assert one == two == domain_shift.read(one.told())


def test_few_pictures_and_features_that_do_not_vary_are_refused():
    for own, others, code in (
        (features(9, 1), features(50, 2), "shift-few"),
        (features(50, 1), features(3, 2), "shift-few"),
        (np.ones((20, 5), np.float32), np.ones((20, 5), np.float32), "features-constant"),
        (np.full((20, 5), np.nan, np.float32), features(20, 1)[:, :5], "features-not-finite"),
    ):
        with pytest.raises(UserError) as refused:
            domain_shift.measure(own, others)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("low", "high", "chance", "verdict"),
    [
        (0.45, 0.55, 0.5, "alike"),
        (0.45, 0.55, 0.001, "little"),
        (0.3, 0.75, 0.5, "unknown"),
        (0.52, 0.7, 0.5, "little"),
        (0.6, 0.9, 0.001, "some"),
        (0.45, 0.85, 0.001, "some"),
        (0.8, 0.9, 0.001, "clear"),
    ],
)
def test_the_interval_decides_what_is_said_not_the_point(low, high, chance, verdict):
    found = replace(SHIFT, area=(low + high) / 2, low=low, high=high, chance=chance)
    assert found.verdict == verdict
    said = domain_shift.in_words(found)
    assert len(said) == 3 and ("50\u202f%" in said[1]) is (found.area > 0.5)
    assert ("no better than by guessing" in said[1]) is (found.area <= 0.5)


def test_each_verdict_has_words_of_its_own():
    ranges = ((0.45, 0.55), (0.3, 0.75), (0.52, 0.7), (0.6, 0.9), (0.8, 0.9))
    said = [domain_shift.in_words(replace(SHIFT, low=low, high=high))[0] for low, high in ranges]
    assert len(set(said)) == 5


@pytest.mark.slow
@pytest.mark.parametrize(("own", "others"), [(15, 15), (40, 80), (120, 120)])
def test_its_interval_holds_guessing_where_there_is_no_shift(own, others, monkeypatch):
    monkeypatch.setattr(domain_shift, "REPEATS", 1)
    found = [
        domain_shift.measure(features(own, 2 * seed), features(others, 2 * seed + 1), seed=seed)
        for seed in range(120)
    ]
    assert np.mean([each.low <= 0.5 <= each.high for each in found]) >= 0.9
    verdicts = Counter(each.verdict for each in found)
    assert not verdicts["clear"] and verdicts["little"] + verdicts["some"] <= 12


def test_of_a_burst_there_is_one_and_nothing_of_the_test_part(made_dataset):
    dataset = made_dataset(classes=2, each=60)
    other = made_dataset(classes=2, each=40, identifier="3" * 24, seed=5)
    sample = shift_sample.drawn(dataset, other.id)
    judged = set(dataset.hashes[dataset.splits == TEST])
    assert not judged & set(sample.own.hashes) and len(sample.own.hashes) == len(sample.own.labels)
    assert set(sample.others.hashes) <= set(other.hashes)
    few = shift_sample.drawn(dataset, other.id, most=12)
    assert len(few.own) == len(few.others) == 12
    assert np.bincount(few.own.labels).tolist() == [6, 6]  # every class in its share
    again = shift_sample.drawn(dataset, other.id, most=12)
    assert again.others.hashes.tolist() == few.others.hashes.tolist()


def test_of_people_or_videos_on_either_side_there_is_one_picture_each(made_dataset):
    dataset = made_dataset(classes=2, each=60)
    videos = np.array([f"video {place // 2}" for place in range(len(dataset))], object)
    dataset = replace(dataset, groups=videos)
    other = made_dataset(classes=2, each=40, identifier="3" * 24, seed=5)
    people = np.array([f"person {place // 4}" for place in range(len(other))], object)
    manifest.save(replace(other, groups=people))
    sample = shift_sample.drawn(dataset, other.id)
    named = dict(zip(dataset.hashes.tolist(), videos, strict=True))
    named |= dict(zip(other.hashes.tolist(), people, strict=True))
    for hashes in (sample.own.hashes.tolist(), sample.others.hashes.tolist()):
        assert len({named[one] for one in hashes}) == len(hashes)
    assert len(sample.others) == 20
    known = {name for name, part in zip(videos, dataset.splits, strict=True) if part != TEST}
    assert len(sample.own) == len(known)
    few = np.array([f"person {place % 5}" for place in range(len(other))], object)
    manifest.save(replace(other, groups=few))
    with pytest.raises(UserError, match="5 from elsewhere"):
        shift_sample.drawn(dataset, other.id)


def test_one_of_each_group_stays():
    places = np.arange(10, 20)
    groups = np.array([0, 0, 0, 1, 2, 2, 3, 4, 4, 4])
    kept = shift_sample._one_of_each(places, groups)
    assert len(kept) == 5 and sorted(groups[kept - 10]) == [0, 1, 2, 3, 4]
    assert shift_sample._one_of_each(places, None).tolist() == places.tolist()
