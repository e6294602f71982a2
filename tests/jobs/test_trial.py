"""Many new pictures, answered by the real child process with a light model made on the spot."""

import contextlib
import os
import shutil
from pathlib import Path

import psutil
import pytest

from tests.jobs.test_predictor import model, png  # noqa: F401 - a fixture, and what makes pictures
from tests.waiting import wait_for
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.jobs import engines, predictor, trial, tried, watch
from tl_core.jobs.predictor import Prediction, Reply
from tl_core.jobs.trial import Shown
from tl_core.jobs.tried import Asked
from tl_core.store import job_rows

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


def ended(run_id: str, trial_id: str) -> trial.Trial:
    wait_for(lambda: not trial.state(run_id, trial_id).is_working, PATIENCE_S)
    return trial.state(run_id, trial_id)


def children_of(run_id: str) -> list[psutil.Process]:
    """Return the processes that answer with the model of a run, the job's own not among them."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # one that has just ended
            words = " ".join(process.cmdline())
            if "answering_child" in words and run_id in words:
                found.append(process)
    return found


def test_a_run_without_a_model_is_named(home):
    with pytest.raises(UserError) as caught:
        trial.start(ids.new(), many(1))
    assert caught.value.code == "no-model"


@pytest.mark.slow
def test_every_picture_is_answered_as_alone_and_a_broken_one_costs_only_itself(run_id):
    pictures = many(COUNT)
    pictures.insert(7, BROKEN)
    told = ended(run_id, trial.start(run_id, pictures)).told
    assert set(told) == {picture.key for picture in pictures}
    assert told["broken"].prediction is None and "picture" in told["broken"].reason
    assert told["broken"].name == "broken.jpg" and not told["broken"].place[1]
    for picture in (pictures[0], pictures[-1]):
        (alone,) = predictor.predict(run_id, [bytes(picture.content)])
        answer = told[picture.key].prediction
        assert answer is not None and answer.label == alone.label
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-5)
        assert told[picture.key].place[1]


@pytest.mark.slow
def test_more_pictures_join_those_that_are_answered_and_none_is_asked_twice(run_id):
    first, second = many(4)[:2], many(4)[2:]
    trial_id = trial.start(run_id, first)
    ended(run_id, trial_id)
    assert trial.start(run_id, second, trial_id) == trial_id
    known = ended(run_id, trial_id)
    assert list(known.asked) == sorted(known.told) == [f"key{n}" for n in range(4)]


@pytest.mark.slow
def test_a_child_that_is_killed_is_replaced_and_only_the_picture_it_held_goes_without(run_id):
    trial_id = trial.start(run_id, many(300))
    wait_for(lambda: len(trial.state(run_id, trial_id).told) > 0, PATIENCE_S)
    children_of(run_id)[0].kill()
    told = ended(run_id, trial_id).told
    assert len(told) == 300
    assert sum(one.prediction is None for one in told.values()) <= 1


@pytest.mark.slow
def test_who_stops_keeps_what_was_answered_and_no_process_stays(run_id):
    trial_id = trial.start(run_id, many(2000))
    wait_for(lambda: len(trial.state(run_id, trial_id).told) > 0, PATIENCE_S)
    trial.stop(run_id, trial_id)
    known = ended(run_id, trial_id)
    assert 0 < len(known.told) < 2000 == len(known.asked)
    wait_for(lambda: not children_of(run_id), PATIENCE_S)


@pytest.mark.slow
def test_a_job_that_was_killed_goes_on_and_keeps_what_was_answered(run_id):
    trial_id = trial.start(run_id, many(300))
    wait_for(lambda: len(trial.state(run_id, trial_id).told) > 0, PATIENCE_S)
    job = job_rows.job("try", trial.subject_of(run_id, trial_id))
    assert job is not None and job.handle is not None
    engines.in_use().cancel(job.handle)
    before = dict(trial.state(run_id, trial_id).told)

    def is_over() -> bool:
        watch.tick()
        return not trial.state(run_id, trial_id).is_working

    wait_for(is_over, PATIENCE_S)
    told = trial.state(run_id, trial_id).told
    assert len(told) == 300 and all(told[key] == one for key, one in before.items())


@pytest.mark.slow
def test_a_folder_and_a_zip_of_it_are_answered_alike_and_what_is_no_picture_has_its_reason(
    run_id, tmp_path
):
    folder = tmp_path / "new"
    (folder / "deep").mkdir(parents=True)
    for number in range(5):
        (folder / "deep" / f"{number}.png").write_bytes(png((number * 40, 9, 9)))
    (folder / "=broken.jpg").write_bytes(BROKEN.content)
    (folder / "film.mp4").write_bytes(b"no picture")
    packed = Path(shutil.make_archive(str(tmp_path / "new"), "zip", folder))
    found = []
    for source in (folder, packed):
        known = ended(run_id, trial.start_from(run_id, source))
        assert known.error is None
        found.append({one.name: one for one in known.told.values()})
    plain, zipped = found
    assert (
        set(plain)
        == set(zipped)
        == {
            *(f"deep/{number}.png" for number in range(5)),
            "=broken.jpg",
            "film.mp4",
        }
    )
    assert all(plain[name].prediction == zipped[name].prediction for name in plain)
    assert plain["=broken.jpg"].reason and "video" in plain["film.mp4"].reason


def test_what_nobody_looks_at_any_more_is_removed_after_a_day(home):
    old, new = (trial.folder_of(ids.new(), ids.new()) for _ in range(2))
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    trial._sweep()
    assert not Path(old).exists() and new.exists()


def test_a_line_that_a_kill_has_torn_spoils_nothing_but_itself(tmp_path):
    tried.ask(tmp_path, [Asked("a", "a.png", "x"), Asked("b", "b.png", "x")])
    with tried.Writer(tmp_path) as writer:
        writer.add("a", Reply(reason="It is damaged.", hint="Copy it again."))
    with (tmp_path / tried.REPLIES).open("ab") as file:
        file.write(b'{"key": "b", "pre')
    assert list(tried.told(tmp_path)) == ["a"]
    with tried.Writer(tmp_path) as writer:
        writer.add("b", Reply(Prediction("cup", {"cup": 1.0}), "AAAA"))
    told = tried.told(tmp_path)
    assert told["a"].reason == "It is damaged." and told["b"].name == "b.png"
    assert told["b"].prediction == Prediction("cup", {"cup": 1.0})
    assert tried.preview(tmp_path, told["b"]) == "AAAA"
