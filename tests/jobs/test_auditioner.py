"""An audition as a job: priced, followed, stopped with what was heard kept, its rows left for the run."""

from types import SimpleNamespace

import numpy as np
import pytest

from tests.backbones.made_own import kept
from tl_core import store
from tl_core.backbones import catalogue, own, weights
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.splits import TEST
from tl_core.encoding import encode
from tl_core.encoding.job import resolve
from tl_core.evaluation import audition
from tl_core.jobs import auditioner, work
from tl_core.jobs.kinds import audition as kinds_audition
from tl_core.quality import picture_features
from tl_core.signals import events


@pytest.fixture
def pictures(made_dataset):
    """Real pictures of two classes."""
    identifier = store.create_dataset(store.default_project().id, "made")
    made = made_dataset(2, 24, identifier=identifier)
    store.dataset_ready(identifier, {"pictures": len(made)})
    return made


@pytest.fixture
def drawn(monkeypatch):
    """Let backbones have features by lot, the same for a name each time, and every file be there."""
    heard = []

    def features(dataset, backbone, on_progress, should_stop=lambda: False):
        if should_stop():
            raise encode.StoppedError
        heard.append(backbone)
        on_progress(len(dataset), len(dataset))
        apart = 0.1 if backbone == "starter" else 3.0
        random = np.random.default_rng(len(backbone))
        told = dataset.labels[:, None] * apart + random.normal(size=(len(dataset), 16))
        return told.astype(np.float32)

    monkeypatch.setattr(picture_features, "features", features)
    monkeypatch.setattr(picture_features, "seconds_each", lambda *_: 0.004)
    monkeypatch.setattr(weights, "present", lambda name: name in ("starter", "mobilenet_v2"))
    return heard


def test_all_that_are_at_hand_are_heard_and_the_order_is_kept(pictures, drawn, engine):
    asked = auditioner.of_backbones(pictures)
    assert asked.backbones == ("starter", "mobilenet_v2") and len(asked.seconds) == 2
    assert asked.pictures == (pictures.splits != TEST).sum() and asked.total_s > sum(asked.seconds)
    assert auditioner.so_far(asked.key) is None
    auditioner.start(asked)
    assert auditioner.is_working(asked.key)
    assert work.do("audition", asked.key) == 0
    engine.kill(asked.key)
    found = auditioner.so_far(asked.key)
    assert found and [place.heard.name for place in found.places] == ["mobilenet_v2", "starter"]
    assert found.places[0].heard.ms_each == 4.0 and not found.places[1].is_tied
    auditioner.start(asked)
    assert auditioner.was_done(asked.key) and len(engine.submitted) == 1


def test_the_progress_is_that_of_all_backbones_and_ends_with_the_last(pictures, drawn, engine):
    asked = auditioner.of_backbones(pictures)
    auditioner.start(asked)
    assert work.do("audition", asked.key) == 0
    told = [
        event["done"] / event["total"]
        for event in events.read(kinds_audition.folder(asked.key))[0]
        if event["event"] == "progress"
    ]
    assert told == [0, 0.3, 0.5, 0.8], "the second of two is judged when all pictures were read"


def test_others_are_listed_by_their_download():
    others = auditioner.to_fetch("picture")
    sizes = [catalogue.get(name).download_bytes for name in others]
    assert sizes == sorted(sizes) and not set(others) & set(auditioner.at_hand("picture"))


def test_what_was_heard_before_a_stop_is_kept(pictures, drawn, engine, monkeypatch):
    asked = auditioner.of_backbones(pictures, ["mobilenet_v2", "starter"])
    auditioner.start(asked)
    plain = picture_features.features

    def stopped_before_the_second(dataset, backbone, *rest, **asked_for):
        if backbone == "starter":
            auditioner.stop(asked.key)
        return plain(dataset, backbone, *rest, **asked_for)

    monkeypatch.setattr(picture_features, "features", stopped_before_the_second)
    assert work.do("audition", asked.key) == 0
    engine.kill(asked.key)
    assert auditioner.failure(asked.key) is None and not auditioner.was_done(asked.key)
    found = auditioner.so_far(asked.key)
    assert found and [place.heard.name for place in found.places] == ["mobilenet_v2"]
    auditioner.start(asked)
    assert len(engine.submitted) == 2 and auditioner.so_far(asked.key) is None


