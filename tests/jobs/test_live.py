"""The life of a child that answers a camera: through the real child process, with a light model made on the spot."""

import contextlib
import shutil
import threading
from collections.abc import Iterator

import psutil
import pytest

from tests.jobs.test_predictor import model, png  # noqa: F401 - a fixture, and what makes pictures
from tests.jobs.test_trial import children_of
from tests.waiting import wait_for
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.jobs import live, live_model, predictor
from tl_core.jobs.live import Live
from tl_core.jobs.live_model import Seen
from tl_core.jobs.predictor import Reply

PATIENCE_S = 240.0


class FakeModel:
    """Answers at once, or when it is let; remembers that it was ended."""

    made: list["FakeModel"]

    def __init__(self, run_id: str) -> None:
        self.run_id, self.is_ended = run_id, False
        self.version = live_model.version_of(run_id)
        self.error: UserError | None = None
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.made.append(self)

    def answer(self, frame: bytes) -> Seen:
        if self.error is not None:
            raise self.error
        assert self.may_answer.wait(PATIENCE_S)
        return Seen("ready", Reply(preview=frame.decode()))

    def end(self) -> None:
        self.is_ended = True


@pytest.fixture
def models(monkeypatch) -> list[FakeModel]:
    """The models that were opened, none of them with a process."""
    monkeypatch.setattr(FakeModel, "made", [], raising=False)
    monkeypatch.setattr(live, "LiveModel", FakeModel)
    monkeypatch.setattr(live_model, "version_of", lambda run_id: ())
    return FakeModel.made


def refused(answer) -> str:
    with pytest.raises(UserError) as caught:
        answer()
    return caught.value.code


def test_all_who_look_share_a_model_that_ends_with_the_last_of_them(models):
    watched = Live()
    assert watched.answer("run", "one", b"1").reply == Reply(preview="1")
    assert watched.answer("run", "two", b"2").reply == Reply(preview="2")
    assert len(models) == 1 and watched.looked_at() == {"run": 2}
    watched.leave("run", "one")
    watched.leave("run", "stranger")
    assert not models[0].is_ended
    watched.leave("run", "two")
    assert models[0].is_ended and watched.looked_at() == {}


def test_whoever_is_silent_is_sent_away_and_may_come_again(models):
    watched = Live(idle_s=0.05)
    watched.answer("run", "one", b"")
    wait_for(lambda: models[0].is_ended)
    assert watched.looked_at() == {}
    assert watched.answer("run", "one", b"").reply
    wait_for(lambda: models[1].is_ended)


def test_one_camera_has_one_frame_on_its_way(models):
    watched = Live()
    watched.answer("run", "one", b"")
    models[0].may_answer.clear()
    first = threading.Thread(target=watched.answer, args=("run", "one", b""))
    first.start()
    wait_for(lambda: watched._audiences["run"].waiting)
    assert refused(lambda: watched.answer("run", "one", b"")) == "live-busy"
    models[0].may_answer.set()
    first.join()
    assert watched.answer("run", "one", b"").reply


def test_no_more_look_than_the_machine_bears(models, monkeypatch):
    monkeypatch.setattr(live, "MOST_VIEWERS", 2)
    watched = Live()
    watched.answer("run", "one", b"")
    watched.answer("run", "two", b"")
    assert refused(lambda: watched.answer("run", "three", b"")) == "live-full"
    assert watched.answer("run", "two", b"").reply


def test_a_model_that_nobody_asks_makes_room_for_another(models, monkeypatch):
    monkeypatch.setattr(live.admission, "at_most", lambda needs: 1)
    watched = Live()
    watched.answer("first", "one", b"")
    assert refused(lambda: watched.answer("second", "two", b"")) == "live-full"
    monkeypatch.setattr(live, "GIVES_WAY_S", 0.0)
    assert watched.answer("second", "two", b"").reply
    assert models[0].is_ended and watched.looked_at() == {"second": 1}


def test_after_a_fault_that_is_told_the_next_frame_begins_anew(models):
    watched = Live()
    watched.answer("run", "one", b"")
    models[0].error = UserError("live-ended", "It ended.")
    assert refused(lambda: watched.answer("run", "one", b"")) == "live-ended"
    assert models[0].is_ended
    assert watched.answer("run", "one", b"").reply and len(models) == 2


