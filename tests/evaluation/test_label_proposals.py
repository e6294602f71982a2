"""Classes are proposed from features, with what they are worth, and refused where nothing tells."""

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.evaluation import label_proposals
from tl_core.evaluation.label_proposals import ASK, STRANGE, SURE


def clouds(each: int, spread: float, seed: int = 0, classes: int = 3, width: int = 24):
    """Return features around one centre a class, and the classes; the centres are always the same."""
    centres = np.random.default_rng(99).normal(size=(classes, width))
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    return centres[labels] + spread * random.normal(size=(len(labels), width)), labels


def test_clear_pictures_are_proposed_rightly_and_surely():
    known, labels = clouds(8, 0.2)
    asked, truth = clouds(30, 0.2, seed=1)
    found = label_proposals.propose(known, labels, 3, asked)
    assert (found.labels == truth).all()
    assert np.allclose(found.probabilities.sum(axis=1), 1)
    assert (found.doubts == SURE).mean() > 0.8
    assert found.checked.all()
    assert len(found.checked) > 15


def test_what_lies_between_classes_is_asked_about():
    known, labels = clouds(10, 0.3)
    centres = np.random.default_rng(99).normal(size=(3, 24))
    random = np.random.default_rng(5)
    between = (centres[0] + centres[1]) / 2 + 0.1 * random.normal(size=(20, 24))
    found = label_proposals.propose(known, labels, 3, between)
    assert not (found.doubts == SURE).any()
    assert set(found.labels.tolist()) <= {0, 1}


def test_labels_without_meaning_give_nothing_sure_and_the_evidence_says_so():
    random = np.random.default_rng(3)
    known, asked = random.normal(size=(60, 24)), random.normal(size=(200, 24))
    found = label_proposals.propose(known, random.integers(0, 3, 60), 3, asked)
    assert (found.doubts == SURE).mean() < 0.05
    assert (found.doubts == ASK).mean() > 0.5


def test_what_is_like_nothing_known_is_strange():
    known, labels = clouds(12, 0.3)
    random = np.random.default_rng(8)
    others = -4 * np.random.default_rng(99).normal(size=(3, 24)).mean(axis=0)
    strange = others + 0.3 * random.normal(size=(10, 24))
    asked, _ = clouds(20, 0.3, seed=1)
    found = label_proposals.propose(known, labels, 3, np.concatenate([asked, strange]))
    assert (found.doubts[60:] == STRANGE).all()
    assert (found.doubts[:60] == STRANGE).mean() < 0.2


def test_copies_do_not_vouch_for_one_another():
    """Each picture ten times, the classes dealt by lot: only copies know the answer."""
    random = np.random.default_rng(0)
    singles = random.normal(size=(24, 24))
    known, labels = np.repeat(singles, 10, axis=0), np.repeat(random.integers(0, 2, 24), 10)
    groups = np.repeat(np.arange(24), 10)
    fooled = label_proposals.propose(known, labels, 2, singles)
    honest = label_proposals.propose(known, labels, 2, singles, groups)
    assert len(fooled.checked) > 200
    assert fooled.checked.mean() > 0.95
    assert len(honest.checked) < 100
    assert set(honest.checked_groups.tolist()) <= set(range(24))


def test_a_class_without_pictures_is_never_proposed():
    known, labels = clouds(6, 0.2)
    found = label_proposals.propose(known, labels * 2, 6, known)
    assert set(found.labels.tolist()) == {0, 2, 4}
    assert found.probabilities.shape == (18, 6)
    assert not found.probabilities[:, [1, 3, 5]].any()


def test_two_a_class_are_enough_to_propose():
    known, labels = clouds(2, 0.1)
    asked, truth = clouds(10, 0.1, seed=1)
    found = label_proposals.propose(known, labels, 3, asked)
    assert (found.labels == truth).mean() > 0.9


@pytest.mark.parametrize(
    ("labels", "groups"),
    [([], None), ([1, 1, 1], None), ([0, 1, 2], None), ([0, 0, 1, 1], [0, 0, 1, 1])],
    ids=["no labels", "one class", "one picture a class", "only copies"],
)
def test_too_little_is_refused_in_words(labels, groups):
    known = np.random.default_rng(0).normal(size=(len(labels), 8))
    with pytest.raises(UserError) as caught:
        label_proposals.propose(
            known,
            np.array(labels, np.int32),
            3,
            np.ones((2, 8)),
            None if groups is None else np.array(groups),
        )
    assert caught.value.code == "propose-few"
    assert caught.value.hint


def test_features_that_are_no_numbers_are_refused():
    known, labels = clouds(4, 0.2)
    known[3, 3] = np.nan
    with pytest.raises(UserError) as caught:
        label_proposals.propose(known, labels, 3, known)
    assert caught.value.code == "features-not-finite"


def test_nobody_is_asked_about_what_is_sure():
    known, labels = clouds(20, 1.5)
    asked, _ = clouds(40, 1.5, seed=1)
    found = label_proposals.propose(known, labels, 3, asked)
    assert (found.doubts == SURE).any()
    rows = label_proposals.worth_asking(found)
    assert set(found.doubts[rows].tolist()) == {ASK}


def test_where_both_ways_disagree_neither_is_believed():
    answers, votes = np.array([[0.999, 0.001], [0.9, 0.1]]), np.array([[0.1, 0.9], [0.8, 0.2]])
    judged = label_proposals._judged(label_proposals._seen(answers, votes), 0.5)
    assert judged.doubts[0] == ASK and judged.probabilities[0].max() < 0.6
    assert judged.probabilities[1, 0] > 0.95