def test_why_it_failed_is_told(pictures, drawn, engine, monkeypatch):
    def broken(*_, **__):
        raise UserError("weights-damaged", "Not the file.", "Fetch it again.")

    asked = auditioner.of_backbones(pictures)
    auditioner.start(asked)
    monkeypatch.setattr(picture_features, "features", broken)
    assert work.do("audition", asked.key) == 2
    engine.kill(asked.key)
    failed = auditioner.failure(asked.key)
    assert failed is not None and failed.code == "weights-damaged"


@pytest.mark.parametrize(("name", "code"), [("nothing", "backbone"), ("vgg19", "weights-missing")])
def test_who_cannot_be_heard_is_refused_before_anything_begins(pictures, drawn, name, code):
    for ask in (
        lambda: auditioner.of_backbones(pictures, [name]),
        lambda: auditioner.of_depths(pictures, name),
    ):
        with pytest.raises(UserError) as refused:
            ask()
        assert refused.value.code in (code, "weights-missing")


def test_one_class_is_refused_before_anything_begins(made_dataset, drawn):
    with pytest.raises(UserError) as refused:
        auditioner.of_backbones(made_dataset(1, 30))
    assert refused.value.code == "audition-classes"


def test_the_rows_of_an_audition_are_those_of_a_run(pictures, engine):
    asked = auditioner.of_backbones(pictures, ["starter"])
    auditioner.start(asked)
    assert work.do("audition", asked.key) == 0
    engine.kill(asked.key)
    sample = audition.stage(pictures).sample
    job = resolve(pictures, TrainConfig().but(backbone="starter"))
    left = encode.missing(job.rows(), [encode.Wanted(str(name)) for name in pictures.hashes])
    test_part = set(pictures.hashes[pictures.splits == TEST])
    assert {one.picture_hash for one in left} == test_part - set(sample.hashes)
    found = auditioner.so_far(asked.key)
    assert found and found.places[0].heard.score > found.guess


def test_depths_are_few_and_begin_at_the_top(pictures, drawn):
    asked = auditioner.of_depths(pictures, "mobilenet_v2")
    assert asked.depths[0] == 0 and 2 < len(asked.depths) <= auditioner.MOST_DEPTHS
    assert asked.key != auditioner.of_backbones(pictures, ["mobilenet_v2"]).key
    assert kinds_audition.ranking(asked.key) is None


@pytest.mark.slow
def test_the_features_of_depths_are_those_that_a_run_would_keep(pictures, engine):
    from tl_core.training import stage_features

    sample = audition.stage(pictures).sample
    found = stage_features.at_depths(sample, "starter", (0, 3), lambda *_: None)
    whole = picture_features.features(sample, "starter", lambda *_: None)
    assert np.allclose(found[0], whole, atol=1e-4)
    width = resolve(sample, TrainConfig().but(backbone="starter", trainable_stages=3))
    assert found[3].shape == (len(sample), width.cut.trunk_shape(width.size)[-1])


def test_one_that_heard_a_backbone_that_is_gone_tells_nothing_any_more(home, tmp_path, monkeypatch):
    card = kept(tmp_path)
    heard = SimpleNamespace(places=[SimpleNamespace(heard=SimpleNamespace(name=card.name))])
    monkeypatch.setattr(kinds_audition, "ranking", lambda key: {})
    monkeypatch.setattr(audition, "read", lambda told: heard)
    assert auditioner.failure("0" * 24) is None
    own.remove(card.name, lambda name: None)
    failed = auditioner.failure("0" * 24)
    assert failed is not None
    assert failed.code == "audition-outdated"


def test_a_backbone_of_ones_own_is_at_hand_and_never_fetched(home, tmp_path):
    card = kept(tmp_path)
    assert card.name in auditioner.at_hand("picture")
    own.weights_file(card.name).unlink()
    assert card.name not in auditioner.at_hand("picture")
    assert card.name not in auditioner.to_fetch("picture")
