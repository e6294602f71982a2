"""Several labels a picture: how they are kept, divided, changed, learnt and answered."""

from dataclasses import replace

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import adding, division, edits, goals, manifest
from tl_core.datasets.splits import Split
from tl_core.export import answers, parity
from tl_core.home import versions
from tl_core.jobs.predictor import Prediction
from tl_core.tasks import closed_form, multilabel, one_against_rest, registry
from tl_core.tasks.task import Rules


@pytest.fixture
def scenes(made_dataset):
    """Pictures of cats, dogs and snow, several at once, a few of none."""
    dataset = made_dataset(classes=3, each=20)
    shows = np.random.default_rng(0).random((60, 3)) < [0.6, 0.4, 0.15]
    shows[:3] = [[1, 0, 0], [1, 1, 0], [0, 0, 0]]
    scenes = replace(
        dataset,
        classes=("cat", "dog", "snow"),
        shows=shows,
        labels=multilabel.first_of(shows),
    )
    return division.divide(scenes, Split.model_validate({}))


def test_a_data_set_keeps_every_label_and_says_what_it_teaches(scenes, home):
    manifest.save(scenes)
    again = manifest.load(scenes.id)
    assert registry.of(again) is multilabel.TASK
    assert again.shows.dtype == bool and (again.shows == scenes.shows).all()
    assert again.counts().sum(axis=1).tolist() == scenes.shows.sum(axis=0).tolist()
    told = versions.counts(again, set_aside=0, junk=0)
    assert told["task"] == "multilabel" and sum(told["splits"].values()) == 60


def test_many_labels_take_a_bit_each(scenes, home):
    shows = np.random.default_rng(1).random((60, 19)) < 0.3
    many = replace(scenes, classes=tuple(f"l{k}" for k in range(19)), shows=shows)
    manifest.save(many)
    assert (manifest.load(many.id).shows == shows).all()


def test_every_part_has_its_share_of_every_label(scenes):
    shares = scenes.counts() / scenes.counts().sum(axis=1, keepdims=True)
    assert np.ptp(shares, axis=0).max() < 0.25 and (scenes.counts() > 0).all()


def test_kin_stays_together_whatever_it_shows(scenes):
    twins = np.arange(60, dtype=np.int32)
    twins[1::2] = twins[::2]
    divided = division.divide(replace(scenes, twins=twins), Split.model_validate({}))
    assert (divided.splits[1::2] == divided.splits[::2]).all()


def test_merged_labels_are_shown_where_either_was(scenes):
    merged, _ = edits.apply(scenes, edits.Merge(labels=(0, 1), into=0), "f" * 24)
    assert merged.classes == ("cat", "snow")
    assert (merged.shows[:, 0] == scenes.shows[:, :2].any(axis=1)).all()
    assert (merged.shows[:, 1] == scenes.shows[:, 2]).all()


def test_with_a_label_go_only_the_pictures_that_show_nothing_else(scenes):
    left, _ = edits.apply(scenes, edits.DeleteClass(label=0), "f" * 24)
    alone = scenes.shows[:, 0] & (scenes.shows.sum(axis=1) == 1)
    assert len(left) == 60 - alone.sum() and left.classes == ("dog", "snow")
    assert (left.shows == scenes.shows[~alone][:, 1:]).all()
    trace = edits.trace(scenes, edits.DeleteClass(label=0))
    assert ((trace.rows < 0) == alone).all()


def test_a_deleted_label_tells_how_many_pictures_went_with_it(scenes):
    alone = int((scenes.shows[:, 0] & (scenes.shows.sum(axis=1) == 1)).sum())
    _, history = edits.apply(scenes, edits.DeleteClass(label=0), "f" * 24)
    assert f"the label “cat”, and {alone} picture" in history and "nothing else" in history
    shows = scenes.shows.copy()
    shows[:, 2] = True
    _, history = edits.apply(replace(scenes, shows=shows), edits.DeleteClass(label=0), "f" * 24)
    assert history == "Left out the label “cat”; all pictures stay."


def test_a_picture_given_another_label_keeps_its_own(scenes):
    more, _ = edits.apply(scenes, edits.Relabel(rows=(0,), labels=(2,)), "f" * 24)
    assert more.shows[0].tolist() == [True, False, True]
    less, history = edits.apply(
        scenes, edits.Relabel(rows=(1,), labels=(0,), takes_away=True), "f" * 24
    )
    assert less.shows[1].tolist() == [False, True, False] and "Took the label" in history
    new, history = edits.apply(scenes, edits.NewClass(rows=(0, 1), name="night"), "f" * 24)
    assert new.shows[:2, 3].all() and new.shows[:, 3].sum() == 2 and "the new label" in history


