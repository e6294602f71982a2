"""A teacher's answers and relations are learnt, and one that cannot teach is refused before anything runs."""

import dataclasses
import json
from collections import Counter

import numpy as np
import pytest
from scipy.special import rel_entr, softmax

from tests.jobs import taught as finished_runs
from tests.made import DATASET
from tests.methods.made import OTHER
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.encoding.job import Examples
from tl_core.methods import imitation, inputs, relations
from tl_core.methods.method import Known, Setup
from tl_core.tasks.classify import ClassGoal
from tl_core.training import pipeline, teaching

TEACHER = "4" * 24
CONFIG = TrainConfig(method_name="distillation", image_size_px=32)
STUDENT = {
    "method_name": "relations",
    "backbone": "starter",
    "image_size_px": 64,
    "trainable_stages": 1,
    "epochs": 2,
    "batch_size": 8,
    "patience": 0,
    "flip": True,
}


class Told:
    """A data set as far as a goal reads it."""

    def __init__(self, labels, classes):
        self.classes, self.targets = tuple(f"class {i}" for i in range(classes)), ()
        self.labels, self.splits = labels, np.zeros(len(labels), np.int8)
        self.values = self.shows = None


def known_to_a_teacher(count=200):
    """Examples in twenty dimensions, of which one tells the class; four have labels, a teacher knows all."""
    random = np.random.default_rng(0)
    features = random.normal(size=(count, 20)).astype(np.float32)
    says = softmax(np.stack([8 * features[:, 0], -8 * features[:, 0]], axis=1), axis=1)
    right = says.argmax(axis=1)
    goal = ClassGoal(Told(right[:4].astype(np.int32), 2), np.arange(4), balanced=False)
    known = Known(
        goal,
        CONFIG,
        imitation.Teaching(),
        features[:4],
        np.arange(4),
        {"unlabelled": Examples(np.array(["x"] * 196), np.zeros(196, np.int32))},
        {"unlabelled": features[4:]},
        {"rows_teacher_says": says[:4], "unlabelled_teacher_says": says[4:]},
    )
    return known, features, right


def test_the_head_answers_as_a_teacher_does_on_what_nobody_labelled():
    known, features, right = known_to_a_teacher()
    solve = imitation.imitating_head(known)
    head = solve(known.goal, known.features, known.learnt, known.learnt[:0])
    assert np.mean(head(features).argmax(axis=1) == right) > 0.9
    alone = known.goal.closed_form(
        (features[:4].copy(), known.goal.answers(known.learnt)), (features[:0], right[:0])
    )
    assert np.mean(alone(features).argmax(axis=1) == right) < 0.8


def test_the_term_is_the_divergence_of_softened_answers():
    import keras

    random = np.random.default_rng(0)
    says, outputs = softmax(random.normal(size=(5, 3)), axis=1), random.normal(size=(5, 3))
    learner = keras.Sequential([keras.Input((3,)), keras.layers.Identity()])
    own = imitation.Teaching(temperature=3, share=0.75)
    term = imitation.answers_term(Setup(learner, None, None, CONFIG, own))
    batch = {
        "rows": outputs[:3].astype(np.float32),
        "outputs": outputs[:3].astype(np.float32),
        "unlabelled": outputs[3:].astype(np.float32),
        "rows_teacher_says": says[:3].astype(np.float32),
        "unlabelled_teacher_says": says[3:].astype(np.float32),
    }
    soft = says ** (1 / 3) / (says ** (1 / 3)).sum(axis=1, keepdims=True)
    expected = rel_entr(soft, softmax(outputs / 3, axis=1)).sum(axis=1).mean() * 9 * 3
    assert float(term(batch)) == pytest.approx(expected, rel=1e-4)


