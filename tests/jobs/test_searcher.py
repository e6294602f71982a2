"""The automatic choice as a job: priced, followed, stopped with the best kept, gone on with after a kill."""

import time
from dataclasses import replace
from math import inf

import numpy as np
import pytest

from tests.methods.made import OTHER
from tl_core import store
from tl_core.backbones import weights
from tl_core.base.errors import UserError
from tl_core.datasets import class_matching, manifest
from tl_core.datasets.splits import TEST, VALIDATION
from tl_core.encoding.encode import StoppedError
from tl_core.evaluation.search import candidates
from tl_core.jobs import searcher, searching, work
from tl_core.methods import inputs
from tl_core.quality import picture_features
from tl_core.training import pipeline, run_context
from tl_core.training.compared import Compared

BUDGET_MINUTES = 1


@pytest.fixture
def pictures(made_dataset):
    """Real pictures of two classes."""
    identifier = store.create_dataset(store.default_project().id, "made")
    made = made_dataset(2, 60, identifier=identifier)
    store.dataset_ready(identifier, {"pictures": len(made)})
    return made


class Trainings:
    """Trainings by lot: deeper ones name more pictures right; ends the search when told to."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int]] = []
        self.parts: list[np.ndarray] = []
        self.most = 6
        self.best_method = ""
        self.said: list[tuple[str, dict[str, str] | None]] = []

    def features(self, dataset, config, on_progress, should_stop):
        self.parts.append(dataset.splits)
        apart = 0.4 if config.network.backbone == "starter" else 1.0
        random = np.random.default_rng(3)
        told = dataset.labels[:, None] * apart + random.normal(size=(len(dataset), 8))
        return told.astype(np.float32)

    def train(self, folder, emit, dataset, config, wishes, *, named, trains, until, pace, solved):
        self.parts.append(dataset.splits)
        network, epochs = config.network, config.course.epochs
        self.seen.append((network.backbone, network.trainable_stages, epochs))
        self.said.append((config.method.method_name, inputs.renamed_of(config)))
        if len(self.seen) > self.most:
            raise StoppedError
        emit("epoch", epoch=1)
        judged = int((dataset.splits == VALIDATION).sum())
        level = 0.6 + 0.02 * network.trainable_stages
        level += 0.3 * (config.method.method_name == self.best_method)
        return Compared(np.arange(judged) < 0.6 * judged, np.arange(judged) < level * judged)


@pytest.fixture
def trainings(monkeypatch):
    made = Trainings()
    monkeypatch.setattr(picture_features, "as_set", made.features)
    monkeypatch.setattr(pipeline, "compare_with_exact_head", made.train)
    monkeypatch.setattr(searching, "_load_libraries", lambda: None)
    monkeypatch.setattr(searching, "_clear", lambda: None)
    monkeypatch.setattr(weights, "present", lambda name: name in ("starter", "mobilenet_v2"))
    return made


def begun(pictures, minutes: float = BUDGET_MINUTES):
    asked = searcher.priced(pictures, minutes)
    searcher.start(asked)
    return asked


def test_heads_and_trainings_are_tried_and_the_best_is_trained_as_any_other_run(
    pictures, trainings, engine
):
    asked = begun(pictures)
    assert searcher.is_working(asked.key) and searcher.board(asked.key) is None
    assert work.do("search", asked.key) == 0
    engine.kill(asked.key)
    assert searcher.was_done(asked.key) and searcher.failure(asked.key) is None
    found = searcher.board(asked.key)
    assert found is not None and found.chosen is not None
    heads = [one for one in found.trials if one.candidate.is_plain_head]
    assert {one.candidate.backbone for one in heads} == {"starter", "mobilenet_v2"}
    assert len(found.trials) == len(heads) + trainings.most and found.why_first
    assert (
        found.chosen is found.standings[0] or found.chosen.value >= found.standings[0].value - 0.01
    )
    run = store.run(searcher.train(asked.key, "a click"))
    network = run.config["network"]
    assert network["backbone"] == found.chosen.candidate.backbone
    assert network["trainable_stages"] == found.chosen.candidate.stages
    assert searcher.train(asked.key, "a click") == run.id
    searcher.start(asked)
    assert [kind for kind, _ in engine.submitted].count("search") == 1


def test_a_source_that_no_way_of_training_takes_is_refused_before_anything_runs(
    pictures, made_dataset, engine
):
    project = store.dataset(pictures.id).project_id
    store.create_dataset(project, "strange", dataset_id=OTHER)
    strange = made_dataset(classes=2, each=12, identifier=OTHER, seed=5)
    manifest.save(replace(strange, classes=("a", "b")))
    store.dataset_ready(OTHER, {})
    with pytest.raises(UserError) as error:
        searcher.priced(pictures, BUDGET_MINUTES, {"source": OTHER})
    assert error.value.code == "source-classes"
    manifest.save(replace(strange, classes=pictures.classes[:2]))
    asked = searcher.priced(pictures, BUDGET_MINUTES, {"source": OTHER})
    assert "instances" in asked.methods
    assert "instances" not in searcher.priced(pictures, BUDGET_MINUTES).methods


def test_what_a_person_said_of_classes_goes_to_every_trial_and_to_the_run_that_is_trained(
    pictures, made_dataset, trainings, engine, monkeypatch
):
    monkeypatch.setattr(weights, "present", lambda name: name == "starter")
    project = store.dataset(pictures.id).project_id
    store.create_dataset(project, "strange", dataset_id=OTHER)
    strange = made_dataset(classes=2, each=12, identifier=OTHER, seed=5)
    manifest.save(replace(strange, classes=("a", "b")))
    store.dataset_ready(OTHER, {})
    said, named = {"b": "class 1", "a": "class 0"}, {"source": OTHER}
    asked = searcher.priced(pictures, BUDGET_MINUTES, named, said)
    others = [
        searcher.priced(pictures, BUDGET_MINUTES, named, {"a": "class 1"}),
        searcher.priced(pictures, BUDGET_MINUTES),
    ]
    assert len({asked.key, *(each.key for each in others)}) == 3
    assert searcher.priced(pictures, BUDGET_MINUTES, {}, said).key == others[1].key
    trainings.most, trainings.best_method = 12, "instances"
    searcher.start(asked)
    assert work.do("search", asked.key) == 0
    engine.kill(asked.key)
    told = [renamed for method, renamed in trainings.said if method == "instances"]
    assert told and all(renamed == said for renamed in told)
    found = searcher.board(asked.key)
    assert found is not None and found.chosen is not None
    assert found.chosen.candidate.method == "instances"
    run = store.run(searcher.train(asked.key, "a click"))
    kept = run.config["method"]["method_settings"]["renamed"]
    assert class_matching.read(kept) == said and run.inputs == named == searcher.inputs(asked.key)


def test_nothing_of_the_test_part_is_ever_looked_at(pictures, trainings, engine):
    asked = begun(pictures)
    work.do("search", asked.key)
    assert (pictures.splits == TEST).any() and len(trainings.parts) > 2
    assert not any((splits == TEST).any() for splits in trainings.parts)


def test_a_stop_keeps_what_was_tried_and_the_search_goes_on_from_there(
    pictures, trainings, engine, monkeypatch
):
    asked = begun(pictures)
    plain = trainings.train

    def stopped_in_the_second(*rest, **named):
        if len(trainings.seen) == 1:
            searcher.stop(asked.key)
            raise StoppedError
        return plain(*rest, **named)

    monkeypatch.setattr(pipeline, "compare_with_exact_head", stopped_in_the_second)
    assert work.do("search", asked.key) == 0
    engine.kill(asked.key)
    before = searcher.board(asked.key)
    assert before is not None and before.chosen is not None and not searcher.was_done(asked.key)
    monkeypatch.setattr(pipeline, "compare_with_exact_head", plain)
    searcher.start(asked)
    assert work.do("search", asked.key) == 0
    engine.kill(asked.key)
    after = searcher.board(asked.key)
    assert after is not None and after.trials[: len(before.trials)] == before.trials
    assert len(after.trials) > len(before.trials) and after.used_s >= before.used_s


def test_a_trial_in_which_the_process_ended_twice_is_given_up_and_named(
    pictures, trainings, engine, monkeypatch
):
    class Killed(BaseException):
        """Stands for kill -9."""

    def killed(*_, **__):
        raise Killed

    plain = trainings.train
    asked = begun(pictures)
    monkeypatch.setattr(pipeline, "compare_with_exact_head", killed)
    for _ in range(searching.MOST_DEATHS):
        with pytest.raises(Killed):
            work.do("search", asked.key)
    monkeypatch.setattr(pipeline, "compare_with_exact_head", plain)
    assert work.do("search", asked.key) == 0
    found = searcher.board(asked.key)
    assert found is not None
    failed = [one for one in found.trials if one.has_failed]
    assert len(failed) == 1 and "memory" in failed[0].fault


def test_what_cannot_be_tried_is_named_and_the_search_goes_on(
    pictures, trainings, engine, monkeypatch
):
    plain = trainings.train

    def too_large(folder, emit, dataset, config, wishes, **named):
        if config.network.backbone == "mobilenet_v2":
            raise UserError("memory", "There is too little memory.", "")
        return plain(folder, emit, dataset, config, wishes, **named)

    monkeypatch.setattr(pipeline, "compare_with_exact_head", too_large)
    trainings.most = 3
    asked = begun(pictures, 60)
    assert work.do("search", asked.key) == 0
    found = searcher.board(asked.key)
    assert found is not None and found.chosen is not None
    assert {one.fault for one in found.trials if one.has_failed} == {"There is too little memory."}


@pytest.mark.parametrize("minutes", [0, -1, 1e9, float("nan")])
def test_a_time_that_is_none_is_refused(pictures, minutes):
    with pytest.raises(UserError) as refused:
        searcher.priced(pictures, minutes)
    assert refused.value.code == "search-minutes"


def test_too_few_pictures_and_one_class_are_refused_before_anything_begins(made_dataset):
    for made, code in ((made_dataset(2, 8), "search-few"), (made_dataset(1, 90), "search-classes")):
        with pytest.raises(UserError) as refused:
            searcher.refuse(made)
        assert refused.value.code == code


def test_nothing_is_trained_before_anything_was_tried(pictures, engine):
    asked = begun(pictures)
    with pytest.raises(UserError) as refused:
        searcher.train(asked.key, "a click")
    assert refused.value.code == "search-nothing"


@pytest.mark.slow
def test_a_real_search_tries_heads_and_a_training(home, picture_folder, engine, monkeypatch):
    from tl_core.intake import importing

    monkeypatch.setattr(weights, "present", lambda name: name == "starter")
    identifier = store.create_dataset(store.default_project().id, "shapes")
    importing.ingest(picture_folder(2, 40), identifier, name="shapes")
    store.dataset_ready(identifier, {"pictures": 80})
    dataset = manifest.load(identifier)
    asked = searcher.priced(dataset, 4)
    searcher.start(asked)
    plain, over = pipeline.compare_with_exact_head, []

    class OverAfterOneEpoch:
        """A clock for which the time of the search is over as soon as one epoch was trained."""

        @staticmethod
        def monotonic() -> float:
            return inf if over else time.monotonic()

    def once(folder, emit, *rest, **named):
        if (found := searcher.board(asked.key)) and len(found.trials) > 1:
            raise StoppedError

        def told(event, **fields):
            if event == "epoch" and fields["epoch"] == 1:
                over.append(event)
            emit(event, **fields)

        assert named["solved"] is not None
        return plain(folder, told, *rest, **named)

    monkeypatch.setattr(run_context, "time", OverAfterOneEpoch)
    monkeypatch.setattr(pipeline, "compare_with_exact_head", once)
    assert work.do("search", asked.key) == 0
    found = searcher.board(asked.key)
    assert found is not None and [one.has_failed for one in found.trials] == [False, False]
    judged = int((dataset.splits == VALIDATION).sum())
    assert all(len(one.right) == judged for one in found.trials)
    assert found.trials[0].candidate.is_plain_head and not found.trials[1].candidate.is_plain_head
    epochs = candidates.settings(found.trials[1].candidate, dataset).course.epochs
    assert found.trials[1].effort == pytest.approx(1 / epochs)  # what was done in time counts
