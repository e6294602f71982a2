"""How good a candidate is believed to be: what was measured, and what was to be expected."""

import json

import numpy as np
import pytest

from tl_core.evaluation.search import tried
from tl_core.evaluation.search.candidates import Candidate
from tl_core.evaluation.search.tried import Prior, Record, Tried, believed, chosen, measured_gain

HEAD, TUNED = Candidate("starter"), Candidate("starter", 6)


def bits(count: int, right: int) -> str:
    return "1" * right + "0" * (count - right)


def of(candidate: Candidate, right: int, count: int = 100, effort: float = 1.0, **more) -> Tried:
    return Tried(candidate, effort, 2.0, right=bits(count, right), level=right / count, **more)


def test_a_gain_counts_the_pictures_on_which_two_disagree():
    trained, head = (np.arange(100) < right for right in (80, 70))
    gain, variance = measured_gain(trained, head)
    assert gain == pytest.approx(0.10) and variance == pytest.approx((11 - 1) / 100**2)
    same, luck = measured_gain(head, head)
    assert same == 0 and luck > 0


def test_few_pictures_are_believed_less_than_many():
    expected = Prior(0.01, 0.02)
    few, many = (believed(0.10, variance, expected) for variance in (0.02, 0.00001))
    assert 0.01 < few < 0.03 and many == pytest.approx(0.10, abs=0.003)


def test_a_lucky_training_on_few_pictures_does_not_go_before_a_better_backbone():
    other = Candidate("mobilenet_v2")
    record = Record() + of(HEAD, 16, 20) + of(TUNED, 18, 20) + of(other, 18, 20)
    order = [one.candidate for one in record.standings(lambda *_: Prior(0.0, 0.02))]
    assert order[0] == other


def test_a_proven_gain_goes_before_the_exact_head():
    record = Record() + of(HEAD, 700, 1000) + of(TUNED, 760, 1000, effort=0.25)
    first, second = record.standings(lambda *_: Prior(0.0, 0.03))
    assert first.candidate == TUNED and second.candidate == HEAD
    assert first.gain == pytest.approx(0.06) and (first.gain_low or 0) > 0


def test_a_training_of_few_epochs_is_believed_less_than_a_whole_one():
    def value(effort: float) -> float:
        record = Record() + of(HEAD, 700, 1000) + of(TUNED, 700, 1000, effort=effort)
        found = {one.candidate: one for one in record.standings(lambda *_: Prior(0.05, 0.03))}
        return found[TUNED].value

    assert 0.70 < value(1.0) < value(0.25) < 0.75


def test_what_is_expected_of_a_training_follows_from_its_exact_head():
    asked = []

    def prior(candidate: Candidate, exact: float | None) -> Prior:
        asked.append((candidate, exact))
        return Prior()

    (Record() + of(HEAD, 60, crossed=0.7) + of(TUNED, 70)).standings(prior)
    assert asked == [(TUNED, 0.7)]


def test_heads_that_saw_some_pictures_stand_only_where_there_is_nothing_else():
    part = Record() + of(HEAD, 90, effort=0.25)
    assert [one.candidate for one in part.standings(lambda *_: Prior())] == [HEAD]
    other = Candidate("mobilenet_v2")
    whole = part + of(other, 70)
    assert [one.candidate for one in whole.standings(lambda *_: Prior())] == [other]


def test_the_quicker_of_two_that_are_nearly_alike_is_taken():
    quick = Candidate("mobilenet_025")
    record = Record() + of(HEAD, 801, 1000) + of(quick, 800, 1000)
    standings = record.standings(lambda *_: Prior())
    found = chosen(standings, {HEAD: 60.0, quick: 10.0}.__getitem__)
    assert standings[0].candidate == HEAD and found and found.candidate == quick
    assert chosen([], lambda _: 1.0) is None


def test_prices_are_corrected_by_what_trials_took():
    record = Record() + of(HEAD, 5, expected_s=1.0) + of(TUNED, 5, expected_s=0.1)
    assert record.pace(of_heads=True) == 2.0 and record.pace(of_heads=False) == tried.MOST_OFF
    assert Record().pace(of_heads=True) == 1.0
    assert (Record() + of(HEAD, 5, expected_s=0.5)).pace(of_heads=False) == 4.0


def test_a_trial_and_a_standing_are_read_as_they_were_told():
    one = of(Candidate("starter", 3, 1 / 3, True), 7, 10, effort=0.5)
    assert tried.read(json.loads(json.dumps(one.told()))) == one
    standing = (Record() + of(HEAD, 6, 10) + one).standings(lambda *_: Prior())[0]
    assert tried.read_standing(json.loads(json.dumps(standing.told()))) == standing


def test_what_more_pictures_tell_goes_before_what_validation_tells():
    other = Candidate("mobilenet_v2")
    record = Record() + of(HEAD, 18, 20, crossed=0.70) + of(other, 16, 20, crossed=0.80)
    first, second = record.standings(lambda *_: Prior())
    assert first.candidate == other and 0.75 < first.value < 0.80 and 0.70 < second.value < 0.75


def test_of_exact_heads_that_chance_alone_sets_apart_the_best_was_lucky():
    others = [Candidate(name) for name in ("mobilenet_v2", "mobilenet_025", "efficientnet_lite0")]

    def values(count: int, worst: int) -> list[float]:
        record = Record() + of(HEAD, worst, 100, crossed=worst / 100, counted=count)
        for place, each in enumerate(others, 1):
            share = (worst + 2 * place) / 100
            record += of(each, worst, 100, crossed=share, counted=count)
        return [one.value for one in record.standings(lambda *_: Prior())]

    few, many = values(60, 84), values(100_000, 84)
    assert many == pytest.approx([0.90, 0.88, 0.86, 0.84], abs=2e-4)
    assert few == sorted(few, reverse=True) and few[0] - few[-1] < 0.4 * 0.06
    assert np.mean(few) == pytest.approx(0.87, abs=1e-3)


def test_a_part_of_the_epochs_has_shown_a_part_of_the_gain():
    other, expected = Candidate("mobilenet_v2"), lambda *_: Prior(0.03, 0.05)
    deep = Candidate("mobilenet_v2", 5)
    whole, begun = of(TUNED, 740, 1000), of(deep, 740, 1000, effort=0.25)
    record = Record() + of(HEAD, 720, 1000) + of(other, 720, 1000) + whole + begun
    values = {one.candidate: one.value for one in record.standings(expected)}
    assert values[deep] > values[TUNED] + 0.005
    assert believed(0.02, 1e-9, Prior(), shown=0.5) == pytest.approx(0.04, abs=1e-4)