def test_relations_are_what_a_turn_a_shift_and_a_scale_leave_alone():
    random = np.random.default_rng(0)
    seen = random.normal(size=(6, 4)).astype(np.float32)
    turned, _ = np.linalg.qr(random.normal(size=(4, 4)))
    same = (3 * seen @ turned + 5).astype(np.float32)
    for relation in (relations.distances, relations.angles):
        told = np.asarray(relation(seen))
        assert np.allclose(told, np.asarray(relation(same)), atol=2e-3)
        assert float(relations.huber(told, told)) == 0
        assert not np.allclose(told, np.asarray(relation(seen[::-1].copy())), atol=0.1)
    far = np.asarray(relations.distances(seen))
    plain = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
    assert np.allclose(far, plain / plain[~np.eye(6, dtype=bool)].mean(), atol=1e-3)
    one, two = seen[1] - seen[0], seen[2] - seen[0]
    cosine = one @ two / np.linalg.norm(one) / np.linalg.norm(two)
    assert np.asarray(relations.angles(seen))[0, 1, 2] == pytest.approx(cosine, abs=1e-3)


@pytest.fixture
def taught(made_dataset, made_run, random_weights):
    """A data set, and the finished run of a teacher on it."""
    dataset = made_dataset(classes=3, each=12)
    folder = made_run(TEACHER, epochs=1, image_size_px=64, backbone="starter")
    pipeline.train(folder, lambda event, **fields: None)
    return dataset, folder


def refusal(dataset, config=CONFIG):
    with pytest.raises(UserError) as error:
        inputs.examples(dataset, config, {"teacher": TEACHER})
    return error.value


@pytest.mark.slow
def test_a_teacher_that_cannot_teach_is_refused(taught, made_dataset, made_run, monkeypatch):
    dataset, _ = taught
    inputs.examples(dataset, CONFIG, {"teacher": TEACHER})
    other = made_dataset(classes=4, each=6, identifier=OTHER, seed=3)
    assert (
        refusal(other).code == "teacher-classes"
        and "class 3" in refusal(other).hint + refusal(other).message
    )
    numbers = made_dataset(each=6, identifier="5" * 24, values=True)
    assert refusal(numbers).code == "method-task"
    parts = dataset.splits.copy()
    parts[:] = 2 - parts  # what the teacher learnt from is what is tested now
    assert refusal(dataclasses.replace(dataset, splits=parts)).code == "teacher-leak"


@pytest.mark.slow
def test_a_teacher_is_asked_once_about_every_picture(taught, made_dataset, made_run, monkeypatch):
    dataset, _ = taught
    made_dataset(classes=3, each=9, identifier=OTHER, seed=5)
    asked = Counter()
    plain = teaching.notes

    def notes(model, hashes, outputs, **how):
        asked.update(hashes)
        return plain(model, hashes, outputs, **how)

    monkeypatch.setattr(teaching, "notes", notes)
    folder = made_run("student", **STUDENT)
    about = {
        "run": "1" * 24,
        "dataset": DATASET,
        "inputs": {"unlabelled": OTHER, "teacher": TEACHER},
    }
    (folder / "run.json").write_text(json.dumps(about))
    told = []
    done = pipeline.train(folder, lambda event, **fields: told.append((event, fields)))
    assert done["status"] == "finished" and set(asked.values()) == {1}
    assert len(asked) == (dataset.splits == 0).sum() + 27
    terms = [fields.get("term") for event, fields in told if event == "epoch"]
    assert terms[0] is None and all(term > 0 for term in terms[1:])
    # What a teacher says of an example does not depend on what it is asked together with.
    model = ids.run_folder(TEACHER) / "model"
    hashes = dataset.hashes.tolist()
    names = ("class 2", "class 0", "class 1")
    every, one = plain(model, hashes, names), plain(model, hashes[5:6], names)
    assert np.array_equal(every["teacher_says"][5:6], one["teacher_says"])
    assert every["teacher_says"].sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("teaches", "is_warned"), [("mobilenet_v2", False), ("starter", True)])
def test_a_teacher_that_is_no_larger_is_warned_of(home, teaches, is_warned):
    dataset_id = finished_runs.dataset()
    teacher = finished_runs.run(dataset_id, "teacher", teaches, 10)
    for method in ("distillation", "relations"):
        config = CONFIG.but(backbone="starter", method_name=method)
        told = inputs.warnings(manifest.load(dataset_id), config, {"teacher": teacher})
        assert bool(told) == is_warned
        assert not is_warned or "The teacher, Starter, is no larger" in told[0]
    assert not inputs.warnings(manifest.load(dataset_id), CONFIG, {})
