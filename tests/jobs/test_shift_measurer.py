"""How far pictures look apart as a job: priced and refused before, followed, kept, found again by page and command."""

import json

import numpy as np
import pytest

from tests.made import DATASET
from tests.methods.made import OTHER
from tests.test_command_line import WorkAtOnce
from tl_core import store
from tl_core.__main__ import main
from tl_core.backbones import weights
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.jobs import engines, shift_measurer, work
from tl_core.quality import picture_features

KIND = "domain_shift"


@pytest.fixture
def two(made_dataset):
    """A data set and one from elsewhere."""
    own = made_dataset(classes=3, each=36)
    other = made_dataset(classes=3, each=20, identifier=OTHER, seed=5)
    for dataset in (own, other):
        store.create_dataset(store.default_project().id, dataset.id[:2], dataset_id=dataset.id)
        store.dataset_ready(dataset.id, {"pictures": len(dataset)})
    return own, other


@pytest.fixture
def apart(monkeypatch, two):
    """Features in which pictures from elsewhere lie apart, without a network."""
    there = set(two[1].hashes.tolist())

    def features(dataset, config, on_progress, should_stop, *, hashes):
        on_progress(len(hashes), len(hashes))
        rows = np.random.default_rng(3).normal(size=(len(hashes), 16)).astype(np.float32)
        rows[[name in there for name in hashes.tolist()], 0] += 9
        return rows

    monkeypatch.setattr(picture_features, "as_set", features)


def test_it_is_priced_then_done_and_found_again(two, apart, engine):
    own, other = two
    config = TrainConfig(trainable_stages=2, epochs=3)
    asked = shift_measurer.priced(own, config, other.id)
    assert 1 < asked.seconds < 600
    assert (asked.own, asked.others) == (int((own.splits != 2).sum()), len(other))
    assert shift_measurer.found(asked.key) is None
    shift_measurer.start(asked)
    assert shift_measurer.is_working(asked.key)
    assert work.do(KIND, asked.key) == 0
    engine.kill(asked.key)
    found = shift_measurer.found(asked.key)
    assert found and found.verdict == "clear" and found.area > 0.99
    assert shift_measurer.view(asked.key).phase == "compare"
    # How much of the network would train plays no part: it is found again, and begun only once.
    assert shift_measurer.key(own.id, TrainConfig(), other.id) == asked.key
    assert shift_measurer.key(own.id, TrainConfig(resize="pad"), other.id) != asked.key
    shift_measurer.start(asked)
    assert engine.submitted == [(KIND, asked.key)]


def test_it_stops_when_asked(two, apart, engine, monkeypatch):
    own, other = two
    asked = shift_measurer.priced(own, TrainConfig(), other.id)
    shift_measurer.start(asked)
    plain = picture_features.as_set

    def stopped(*given, **more):
        shift_measurer.stop(asked.key)
        return plain(*given, **more)

    monkeypatch.setattr(picture_features, "as_set", stopped)
    assert work.do(KIND, asked.key) == 0
    engine.kill(asked.key)
    assert shift_measurer.found(asked.key) is None and not shift_measurer.is_working(asked.key)


def test_what_cannot_be_compared_is_refused_before_anything_begins(two, made_dataset, monkeypatch):
    own, other = two
    few = made_dataset(classes=1, each=3, identifier="4" * 24, seed=8)
    for there, code in ((few.id, "shift-few"), (own.id, "input-empty"), ("9" * 24, "dataset")):
        with pytest.raises(UserError) as refused:
            shift_measurer.priced(own, TrainConfig(), there)
        assert refused.value.code == code
    monkeypatch.setattr(weights, "present", lambda name: False)
    with pytest.raises(UserError) as refused:
        shift_measurer.priced(own, TrainConfig(backbone="mobilenet_v2"), other.id)
    assert refused.value.code == "weights-missing"


def test_the_command_tells_words_and_numbers_for_each_role(two, apart, capsys, monkeypatch):
    monkeypatch.setattr(engines, "_IN_USE", [WorkAtOnce(lambda subject, _: work.do(KIND, subject))])
    words = ["transfer", DATASET, "--shift", "--unlabelled", OTHER]
    assert main([*words, "--source", OTHER, "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["shifts"]
    assert set(told) == {"source", "unlabelled"} and told["source"]["verdict"] == "clear"
    assert told["unlabelled"]["low"] > 0.8 and len(told["unlabelled"]["words"]) == 3
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "clearly another look" in shown and "AUC 1.000" in shown and "p = 0.001" in shown
    assert main(["transfer", DATASET, "--shift"]) == 2
    assert "[shift-nothing]" in capsys.readouterr().err


@pytest.mark.slow
def test_real_pictures_are_looked_at_by_a_real_network(
    home, imports_at_once, picture_folder, capsys, monkeypatch
):
    """Grey pictures are told from coloured ones; what was encoded is not encoded again."""
    from PIL import Image

    first = picture_folder(classes=2, each=30)
    second = picture_folder(classes=2, each=20, name="grey", seed=4)
    for path in second.rglob("*.png"):
        Image.open(path).convert("L").convert("RGB").save(path)
    made = []
    for folder in (first, second):
        assert main(["ingest", str(folder), "--json"]) == 0
        made.append(json.loads(capsys.readouterr().out.splitlines()[-1])["dataset"])
    own = manifest.load(made[0])
    asked = shift_measurer.priced(own, TrainConfig(), made[1])
    shift_measurer.start(asked)
    assert work.do(KIND, asked.key) == 0
    imports_at_once.kill(asked.key)
    found = shift_measurer.found(asked.key)
    assert found and found.low > 0.5 and found.chance < 0.01
    again = shift_measurer.priced(own, TrainConfig(), made[1])
    assert again.key == asked.key and again.seconds <= asked.seconds
