"""Pictures that a browser took: kept whole or refused, and explained once they are answered."""

import base64

import pytest

from tl_core.base.errors import UserError
from tl_core.intake import uploads
from tl_core.jobs import explainer, stills, trial
from tl_core.jobs.predictor import Prediction
from tl_core.jobs.trial import Trial
from tl_core.jobs.tried import Told


def test_a_picture_is_kept_as_it_was_sent(home):
    path = stills.keep(base64.b64encode(b"\xff\xd8 any bytes").decode())
    assert path.read_bytes() == b"\xff\xd8 any bytes"
    assert path.is_relative_to(home)
    uploads.remove(path)
    assert not path.exists()


@pytest.mark.parametrize("encoded", ["", "not base64", "é", "QUI", "QUJD" * 10])
def test_what_is_no_whole_picture_is_refused(home, monkeypatch, encoded):
    monkeypatch.setattr(stills, "LARGEST_BYTES", 20)
    with pytest.raises(UserError) as caught:
        stills.keep(encoded)
    assert caught.value.code == "still"
    assert not (home / "uploads").exists()


@pytest.mark.parametrize(
    ("told", "is_done", "begun"),
    [
        ({}, False, 0),
        ({"key": Told("key", "photo", reason="It is no picture.")}, True, 0),
        ({"key": Told("key", "photo", Prediction("cup", {"cup": 1.0}))}, True, 1),
    ],
)
def test_it_is_explained_once_there_is_an_answer(monkeypatch, told, is_done, begun):
    started: list[object] = []
    monkeypatch.setattr(trial, "state", lambda run, trial_id: Trial({}, told, is_working=False))
    monkeypatch.setattr(explainer, "ask", lambda run, key, trial_id: (run, key, trial_id))
    monkeypatch.setattr(explainer, "start", started.append)
    assert not stills.explain("run", "", "key")
    assert stills.explain("run", "trial", "key") is is_done
    assert started == [("run", "key", "trial")] * begun
