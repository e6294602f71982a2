"""Answers put right on Try it: noted, added to the data as a new version, taken back."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST, TRAIN
from tl_core.intake.known_answers import KnownAnswer
from tl_core.jobs import corrections, imports, trial, tried, work
from tl_core.jobs.corrections import Placed
from tl_core.jobs.tried import Asked
from tl_core.modalities import registry

RUN = "a" * 24


@pytest.fixture
def dataset_id(home, engine, picture_folder) -> str:
    """Two classes of twelve pictures each."""
    made = imports.start_intake(
        store.default_project().id, picture_folder(classes=2, each=12), "mine"
    )
    assert work.do("import", made) == 0
    return made


def shown(pictures: dict[str, bytes]) -> str:
    """Return a trial of these pictures."""
    trial_id = ids.new()
    into = trial.folder_of(RUN, trial_id) / tried.PICTURES
    into.mkdir(parents=True)
    asked = []
    for number, (name, content) in enumerate(pictures.items()):
        (into / f"{number:06}").write_bytes(content)
        asked.append(Asked(str(number), name, str(into / f"{number:06}")))
    tried.ask(trial.folder_of(RUN, trial_id), asked)
    return trial_id


def noise(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 64, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def stored(dataset_id: str, part: int) -> bytes:
    dataset = manifest.load(dataset_id)
    row = int(np.flatnonzero(dataset.splits == part)[0])
    return registry.of(dataset).stored(str(dataset.hashes[row])).read_bytes()


def note(trial_id: str, dataset_id: str, *names: str) -> None:
    for key, name in enumerate(names):
        corrections.note(RUN, trial_id, str(key), KnownAnswer(classes=(name,)), dataset_id)


def added(trial_id: str, dataset_id: str) -> str:
    made = corrections.add(RUN, trial_id, dataset_id)
    assert work.do("import", made) == 0
    return made


def test_what_was_put_right_is_learnt_from_in_a_new_version_and_the_upload_is_gone(
    dataset_id, home
):
    first = manifest.load(dataset_id)
    trial_id = shown({"folder/=a.png": noise(1), "photo": noise(2), "left.png": noise(3)})
    note(trial_id, dataset_id, first.classes[1], "something new")
    made = added(trial_id, dataset_id)
    row, now = store.dataset(made), manifest.load(made)
    assert row.status == "ready" and row.parent_id == dataset_id
    assert row.history == "Put the answers to 2 pictures right."
    assert now.classes == (*first.classes, "something new")
    assert now.splits.tolist() == [*first.splits.tolist(), TRAIN, TRAIN]
    assert now.labels[len(first) :].tolist() == [1, len(first.classes)]
    assert corrections.placed(row) == Placed(learnt_from=2, judged_by=0, changed=0)
    assert not list((home / "uploads").glob("*.zip"))
    known = corrections.known(RUN, trial_id)
    assert not known.noted and set(known.added) == {"0", "1"} and known.dataset == made


def test_a_picture_of_the_data_itself_gets_the_answer_where_it_stands(dataset_id):
    trial_id = shown({"again.png": stored(dataset_id, TEST)})
    first = manifest.load(dataset_id)
    row = int(np.flatnonzero(first.splits == TEST)[0])
    other = first.classes[1 - int(first.labels[row])]
    note(trial_id, dataset_id, other)
    made = added(trial_id, dataset_id)
    now = manifest.load(made)
    assert len(now) == len(first) and now.classes[int(now.labels[row])] == other
    assert corrections.placed(store.dataset(made)) == Placed(0, 0, 1)


def test_what_was_added_can_be_taken_back_and_noted_anew(dataset_id):
    trial_id = shown({"a.png": noise(1)})
    note(trial_id, dataset_id, "class 1")
    added(trial_id, dataset_id)
    assert corrections.take_back(RUN, trial_id) == dataset_id
    known = corrections.known(RUN, trial_id)
    assert not known.added and not known.dataset
    assert known.noted["0"].classes == ("class 1",)
    corrections.forget(RUN, trial_id, "0")
    assert corrections.known(RUN, trial_id) == corrections.Corrections()


def test_what_was_added_before_stays_so_when_more_is_added_and_taken_back(dataset_id):
    trial_id = shown({"a.png": noise(1), "b.png": noise(2)})
    note(trial_id, dataset_id, "class 1")
    second = added(trial_id, dataset_id)
    corrections.note(RUN, trial_id, "1", KnownAnswer(classes=("class 0",)), second)
    third = added(trial_id, second)
    assert store.dataset(third).version == 3 and corrections.take_back(RUN, trial_id) == second
    known = corrections.known(RUN, trial_id)
    assert set(known.earlier) == {"0"} and set(known.noted) == {"1"}


def test_nothing_noted_and_a_picture_that_is_gone_are_told(dataset_id):
    trial_id = shown({"a.png": noise(1)})
    with pytest.raises(UserError) as caught:
        corrections.add(RUN, trial_id, dataset_id)
    assert caught.value.code == "no-corrections"
    note(trial_id, dataset_id, "class 1")
    Path(tried.asked(trial.folder_of(RUN, trial_id))[0].path).unlink()
    with pytest.raises(UserError) as caught:
        corrections.add(RUN, trial_id, dataset_id)
    assert caught.value.code == "picture-gone"
    assert [row.id for row in store.versions(dataset_id)] == [dataset_id]
