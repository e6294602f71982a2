"""What one split's number is worth."""

from dataclasses import replace

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.datasets import goals, splits
from tl_core.tasks import classify, closed_form, regress
from tl_core.training import rechecks


@pytest.fixture
def copied(made_dataset):
    """Noise that tells nothing of the classes, every picture there twice."""
    dataset = made_dataset()
    half = len(dataset) // 2
    twins = np.tile(np.arange(half), 2).astype(np.int32)[: len(dataset)]
    labels = (np.random.default_rng(1).random(half) < 0.5).astype(np.int32)
    dataset = replace(
        dataset, labels=labels[twins], classes=("a", "b"), twins=twins, moved=7,
        naive=splits.assign(labels[twins], None, (0.6, 0.2, 0.2), 3),
        splits=splits.assign(labels[twins], twins.astype(str), (0.6, 0.2, 0.2), 3),
    )  # fmt: skip
    features = np.random.default_rng(2).normal(size=(half, 64)).astype(np.float32)[twins]
    return dataset, features


def test_a_split_that_tears_copies_apart_claims_more_than_can_be_known(copied):
    dataset, features = copied
    sorted_out = goals.of(dataset, np.flatnonzero(dataset.splits == 0), TrainConfig())
    claim = rechecks.naive_claim(dataset, sorted_out, features)
    guarded = rechecks._score(sorted_out, features, dataset.splits)
    assert claim is not None and claim["leaked"] == 7
    assert claim["score"] > guarded


def test_nothing_is_claimed_where_nothing_would_have_leaked(copied):
    dataset, features = copied
    sorted_out = goals.of(dataset, np.arange(len(dataset)), TrainConfig())
    clean = replace(dataset, moved=0)
    assert rechecks.naive_claim(clean, sorted_out, features) is None


def test_cross_validation_judges_each_fold_and_tells_their_spread(copied):
    dataset, features = copied
    features = features + 8 * dataset.labels[:, None]  # now easy to tell
    sorted_out = goals.of(dataset, np.arange(len(dataset)), TrainConfig())
    found = rechecks.cross_validated(dataset, sorted_out, features, 4, 0)
    assert len(found["scores"]) == 4
    assert found["mean"] == pytest.approx(np.mean(found["scores"]))
    assert found["mean"] > 0.9 and found["spread"] < 0.2


def test_folds_are_stratified_and_keep_groups_whole():
    labels = np.repeat([0, 1, 2], [40, 20, 6]).astype(np.int32)
    groups = np.array([f"g{row // 2}" for row in range(len(labels))], dtype=object)
    fold = splits.folds(labels, groups, 3, 0)
    assert set(fold.tolist()) == {0, 1, 2}
    for group in set(groups):
        assert len(set(fold[groups == group].tolist())) == 1
    counts = np.array([np.bincount(fold[labels == label], minlength=3) for label in range(3)])
    assert (np.ptp(counts, axis=1) <= 2).all()
    assert (splits.folds(labels, groups, 3, 0) == fold).all()
    assert (splits.folds(labels, groups, 3, 1) != fold).any()


@pytest.mark.parametrize("values", [False, True], ids=["classes", "numbers"])
def test_of_more_than_memory_holds_a_share_is_solved_for_and_answers_nearly_as_well(
    made_dataset, monkeypatch, values
):
    dataset = made_dataset(classes=3, each=200, values=values)
    what = goals.of(dataset, np.flatnonzero(dataset.splits == 0), TrainConfig())
    truth = np.repeat(np.arange(3), 200)
    features = np.random.default_rng(0).normal(size=(600, 8)).astype(np.float32)
    features[np.arange(600), truth] += 4
    before, solved_for = features.copy(), []
    for where, name in ((classify, "fit_softmax"), (regress, "fit_ridge")):
        plain = getattr(where, name)

        def noted(table, *rest, plain=plain, **settings):
            solved_for.append(len(table))
            return plain(table, *rest, **settings)

        monkeypatch.setattr(where, name, noted)
    whole = rechecks._score(what, features, dataset.splits)
    monkeypatch.setattr(closed_form, "FIT_BYTES", 60 * closed_form.fit_bytes(1, 8, 1))
    share = rechecks._score(what, features, dataset.splits)
    assert solved_for[0] == np.sum(dataset.splits == 0) and 30 < solved_for[1] <= 60
    assert whole > 0.8 and share == pytest.approx(whole, abs=0.1)
    assert np.array_equal(features, before)


@pytest.mark.parametrize("values", [False, True], ids=["classes", "numbers"])
@pytest.mark.parametrize("count", [2, 5, 10])
def test_each_fold_judges_one_part_and_learns_from_all_others(made_dataset, count, values):
    dataset = made_dataset(classes=2, each=30, values=values)
    what = goals.of(dataset, np.arange(len(dataset)), TrainConfig())
    features = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    features[:, 0] += 3 * np.repeat([0, 1], 30)
    solved, plain = [], rechecks.exact_head

    def noted(of, table, learnt, choosing, l2=None):
        solved.append((set(learnt.tolist()), set(choosing.tolist()), l2))
        return plain(of, table, learnt, choosing, l2)

    found = rechecks.cross_validated(dataset, what, features, count, 0, noted)
    assert len(found["scores"]) == count and len(solved) == 2 * count
    everyone, judged = set(range(60)), []
    for (inner, choosing, before), (learnt, none, l2) in zip(
        solved[::2], solved[1::2], strict=True
    ):
        # The strength is chosen within what is learnt from, which then is learnt from entirely.
        assert not inner & choosing and inner | choosing == learnt
        assert before is None and not none and l2 is not None
        judged += sorted(everyone - learnt)
    assert sorted(judged) == sorted(everyone)


def test_more_folds_than_groups_judge_as_many_as_there_are(made_dataset):
    dataset = made_dataset(classes=2, each=6)
    groups = np.array([f"g{row % 3}" for row in range(12)], object)
    dataset = replace(dataset, groups=groups)
    what = goals.of(dataset, np.arange(12), TrainConfig())
    features = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
    found = rechecks.cross_validated(dataset, what, features, 5, 0)
    assert len(found["scores"]) == 3
    one = replace(dataset, groups=np.array(["all"] * 12, object))
    assert rechecks.cross_validated(one, what, features, 2, 0) == {}


def test_what_nobody_looked_at_is_learnt_from_but_judges_no_fold(copied):
    dataset, features = copied
    features = features + 8 * dataset.labels[:, None]
    wrong = dataset.labels.copy()
    unseen = np.zeros(len(dataset), bool)
    unseen[:6] = True
    wrong[unseen] = 1 - wrong[unseen]
    fooled = replace(dataset, labels=wrong)
    sorted_out = goals.of(fooled, np.arange(len(fooled)), TrainConfig())
    judged = rechecks.cross_validated(fooled, sorted_out, features, 4, 0)
    spared = rechecks.cross_validated(replace(fooled, unseen=unseen), sorted_out, features, 4, 0)
    assert (spared["mean"] or 0) > (judged["mean"] or 0) + 0.05
