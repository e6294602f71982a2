"""Backbones held against each other by features alone, made so that the answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST
from tl_core.evaluation import audition


def dataset(classes=3, each=40, /, **more) -> Dataset:
    """Return a data set without files: audition reads only what is known of the pictures."""
    count = classes * each
    columns = {
        "id": "1" * 24,
        "name": "made",
        "classes": tuple(f"class {k}" for k in range(classes)),
        "targets": (),
        "hashes": np.array([f"{k:064x}" for k in range(count)]),
        "names": np.array([f"{k}.png" for k in range(count)], object),
        "labels": np.repeat(np.arange(classes), each).astype(np.int32),
        "splits": np.tile(np.array([0, 0, 0, 1, 2], np.int8), count)[:count],
    }
    return Dataset(**(columns | more))


def numbers(count=150) -> Dataset:
    values = np.random.default_rng(1).normal(40, 10, (count, 2))
    zeros = np.zeros(count, np.int32)
    return dataset(1, count, classes=(), targets=("a", "b"), values=values, labels=zeros)


def labelled(count=150) -> Dataset:
    shows = np.random.default_rng(1).random((count, 3)) < 0.4
    first = shows.argmax(axis=1).astype(np.int32)
    return dataset(1, count, classes=("x", "y", "z"), shows=shows, labels=first)


def features(truth, apart, width=24, seed=0):
    """Return features in which what is true shows more the larger `apart` is."""
    random = np.random.default_rng(seed)
    told = np.eye(truth.max() + 1)[truth] if truth.ndim == 1 else truth.astype(float)
    told = (told - told.mean(axis=0)) / told.std(axis=0)
    told = told @ random.normal(size=(told.shape[1], width))
    return (apart * told + random.normal(size=(len(truth), width)) + 1).astype(np.float32)


def test_the_better_features_come_first_and_what_cannot_be_told_apart_is_said():
    stage = audition.stage(dataset())
    labels = stage.sample.labels
    heard = [
        stage.hear("bad", features(labels, 0.05, seed=1)),
        stage.hear("good", features(labels, 1.2, seed=2)),
        stage.hear("as good", features(labels, 1.2, seed=3)),
    ]
    ranking = stage.ranked(heard)
    assert [place.heard.name for place in ranking.places][-1] == "bad"
    assert {place.heard.name for place in ranking.tied} == {"good", "as good"}
    worst = ranking.places[-1]
    assert not worst.is_tied and 0 < worst.behind_low < worst.behind_high
    assert worst.heard.low <= worst.heard.score <= worst.heard.high
    assert ranking.guess == pytest.approx(1 / 3, abs=0.02)
    for name in ("neighbours", "log_me", "h_score", "trans_rate"):
        assert getattr(ranking.places[0].heard, name) > getattr(worst.heard, name)


def test_every_picture_is_judged_for_each_cut_into_folds_and_the_score_is_the_mean():
    stage = audition.stage(dataset())
    found = stage.hear("x", features(stage.sample.labels, 0.15))
    assert found.values.shape == (audition.REPEATS, len(stage.sample))
    cuts = found.values.mean(axis=1)
    assert len(set(cuts.tolist())) > 1 and found.score == pytest.approx(cuts.mean())


def test_of_equal_scores_who_is_less_surprised_comes_first():
    stage = audition.stage(dataset())
    labels = stage.sample.labels
    sure, less = (stage.hear(str(apart), features(labels, apart)) for apart in (9.0, 3.0))
    assert sure.score == less.score == 1 and sure.surprise < less.surprise
    for heard in ([sure, less], [less, sure]):
        ranking = stage.ranked(heard)
        assert [place.heard for place in ranking.places] == [sure, less]
        assert len(ranking.tied) == 2


def test_a_difference_that_hangs_on_how_the_sample_was_cut_is_no_difference():
    stage = audition.stage(dataset())
    heard = stage.hear("x", features(stage.sample.labels, 0.5))
    count = len(stage.sample)
    worse, torn = heard.values.copy(), heard.values.copy()
    worse[:, : count // 10] = 0
    torn[0, : 3 * count // 10] = 0
    for name, values, is_tied in (("always", worse, False), ("for one cut", torn, True)):
        other = replace(heard, name=name, values=values, score=float(values.mean()))
        assert stage.ranked([heard, other]).places[1].is_tied is is_tied


def test_the_test_part_is_never_looked_at():
    whole = dataset()
    sample = audition.stage(whole).sample
    assert not set(sample.hashes) & set(whole.hashes[whole.splits == TEST])
    assert len(sample) == (whole.splits != TEST).sum()


def test_copies_never_judge_one_another():
    twins = np.repeat(np.arange(60), 2).astype(np.int32)
    whole = dataset(2, 60, twins=twins, splits=np.zeros(120, np.int8))
    stage = audition.stage(whole)
    # Features that tell which picture it is and nothing else: only a copy could give the answer.
    features = np.random.default_rng(0).normal(size=(60, 40))[stage.sample.twins]
    found = stage.hear("by heart", features.astype(np.float32))
    assert found.score < 0.7 and found.neighbours < 0.7
    alone = audition.stage(replace(whole, twins=None))
    assert alone.hear("by heart", features.astype(np.float32)).neighbours > found.neighbours + 0.1


def test_numbers_are_ranked_by_their_errors_beside_those_of_guessing():
    stage = audition.stage(numbers())
    truth = stage.sample.values
    good, bad = (stage.hear(str(apart), features(truth, apart)) for apart in (2.0, 0.0))
    ranking = stage.ranked([bad, good])
    assert ranking.places[0].heard is good and not ranking.higher_is_better
    assert ranking.guess == pytest.approx(1) and good.score < 0.5 < bad.score
    assert good.headline > 0.7 and good.log_me > bad.log_me
    assert good.h_score is None and good.trans_rate is None


def test_several_labels_are_ranked_by_the_share_given_rightly():
    stage = audition.stage(labelled())
    shows = stage.sample.shows
    good, bad = (stage.hear(str(apart), features(shows, apart)) for apart in (0.25, 0.0))
    ranking = stage.ranked([bad, good])
    assert ranking.places[0].heard is good and good.score > 0.7 > bad.score
    assert good.low < good.score < good.high and good.h_score is None


def test_features_that_do_not_vary_are_no_better_than_guessing_and_said_so():
    stage = audition.stage(dataset())
    flat = stage.hear("flat", np.ones((len(stage.sample), 8), np.float32))
    assert not flat.varies and flat.score <= stage.ranked([flat]).guess + 0.02


def test_a_head_that_came_with_a_backbone_is_heard_by_leep():
    stage = audition.stage(dataset())
    labels = stage.sample.labels
    table = features(labels, 1.0)
    certain = np.eye(5)[labels]
    assert stage.hear("x", table, certain).leep == pytest.approx(0)
    assert stage.hear("x", table).leep is None


def test_a_sample_is_bounded_in_pictures_and_in_classes():
    many = audition.stage(dataset(4, 300), most=100)
    assert len(many.sample) == 100 and many.of_pictures == 960
    assert np.bincount(many.sample.labels).tolist() == [25] * 4
    wide = audition.stage(dataset(1000, 6), most=1000)
    assert len(wide.sample) <= 1000 and len(wide.sample.classes) == 200
    assert wide.of_outputs == 1000 and wide.sample.labels.max() == 199
    assert set(wide.sample.classes) < set(dataset(1000, 6).classes)


def test_rare_classes_keep_a_few_pictures():
    labels = np.array([0] * 900 + [1] * 8, np.int32)
    whole = dataset(1, 908, classes=("many", "few"), labels=labels, splits=np.zeros(908, np.int8))
    assert np.bincount(audition.stage(whole, most=100).sample.labels)[1] == 5


def test_two_pictures_of_a_class_are_heard_with_wide_intervals():
    stage = audition.stage(dataset(6, 2, splits=np.zeros(12, np.int8)))
    found = stage.hear("x", features(stage.sample.labels, 3.0))
    assert found.high - found.low > 0.2 and found.neighbours > 0.9


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (dataset(1, 40), "audition-classes"),
        (dataset(3, 1), "audition-few"),
        (dataset(2, 3, splits=np.zeros(6, np.int8)), "audition-few"),
        (dataset(1, 40, classes=()), "audition-unlabelled"),
    ],
    ids=["one class", "one picture of each", "few", "unlabelled"],
)
def test_what_tells_nothing_is_refused_in_words(made, code):
    with pytest.raises(UserError) as refused:
        audition.stage(made)
    assert refused.value.code == code and refused.value.hint


def test_what_was_found_survives_being_kept():
    stage = audition.stage(dataset())
    ranking = stage.ranked([stage.hear("x", features(stage.sample.labels, 1.0))])
    kept = audition.read(ranking.told())
    assert kept.told() == ranking.told() and not kept.places[0].heard.values
