"""Many new pictures, answered by the real child process with a light model made on the spot."""

import contextlib
import os
import shutil
import signal
from pathlib import Path

import psutil
import pytest

from tests.jobs.test_predictor import model, png  # noqa: F401 - a fixture, and what makes pictures
from tests.waiting import wait_for
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.jobs import predictor, trial
from tl_core.jobs.trial import Shown
from tl_core.modalities.picture import member
from tl_core.signals import events

PATIENCE_S = 120.0
COUNT = 41
BROKEN = Shown("broken", "broken.jpg", b"\xff\xd8 no picture")


@pytest.fixture
def run_id(home, model) -> str:  # noqa: F811
    """A run whose model the child can use."""
    made = ids.new()
    shutil.copytree(model, ids.run_folder(made) / "model")
    return made


def many(count: int) -> list[Shown]:
    return [
        Shown(f"key{n}", f"{n}.png", png((n * 5 % 256, 80, 255 - n * 5 % 256)))
        for n in range(count)
    ]


def ended(trial_id: str) -> trial.Trial:
    wait_for(lambda: not trial.state(trial_id).is_working, PATIENCE_S)
    return trial.state(trial_id)


def child_of(trial_id: str) -> psutil.Process | None:
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # one that has just ended
            if trial_id in " ".join(child.cmdline()):
                return child
    return None


def test_a_run_without_a_model_is_named(home):
    with pytest.raises(UserError) as caught:
        trial.start(ids.new(), many(1))
    assert caught.value.code == "no-model"


@pytest.mark.slow
def test_every_picture_is_answered_as_alone_and_a_broken_one_costs_only_itself(run_id):
    pictures = many(COUNT)
    pictures.insert(7, BROKEN)
    told = ended(trial.start(run_id, pictures)).told
    assert set(told) == {picture.key for picture in pictures}
    assert told["broken"].prediction is None and "picture" in told["broken"].reason
    assert told["broken"].name == "broken.jpg" and not told["broken"].thumbnail
    for picture in (pictures[0], pictures[-1]):
        (alone,) = predictor.predict(run_id, [bytes(picture.content)])
        answer = told[picture.key].prediction
        assert answer is not None and answer.label == alone.label
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-5)
        assert told[picture.key].thumbnail


@pytest.mark.slow
def test_more_pictures_join_those_that_are_answered_and_none_is_asked_twice(run_id):
    first, second = many(4)[:2], many(4)[2:]
    trial_id = trial.start(run_id, first)
    ended(trial_id)
    assert trial.start(run_id, second, trial_id) == trial_id
    known = ended(trial_id)
    assert list(known.asked) == list(known.told) == [f"key{n}" for n in range(4)]


@pytest.mark.slow
def test_a_child_that_is_killed_is_replaced_and_only_the_picture_it_held_goes_without(run_id):
    trial_id = trial.start(run_id, many(300))
    wait_for(lambda: len(trial.state(trial_id).told) > 0, PATIENCE_S)
    child = child_of(trial_id)
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    told = ended(trial_id).told
    assert len(told) == 300
    assert sum(one.prediction is None for one in told.values()) <= 1


@pytest.mark.slow
def test_who_stops_keeps_what_was_answered_and_no_process_stays(run_id):
    trial_id = trial.start(run_id, many(2000))
    wait_for(lambda: len(trial.state(trial_id).told) > 0, PATIENCE_S)
    trial.stop(trial_id)
    known = trial.state(trial_id)
    assert not known.is_working and 0 < len(known.told) < 2000 == len(known.asked)
    wait_for(lambda: child_of(trial_id) is None, PATIENCE_S)


def test_a_trial_of_a_server_that_is_gone_does_not_go_on(home):
    trial_id = ids.new()
    folder = trial._folder(trial_id)
    folder.mkdir(parents=True)
    (folder / trial.WORKING).write_text("another process")
    with events.Writer(folder) as emit:
        emit("asked", pictures=[["a", "a.png"]])
    known = trial.state(trial_id)
    assert not known.is_working and known.asked == {"a": "a.png"} and known.told == {}


def test_what_nobody_looks_at_any_more_is_removed_after_a_day(home, monkeypatch):
    old, new = (trial._folder(ids.new()) for _ in range(2))
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    trial._sweep()
    assert not Path(old).exists() and new.exists()


def test_a_picture_over_which_the_clock_ended_the_child_is_told_as_slow_not_as_broken(home):
    trial_id = ids.new()
    folder = trial._folder(trial_id)
    folder.mkdir(parents=True)
    (folder / trial.WORKING).write_text(trial.THIS_PROCESS)
    with events.Writer(folder) as emit:
        emit("asked", pictures=[["a", "a.jpg"]])
        emit("opening", key="a")
    work = trial._Work(home, folder, {"a": Shown("a", "a.jpg", b"")})
    work._take_stock(0, was_late=True)
    assert trial.state(trial_id).told["a"].reason == member.OPENER.too_slow.reason
