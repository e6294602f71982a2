from dataclasses import replace

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.evaluation import comparison, comparison_table
from tl_core.evaluation.comparison import TestAnswers as Answers
from tl_core.tasks import classify, multilabel, regress
from tl_core.tasks.task import Rules

NAMES = ("cat", "dog")


def answers(right, *, truth=None, names=NAMES, learnt=(), first=0, groups=None):
    """Answers of a classifier that has those pictures right, numbered from `first`."""
    right = np.asarray(right, bool)
    truth = np.arange(len(right)) % 2 if truth is None else np.asarray(truth)
    given = np.where(right, truth, 1 - truth)
    pictures = np.array([f"{first + row:064x}" for row in range(len(right))])
    return Answers(
        classify.TASK,
        names,
        Rules(),
        pictures,
        pictures.astype(object),
        truth,
        np.where(np.arange(2) == given[:, None], 0.9, 0.1).astype(np.float32),
        groups or {},
        frozenset(learnt),
    )


def many(share, count=200, seed=0):
    return np.random.default_rng(seed).random(count) < share


def test_a_clear_difference_is_told_with_its_interval():
    found = comparison.compare(answers(many(0.6)), answers(many(0.6) | many(0.8, seed=1)))
    told = found.headline
    assert told.verdict == 1 and told.probability < 0.001
    assert 0 < told.interval.low < told.gain < told.interval.high
    assert found.both + found.neither + len(found.won) + len(found.lost) == 200


def test_a_difference_of_three_pictures_is_none():
    right = many(0.8)
    better = right.copy()
    better[np.flatnonzero(~right)[:3]] = True
    told = comparison.compare(answers(right), answers(better)).headline
    assert told.gain == pytest.approx(3 / 200)
    assert told.verdict == 0 and told.interval.low <= 0 <= told.interval.high


def test_which_run_is_named_first_only_turns_the_sign():
    one, other = answers(many(0.6)), answers(many(0.75, seed=5))
    there, back = comparison.compare(one, other).headline, comparison.compare(other, one).headline
    assert there.gain == -back.gain and there.verdict == -back.verdict
    assert there.interval.low == pytest.approx(-back.interval.high)


def test_only_common_pictures_count_that_neither_had_learnt_from():
    whole = answers(many(0.5, 100))
    shifted = answers(many(0.5, 100), first=40, learnt=[f"{50:064x}"])
    found = comparison.compare(whole, shifted)
    assert len(found.rows) == 59 and found.learnt == 1 and found.counts == (100, 100)
    assert (whole.pictures[found.rows[:, 0]] == shifted.pictures[found.rows[:, 1]]).all()


def test_pictures_that_were_given_another_class_since_are_left_out():
    changed = np.arange(50) % 2
    changed[:4] = 1 - changed[:4]
    found = comparison.compare(answers(many(0.5, 50)), answers(many(0.5, 50), truth=changed))
    assert found.disputed == 4 and len(found.rows) == 46


def test_classes_in_another_order_are_the_same_classes():
    turned = answers(many(1.1, 20), truth=1 - np.arange(20) % 2, names=("dog", "cat"))
    found = comparison.compare(answers(many(1.1, 20)), turned)
    assert len(found.rows) == 20 and found.both == 20


def test_nothing_in_common_and_different_questions_say_so():
    with pytest.raises(UserError, match="no picture in common"):
        comparison.compare(answers(many(0.5, 10)), answers(many(0.5, 10), first=99))
    labels = replace(answers(many(0.5, 10)), task=multilabel.TASK)
    with pytest.raises(UserError, match="different things"):
        comparison.compare(answers(many(0.5, 10)), labels)


def test_answers_that_are_no_numbers_say_so():
    broken = answers(many(0.5, 10))
    broken.answers[3] = np.nan
    with pytest.raises(UserError, match="no numbers"):
        comparison.compare(answers(many(0.5, 10)), broken)


def test_pictures_that_belong_together_tell_less():
    right = np.repeat(many(0.6, 20), 10)
    better = right | np.repeat(many(0.5, 20, seed=3), 10)
    groups = {f"{row:064x}": row // 10 for row in range(200)}
    alone = comparison.compare(answers(right), answers(better))
    kin = comparison.compare(answers(right, groups=groups), answers(better))
    wide, narrow = kin.headline.interval, alone.headline.interval
    assert kin.groups == 20 and wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_more_comparisons_side_by_side_make_each_interval_wider():
    one, other = answers(many(0.6)), answers(many(0.7, seed=1))
    single, several = (comparison.compare(one, other, count).headline.interval for count in (1, 5))
    assert several.high - several.low > single.high - single.low


def test_two_pictures_conclude_nothing():
    found = comparison.compare(answers([True, False]), answers([True, True]))
    assert found.headline.verdict == 0


def test_numbers_are_compared_target_by_target_and_less_error_is_better():
    truth = np.random.default_rng(0).random((60, 2))
    plain = replace(answers(many(0.5, 60)), task=regress.TASK, outputs=("age", "size"), truth=truth)
    near, far = (
        replace(plain, answers=truth + np.random.default_rng(1).normal(0, noise, (60, 2)))
        for noise in (0.1, 0.5)
    )
    found = comparison.compare(far, near)
    assert [each.key for each in found.differences] == ["mae age", "mae size"]
    assert found.headline.verdict == 1 and found.both is None
    one = replace(near, outputs=("size", "weight"))
    with pytest.raises(UserError, match="no picture in common"):
        comparison.compare(far, one)


def test_labels_are_compared_by_how_many_are_right():
    truth = np.random.default_rng(0).random((80, 3)) < 0.4
    plain = replace(answers(many(0.5, 80)), task=multilabel.TASK, outputs=("a", "b", "c"))
    plain = replace(plain, truth=truth, rules=Rules(thresholds=(0.5, 0.5, 0.5)))
    sure = replace(plain, answers=np.where(truth, 0.9, 0.1))
    wrong = replace(
        plain, answers=np.where(many(0.3, 240, seed=7).reshape(80, 3), 0.6, sure.answers)
    )
    found = comparison.compare(wrong, sure)
    assert [each.key for each in found.differences] == ["label_accuracy", "exact"]
    assert found.headline.verdict == 1


def test_several_comparisons_are_one_table_that_says_with_whom():
    base, one, other = answers(many(0.6)), answers(many(0.7)), answers(many(0.8), first=100)
    compared = [
        (name, run, comparison.compare(base, run, comparisons=2))
        for name, run in (("one", one), ("other", other))
    ]
    table = comparison_table.all_columns(base, compared)
    assert table["compared with"] == ["one"] * 200 + ["other"] * 100
    assert {len(column) for column in table.values()} == {300}
    alone = comparison_table.columns(base, other, compared[1][2])
    assert table["second answer"][200:] == alone["second answer"]
    assert comparison_table.all_columns(base, compared[1:]) == alone, "one alone is as ever"


def test_a_comparison_may_be_asked_for_with_another_confidence():
    base, other = answers(many(0.6)), answers(many(0.6) | many(0.8, seed=1))
    often, seldom = (
        comparison.compare(base, other, confidence=share).headline.interval for share in (0.95, 0.8)
    )
    assert often.low < seldom.low and seldom.high < often.high