def test_a_model_that_took_anothers_place_answers_from_then_on(models, monkeypatch):
    watched = Live()
    watched.answer("run", "one", b"")
    monkeypatch.setattr(live_model, "version_of", lambda run_id: (("model.json", 2),))
    watched.answer("run", "one", b"")
    assert models[0].is_ended and len(models) == 2


def test_a_run_without_a_model_is_named(home):
    assert refused(lambda: Live().answer(ids.new(), "one", b"")) == "no-model"


# The real child


@pytest.fixture
def run_id(home, model) -> str:  # noqa: F811
    made = ids.new()
    shutil.copytree(model, ids.run_folder(made) / "model")
    return made


@pytest.fixture
def watched(run_id) -> Iterator[Live]:
    made = Live()
    yield made
    made.end_all()
    wait_for(lambda: not children_of(run_id), PATIENCE_S)


def answered(watched: Live, run_id: str, frame: bytes) -> Reply:
    """Return the reply to a frame, once the model is ready."""
    return wait_for(lambda: watched.answer(run_id, "one", frame).reply, PATIENCE_S)


def killed(run_id: str) -> None:
    for process in children_of(run_id):
        with contextlib.suppress(psutil.Error):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_frame_gets_the_very_answer_that_the_same_bytes_get_as_a_picture(watched, run_id):
    assert watched.answer(run_id, "one", png("red")) == Seen("starting")
    for colour in ("red", "blue", "green"):
        reply = answered(watched, run_id, png(colour))
        assert [reply.prediction] == predictor.predict(run_id, [png(colour)])
    bad = answered(watched, run_id, b"\xff\xd8 no picture")
    assert bad.prediction is None and bad.code.startswith("picture-")
    assert len(children_of(run_id)) == 1
    watched.leave(run_id, "one")
    wait_for(lambda: not children_of(run_id), PATIENCE_S)


@pytest.mark.slow
def test_a_child_that_dies_is_started_once_more_and_then_given_up(watched, run_id):
    assert answered(watched, run_id, png("red")).prediction
    killed(run_id)
    assert watched.answer(run_id, "one", png("red")) == Seen("starting")
    wait_for(lambda: children_of(run_id), PATIENCE_S)
    wait_for(lambda: watched._audiences[run_id].model._stage == "ready", PATIENCE_S)
    killed(run_id)
    assert refused(lambda: watched.answer(run_id, "one", png("red"))) == "live-ended"
    assert answered(watched, run_id, png("red")).prediction, "who tries again begins anew"


@pytest.mark.slow
def test_a_child_that_cannot_start_is_told(watched, run_id, monkeypatch):
    monkeypatch.setattr(predictor, "PROGRAM", ("-c", "raise SystemExit"))
    assert watched.answer(run_id, "one", png("red")) == Seen("starting")
    wait_for(lambda: watched._audiences[run_id].model._error, PATIENCE_S)
    assert refused(lambda: watched.answer(run_id, "one", png("red"))) == "prediction-failed"


@pytest.mark.slow
def test_a_frozen_part_is_converted_by_a_job_before_anything_is_loaded(home, model, monkeypatch):  # noqa: F811
    run = ids.new()
    shutil.copytree(model, ids.run_folder(run) / "model")
    started: list[tuple[str, bytes]] = []
    stands = [live_model.trial.Trial({}, {}, is_working=True)]
    monkeypatch.setattr(live_model.answering, "is_to_be_made_light", lambda folder: True)
    monkeypatch.setattr(live_model.trial, "start", lambda *asked: _noted(started, *asked))
    monkeypatch.setattr(live_model.trial, "state", lambda run_id, trial_id: stands[-1])
    made = live_model.LiveModel(run)
    monkeypatch.setattr(made._child, "get_ready", lambda: None)
    assert made.answer(b"frame").stage == "converting"
    assert made.answer(b"another").stage == "converting"
    assert started == [(run, b"frame")]
    stands.append(live_model.trial.Trial({}, {}, is_working=False))
    assert made.answer(b"third").stage in ("starting", "ready")
    made.end()


def _noted(started: list[tuple[str, bytes]], run_id: str, shown) -> str:
    started.append((run_id, shown[0].content))
    return ids.new()
