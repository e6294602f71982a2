"""Which settings of the next training are a person's own, and which only followed or were offered."""

import pytest

from pages.parts.shared import next_training
from tl_core.config import LESSON, TrainConfig

DEEP = {"epochs": 40, "schedule": "cosine"}


@pytest.fixture(autouse=True)
def session(monkeypatch):
    monkeypatch.setattr(next_training.st, "session_state", {})


def follow(values):
    next_training.keep(next_training.follow(next_training.settings(), values))
    return next_training.settings()


def test_what_is_recommended_no_more_is_as_usual_again():
    assert follow(DEEP) == TrainConfig(epochs=40, schedule="cosine")
    assert follow({}) == TrainConfig()
    assert next_training.times_followed("epochs") == 2


def test_what_followed_by_itself_is_no_choice_and_makes_room_for_the_lesson_and_back():
    follow(DEEP)
    next_training.begin_with(LESSON)
    assert next_training.settings() == LESSON
    next_training.begin_with(TrainConfig())
    assert next_training.settings() == TrainConfig()
    follow(DEEP)
    next_training.offer_backbone("efficientnet_lite0")
    assert next_training.settings().network.backbone == "efficientnet_lite0"
    next_training.begin_with(LESSON)
    assert next_training.settings() == LESSON


def test_a_choice_is_kept_until_it_is_given_back():
    follow(DEEP)
    next_training.take(epochs=12)
    next_training.begin_with(LESSON)
    assert follow({"epochs": 5}).course.epochs == 12
    next_training.release("epochs")
    assert follow({"epochs": 5}).course.epochs == 5


def test_a_choice_is_known_before_anything_is_recommended():
    next_training.note_choice("schedule", "plateau")
    next_training.keep(TrainConfig(schedule="plateau"))
    assert follow(DEEP).rate.schedule == "plateau"
    next_training.note_choice("schedule", "cosine")
    assert next_training.touched() == frozenset()


def test_the_settings_of_a_run_are_kept_whatever_is_recommended():
    before = TrainConfig(epochs=40, label_smoothing=0.1)
    next_training.go_back_to(before)
    assert follow(DEEP) == before
    assert next_training.touched() == {"schedule", "label_smoothing"}
    assert next_training.is_own_backbone()