def test_pictures_are_added_label_by_label_and_not_to_another_task(scenes, made_dataset):
    more = replace(
        scenes, id="f" * 24, classes=("dog", "sea"), shows=scenes.shows[:, 1:],
        hashes=np.array([digest[::-1] for digest in scenes.hashes]), given=None,
    )  # fmt: skip
    both = adding.added(scenes, more, Split.model_validate({}))
    assert both.classes == ("cat", "dog", "snow", "sea") and len(both) == 120
    assert (both.shows[60:, 1] == more.shows[:, 0]).all() and not both.shows[60:, 0].any()
    with pytest.raises(UserError, match="several labels") as refusal:
        adding.added(scenes, made_dataset(), Split.model_validate({}))
    assert refusal.value.code == "add-kind"


def test_one_against_rest_equals_a_regression_for_every_label_alone(scenes):
    random = np.random.default_rng(2)
    features = (scenes.shows @ random.normal(size=(3, 8)) + random.normal(size=(60, 8))).astype(
        np.float32
    )
    together = one_against_rest.fit(features, scenes.shows, (0.1,), max_iterations=500)
    for label in range(3):
        alone = closed_form.fit_softmax(
            features, scenes.shows[:, label].astype(int), 2, (0.2,), max_iterations=500
        )
        # Of two classes the difference of logits is the one logit; the penalty is shared by two.
        logit = alone(features)[:, 1] - alone(features)[:, 0]
        assert np.allclose(together(features)[:, label], logit, atol=0.05)


def test_validation_chooses_a_strong_penalty_for_noise():
    random = np.random.default_rng(3)
    noise = random.normal(size=(120, 40)).astype(np.float32)
    shows = random.random((120, 2)) < 0.5
    chosen = one_against_rest.fit(noise[:80], shows[:80], validation=(noise[80:], shows[80:]))
    easy = np.hstack([noise, 6 * shows]).astype(np.float32)
    clean = one_against_rest.fit(easy[:80], shows[:80], validation=(easy[80:], shows[80:]))
    assert chosen.l2 > clean.l2


def test_validation_decides_from_which_probability_on_a_label_is_given(scenes):
    learnt, val = (np.flatnonzero(scenes.splits == part) for part in (0, 1))
    goal = goals.of(scenes, learnt, TrainConfig())
    low = np.where(scenes.shows[val], 0.3, 0.1)
    decided = goal.decided(val, low)
    assert decided.summary(val, low)["micro_f1"] == 1
    assert goal.summary(val, low)["micro_f1"] == 0  # at one half nothing is given
    assert decided.headline(decided.summary(val, low)) == 1
    rules = decided.rules
    answer = multilabel.TASK.answer(scenes.classes, np.array([0.3, 0.1, 0.3]), rules)
    assert answer["labels"] == ("cat", "snow") and answer["label"] == "cat; snow"


def test_answers_become_a_table_with_the_labels_given():
    told = [Prediction("cat; dog", {"cat": 0.91, "dog": 0.6}, labels=("cat", "dog"), task="multilabel"),
            Prediction("", {"cat": 0.2, "dog": 0.1}, task="multilabel")]  # fmt: skip
    table = answers.columns(("a.png", "b.png"), told)
    assert table["labels"] == ["cat; dog", ""]
    assert table["probability of dog"] == [0.6, 0.1]


def test_a_certificate_asks_for_the_same_labels():
    expected = np.array([[0.7, 0.2], [0.4, 0.9]])
    rules = Rules(thresholds=(0.5, 0.5))
    same = parity.compare(expected, expected + 1e-6, task="multilabel", rules=rules)
    assert same.passed and same.label_agreement == 1
    other = parity.compare(expected, expected[::-1], task="multilabel", rules=rules)
    assert not other.passed and other.label_agreement == 0


@pytest.mark.slow
def test_training_minimises_what_validation_is_judged_by():
    objective = multilabel.Labels(3)
    answers_ = np.random.default_rng(0).random((10, 3)) < 0.5
    outputs = np.random.default_rng(1).normal(size=(10, 3)).astype(np.float32)
    in_keras = float(objective.loss()(objective.targets(answers_), outputs))
    assert objective.measure(outputs, answers_)[0] == pytest.approx(in_keras, rel=1e-5)
