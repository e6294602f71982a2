"""What is none of the classes: told from them, kept, and refused where it is damaged."""

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.measures import unknowns
from tl_core.measures.unknowns import Detector

WIDTH = 40


def pictures(classes: int, each: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features around one centre for each class, and the classes."""
    centres = np.random.default_rng(99).normal(2, 1, (60, WIDTH))
    labels = np.repeat(np.arange(classes), each)
    noise = np.random.default_rng(seed).normal(0, 0.4, (len(labels), WIDTH))
    return (centres[labels] + noise).astype(np.float32), labels


def strangers(count: int = 50) -> np.ndarray:
    """Features around centres that no class has."""
    random = np.random.default_rng(7)
    return (random.normal(2, 1, (count, WIDTH)) + random.normal(0, 0.4, (count, WIDTH))).astype(
        np.float32
    )


def fitted(classes: int = 4, each: int = 20, judged: int = 10) -> Detector:
    train, labels = pictures(classes, each)
    held, _ = pictures(classes, judged, seed=1)
    return unknowns.fit(train, labels, None, held, None)


@pytest.mark.parametrize(
    ("classes", "each", "judged"), [(4, 20, 10), (1, 20, 20), (4, 2, 0), (50, 3, 1), (3, 5, 1)]
)
def test_strangers_are_stranger_than_known_pictures(classes, each, judged):
    detector = fitted(classes, each, judged)
    known, _ = pictures(classes, 10, seed=2)
    scores = detector.score(known), detector.score(strangers())
    beaten = (scores[1][:, None] > scores[0]).mean()
    assert beaten > 0.9


def test_as_many_known_pictures_are_refused_as_was_chosen():
    detector = fitted(each=60, judged=200)
    known, _ = pictures(4, 500, seed=3)
    shares = detector.share(detector.score(known))
    for careful in unknowns.CHOICES:
        assert detector.refuses(shares, careful).mean() == pytest.approx(careful, abs=0.025)


def test_few_validation_pictures_never_refuse_more_than_was_chosen():
    detector = fitted(judged=3)
    shares = detector.share(detector.known)
    assert detector.refuses(shares, 0.05).sum() <= 0.05 * len(detector.known)


def test_what_the_classes_leave_open_counts():
    train, labels = pictures(4, 20)
    doubts = np.full(len(train), 0.1) + np.random.default_rng(0).random(len(train)) / 10
    detector = unknowns.fit(train, labels, doubts, train, doubts)
    sure, unsure = detector.score(train[:2], np.array([0.1, 0.9]))
    assert unsure - sure > 5 + np.ptp(detector.score(train[:2]))


def test_doubt_is_none_for_one_sure_class_and_whole_where_all_are_alike():
    assert unknowns.doubt(np.array([[1.0, 0.0], [0.5, 0.5]])) == pytest.approx([0, 1], abs=1e-9)


def test_features_that_are_no_numbers_are_refused_and_never_fitted():
    detector = fitted()
    broken = np.full((1, WIDTH), np.nan, np.float32)
    assert detector.refuses(detector.share(detector.score(broken))).all()
    train, labels = pictures(4, 20)
    with pytest.raises(UserError) as refusal:
        unknowns.fit(np.where(train == train[0, 0], np.nan, train), labels, None, train, None)
    assert refusal.value.code == "features-not-finite"


def test_two_pictures_are_too_few():
    train, labels = pictures(2, 1)
    with pytest.raises(UserError) as refusal:
        unknowns.fit(train, labels, None, train, None)
    assert refusal.value.code == "detector-few"


def test_a_thousand_classes_stay_small():
    train = np.random.default_rng(0).random((2000, 1280)).astype(np.float32)
    labels = np.arange(2000) % 1000
    detector = unknowns.fit(train, labels, None, train[:50], None)
    assert sum(each.nbytes for each in detector.arrays().values()) < 800_000


def test_kept_and_read_again_it_says_the_same():
    detector = fitted().taking(0.1)
    again = Detector.of(detector.arrays())
    known, _ = pictures(4, 30, seed=5)
    assert again.careful == 0.1
    assert again.score(known) == pytest.approx(detector.score(known), abs=0.02)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kept", np.zeros((3, 2), np.float16)),
        ("known", np.zeros(0, np.float32)),
        ("middle", np.full(WIDTH, np.nan, np.float32)),
        ("scales", np.zeros((2, 3), np.float32)),
        ("careful", np.array([7.0], np.float32)),
        ("kept_rest", np.zeros(80, np.float64)),
        ("further", np.zeros(1, np.float32)),
    ],
)
def test_arrays_of_unknown_origin_have_to_fit_together(name, value):
    with pytest.raises(ValueError, match="it"):
        Detector.of(fitted().arrays() | {name: value})
