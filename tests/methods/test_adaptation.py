"""Two domains are brought into line in closed form, and while the network learns."""

import dataclasses
import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.made import DATASET
from tests.methods.made import OTHER
from tests.methods.test_distillation import Told
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.encoding.job import Examples
from tl_core.methods import (
    adversary,
    alignment,
    deep_coral,
    inputs,
    measured,
    registry,
    target_domain,
)
from tl_core.methods.method import Ended, Known, Setup
from tl_core.tasks.classify import ClassGoal
from tl_core.training import pipeline

CONFIG = TrainConfig(method_name="alignment", image_size_px=32)


def two_domains(count=90):
    """Three classes in two domains: in the target every feature is scaled and shifted, by its own amount."""
    random = np.random.default_rng(1)
    centres = 3 * random.normal(size=(3, 6))
    labels = np.arange(count) % 3
    source, target = (centres[labels] + random.normal(size=(count, 6)) for _ in range(2))
    moved = target * np.array([4, 1, 0.5, 2, 1, 1]) + np.array([20, -9, 5, 0, 3, -30])
    return source.astype(np.float32), moved.astype(np.float32), labels.astype(np.int32)


def known_of(source, target, labels, **own):
    goal = ClassGoal(Told(labels, 3), np.arange(len(labels)), balanced=False)
    examples = {
        "unlabelled": Examples(np.array(["x"] * len(target)), np.zeros(len(target), np.int32))
    }
    settings = alignment.Own(**own)
    rows = np.arange(len(labels))
    return Known(goal, CONFIG, settings, source, rows, examples, {"unlabelled": target})


@pytest.mark.parametrize("align", ["statistics", "coral", "subspace"])
@pytest.mark.parametrize("rounds", [0, 3])
def test_a_head_of_one_domain_answers_in_the_other_once_they_are_in_line(align, rounds):
    source, target, labels = two_domains()
    known = known_of(source, target, labels, align=align, rounds=rounds)
    plain = known.goal.closed_form((source.copy(), labels), (source[:0], labels[:0]))
    assert np.mean(plain(target).argmax(axis=1) == labels) < 0.6
    head = alignment.aligned_head(known)(known.goal, source, known.learnt, known.learnt[:0])
    assert np.mean(head(target).argmax(axis=1) == labels) > 0.9


def test_aligned_features_have_the_moments_of_the_target():
    source, target, _ = two_domains()
    target = target @ (np.eye(6) + np.random.default_rng(3).normal(size=(6, 6)))
    for align in ("statistics", "coral"):
        space = alignment.aligned(alignment.Own(align=align), source, target)
        ours, theirs = space.source(source.astype(float)), space.target(target.astype(float))
        assert np.allclose(ours.mean(axis=0), theirs.mean(axis=0), atol=1e-4)
        matrix = space.source(source.mean(axis=0) + np.diag(source.std(axis=0)))
        assert align == "coral" or np.allclose(matrix, np.eye(6), atol=1e-4)
        # Both covariances have the unit matrix beside them, as the authors add it.
        before = np.cov(((source - source.mean(0)) / source.std(0)).T) + np.eye(6)
        after = matrix.T @ before @ matrix
        is_as_there = np.allclose(after, np.cov(theirs.T) + np.eye(6), atol=1e-3)
        assert is_as_there == (align == "coral")
    wide = alignment.aligned(alignment.Own(align="subspace", directions=2), source, target)
    assert wide.source(source).shape == (90, 2) == wide.target(target).shape


def measured_by(known, judged):
    """Return what is known once labelled pictures chose, and which way they did."""
    (there,) = known.examples.values()
    examples = {"unlabelled": dataclasses.replace(there, judged=judged)}
    known = dataclasses.replace(known, examples=examples)
    known = dataclasses.replace(known, notes=alignment.notes(known))
    return known, measured.chosen(known.notes)


def some_of(labels, each=5):
    """Return the classes of the first few of each class, -1 for all others."""
    few = np.concatenate([np.flatnonzero(labels == label)[:each] for label in range(3)])
    return np.where(np.isin(np.arange(len(labels)), few), labels, -1)


@pytest.mark.parametrize("rounds", [0, 4])
def test_labelled_pictures_choose_a_way_and_teach_nothing(rounds):
    source, target, labels = two_domains()
    asked = known_of(source, target, labels, align="measured", rounds=rounds)
    known, way = measured_by(asked, some_of(labels))
    assert len(known.notes[measured.NAMES]) == (7 if rounds else 4) and way != "none"
    ours = dict(alignment.tried(known.settings))[way]
    plain = known_of(source, target, labels, **ours.model_dump())
    assert alignment.notes(plain) == {}
    one, other = (
        alignment.aligned_head(each)(each.goal, source, each.learnt, each.learnt[:0])
        for each in (known, plain)
    )
    assert np.array_equal(one.weights, other.weights) and np.array_equal(one.bias, other.bias)
    assert np.mean(one(target).argmax(axis=1) == labels) > 0.9
    again, _ = measured_by(asked, some_of(labels))
    assert all(np.array_equal(known.notes[name], again.notes[name]) for name in known.notes)


def test_where_nothing_looks_otherwise_labelled_pictures_choose_not_to_adapt():
    source, _, labels = two_domains(120)
    ours, theirs = np.arange(60), np.arange(60, 120)
    asked = known_of(source[ours], source[theirs], labels[ours], align="measured")
    known, way = measured_by(asked, some_of(labels[theirs]))
    assert way == "none"
    head = alignment.aligned_head(known)(known.goal, source[ours], known.learnt, ours[:0])
    usual = registry.get("fine_tune").exact_head(known.goal, source[ours], known.learnt, ours[:0])
    assert np.array_equal(head.weights, usual.weights)


def test_not_adapting_stays_unless_a_way_is_better_beyond_chance_and_the_first_of_equals_is_taken():
    def table(*counts):
        return np.arange(20) < np.array(counts)[:, None]

    assert measured.taken(table(10, 10, 9)) == 0
    assert measured.taken(table(10, 11, 9)) == 0  # one picture more is its own standard error
    assert measured.taken(table(10, 13, 14)) == 1
    assert measured.taken(table(10, 13, 18)) == 2
    assert measured.taken(table(10, 10, 13, 12)) == 2  # the first is no better than not to adapt
    # Five lost and seven won are no more than chance.
    mixed = table(10, 10)
    mixed[1, 5:17] = ~mixed[0, 5:17]
    assert mixed[1].sum() == 12 and measured.taken(mixed) == 0


def test_a_picture_that_turns_the_choice_does_not_count_for_it():
    right = np.zeros((2, 12), bool)
    right[1, :2] = True
    assert measured.taken(right) == 1 and right[1].mean() > measured.anew(right) == 0
    right[1, :6] = True
    assert measured.anew(right) == 0.5


def test_labelled_pictures_that_are_missing_are_refused_before_anything_runs(made_dataset):
    dataset = made_dataset(classes=3, each=6)
    asked = CONFIG.but(method_settings={"align": "measured"})
    manifest.save(
        dataclasses.replace(
            made_dataset(classes=3, each=6, identifier=OTHER, seed=5), classes=("x", "class 1", "y")
        )
    )
    with pytest.raises(UserError) as error:
        inputs.examples(dataset, asked, {"unlabelled": OTHER})
    assert error.value.code == "target-labelled-few" and ": 6." in error.value.message
    assert inputs.examples(dataset, CONFIG, {"unlabelled": OTHER})
    more = made_dataset(classes=3, each=6, identifier="6" * 24, seed=6)
    assert (
        inputs.examples(dataset, asked, {"unlabelled": more.id})["unlabelled"].judged >= 0
    ).all()
    source, target, labels = two_domains()
    with pytest.raises(UserError) as error:
        alignment.notes(known_of(source, target, labels, align="measured"))
    assert error.value.code == "target-labelled-few"


def test_the_choice_is_told_while_it_runs_and_on_the_result():
    source, target, labels = two_domains()
    asked = known_of(source, target, labels, align="measured")
    known, way = measured_by(asked, some_of(labels))
    told = alignment.says(known.notes)
    metrics = json.loads(json.dumps(alignment.METHOD.tells(known.notes)))
    assert metrics["measured_choice"]["chosen"] == way == "statistics_own_answers"
    assert "15 labelled pictures from there chose" in told[0]
    assert "mean and spread of each feature, with own answers." in told[0]
    assert "no alignment: " in told[1] and told[1].count("; ") == 6 and "optimistic" in told[2]
    there = {"count": 15, "before": 0.4, "after": 0.9, "gain": [0.2, 0.7]}
    added = list(alignment.adds(Ended({}, {**metrics, "elsewhere": there}), []))
    assert [each for each in added if each in told] == told and "Adapting helped." in added[1]
    metrics["measured_choice"]["chosen"] = "none"
    added = " ".join(alignment.adds(Ended({}, {**metrics, "elsewhere": there}), []))
    assert "chose not to adapt" in added and "Adapting helped" not in added
    assert alignment.says({}) == () and alignment.METHOD.tells({}) == {}


def test_where_labelled_pictures_do_not_show_that_it_helped_they_are_offered_as_those_who_choose():
    def offered(**there):
        run = Ended({}, {"elsewhere": {"count": 20, "before": 0.4, "after": 0.5, **there}})
        return any("can choose what is aligned" in each for each in alignment.adds(run, []))

    assert offered(gain=[-0.1, 0.3]) and offered(gain=[-0.3, -0.1])
    assert not offered(gain=[0.02, 0.3]) and not offered(gain=[-0.1, 0.3], count=9)


@pytest.mark.slow
def test_a_run_that_labelled_pictures_chose_for_goes_on_to_the_same_bits(
    made_dataset, made_run, random_weights
):
    made_dataset(classes=3, each=12)
    made_dataset(classes=3, each=9, identifier=OTHER, seed=5)
    about = {"run": "1" * 24, "dataset": DATASET, "inputs": {"unlabelled": OTHER}}
    kept, told = [], []
    for name in ("whole", "again"):
        folder = made_run(
            name,
            method_name="alignment",
            method_settings={"align": "measured"},
            backbone="starter",
            image_size_px=64,
        )
        (folder / "run.json").write_text(json.dumps(about))
        done = pipeline.train(folder, lambda event, **fields: told.append((event, fields)))
        if name == "again":  # as after a kill behind the choice, with no head solved for yet
            for left in ("closed_form.npz", "refitted.npz"):
                (folder / left).unlink(missing_ok=True)
            done = pipeline.train(folder, lambda event, **fields: told.append((event, fields)))
        tail = (folder / "model" / "tail.safetensors").read_bytes()
        kept.append((done["metrics"]["measured_choice"], done["metrics"]["elsewhere"], tail))
    assert kept[0] == kept[1] and kept[0][0]["count"] == 27
    texts = [fields["text"] for event, fields in told if event == "note"]
    assert sum("27 labelled pictures from there chose" in text for text in texts) == 2


def test_features_that_do_not_vary_are_refused():
    source, target, labels = two_domains()
    known = known_of(source, np.ones_like(target), labels)
    with pytest.raises(UserError) as error:
        alignment.aligned_head(known)(known.goal, source, known.learnt, known.learnt[:0])
    assert error.value.code == "features-constant"


def test_own_answers_go_to_the_nearest_centre_and_a_class_of_nobody_gets_none():
    rows = np.array([[2.0, 0.1], [4, -0.1], [0.1, 3], [-0.2, 1], [0.3, 0.9]])
    told = np.array([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.2, 0.8, 0], [0.3, 0.7, 0], [0.9, 0.1, 0]])
    assert alignment.gathered(told, rows, 3).tolist() == [0, 0, 1, 1, 1]


def test_deep_coral_is_the_squared_distance_of_covariances():
    import keras

    random = np.random.default_rng(0)
    ours, theirs = (random.normal(size=(7, 3)).astype(np.float32) for _ in range(2))
    learner = keras.Sequential([keras.Input((3,)), keras.layers.Identity()])
    own = deep_coral.Own(strength=2)
    term = deep_coral.term(Setup(learner, None, None, CONFIG, own))
    told = float(term({"outputs": ours, "unlabelled": theirs}))
    assert told == pytest.approx(
        2 * np.sum((np.cov(ours.T) - np.cov(theirs.T)) ** 2) / 36, rel=1e-4
    )


def test_the_adversary_is_fought_more_and_more():
    import keras
    import tensorflow as tf

    body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False)])
    body.layers[0].set_weights([np.eye(2, dtype=np.float32)])
    head = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    setup = Setup(None, body, head, CONFIG, adversary.Own(strength=1), steps=10)
    layer = adversary.term(setup)
    batch = {"rows": np.ones((4, 2), np.float32), "unlabelled": -np.ones((4, 2), np.float32)}
    gradients = []
    for _ in range(8):
        with tf.GradientTape() as tape:
            loss = layer(batch)
        against, own = tape.gradient(loss, [body.trainable_variables[0], layer.domain.kernel])
        gradients.append(np.abs(against).sum())
        assert np.abs(own).sum() > 0
    assert gradients[0] == 0 and gradients[1] < gradients[3] < gradients[7]
    # What reaches the backbone is the turned gradient: along it the loss of the adversary grows.
    before = float(layer(batch))
    body.layers[0].kernel.assign_sub(0.1 * against)
    assert float(layer(batch)) > before


def test_a_target_of_three_pictures_and_numbers_are_refused(made_dataset):
    dataset = made_dataset(classes=3, each=6)
    few = made_dataset(classes=3, each=1, identifier=OTHER, seed=5)
    with pytest.raises(UserError) as error:
        inputs.examples(dataset, CONFIG, {"unlabelled": few.id})
    assert error.value.code == "target-few" and ": 3." in error.value.message
    more = made_dataset(classes=3, each=6, identifier="6" * 24, seed=6)
    numbers = made_dataset(each=6, identifier="5" * 24, values=True)
    with pytest.raises(UserError) as error:
        inputs.examples(numbers, CONFIG, {"unlabelled": more.id})
    assert error.value.code == "method-task"
    assert inputs.examples(dataset, CONFIG, {"unlabelled": more.id})[target_domain.TARGET]


def adapted_anew(folder, made_run, about):
    """Say whether no kernel differs from that of a run that hardly adapts, and all ends alike when done again."""

    def weights(name, old):
        settings = {"backbone": "starter", "image_size_px": 64, "trainable_stages": 1}
        other = made_run(
            name,
            method_name="adabn",
            batch_size=8,
            method_settings={"old_pictures": old},
            **settings,
        )
        (other / "run.json").write_text(json.dumps(about))
        pipeline.train(other, lambda event, **fields: None)
        return load_file(other / "model" / "tail.safetensors")

    own = load_file(folder / "model" / "tail.safetensors")
    again, hardly = weights("again", 16), weights("hardly", 10_000)
    assert all(np.array_equal(own[key], again[key]) for key in own)
    differing = {key for key in own if not np.array_equal(own[key], hardly[key])}
    return bool(differing) and all(hardly[key].ndim < 4 for key in differing)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["alignment", pytest.param("deep_coral", marks=pytest.mark.exhaustive), "adversary", "adabn"],
)
def test_adapting_runs_to_its_end_and_tells_its_term(name, made_dataset, made_run, random_weights):
    made_dataset(classes=3, each=12)
    made_dataset(classes=3, each=9, identifier=OTHER, seed=5)
    folder = made_run(
        method_name=name, backbone="starter", image_size_px=64, trainable_stages=1, batch_size=8
    )
    about = {"run": "1" * 24, "dataset": DATASET, "inputs": {"unlabelled": OTHER}}
    (folder / "run.json").write_text(json.dumps(about))
    told = []
    done = pipeline.train(folder, lambda event, **fields: told.append((event, fields)))
    assert done["status"] == "finished"
    found = done["metrics"]["elsewhere"]
    assert found["count"] == 27 and found["gain"][0] <= found["after"] - found["before"] + 0.04
    epochs = [fields for event, fields in told if event == "epoch"]
    if name == "adabn":
        assert adapted_anew(folder, made_run, about)
    if name in ("alignment", "adabn"):
        assert not epochs and done["metrics"]["handed_over"] == "exact_head"
    else:
        assert [fields["kept"] for fields in epochs] == [0, 1, 2]
        assert all(np.isfinite(fields["term"]) for fields in epochs[1:])


def test_the_result_says_whether_it_helped_or_that_nothing_proves_it():
    def said(**metrics):
        return " ".join(target_domain.adds(Ended({}, metrics), []))

    assert "Nothing here proves" in said()
    known = {"count": 210, "before": 0.4, "after": 0.55}
    helped = said(elsewhere={**known, "gain": [0.08, 0.21]})
    assert "Adapting helped." in helped and "right on 40\u202f%" in helped and "+8 to +21" in helped
    assert "did harm" in said(elsewhere={**known, "gain": [-0.2, -0.01]})
    assert "cannot be told" in said(elsewhere={**known, "gain": [-0.02, 0.2]})


def test_adapting_needs_batch_normalisation_in_the_stages_that_learn():
    found = registry.unfit(registry.settled(CONFIG.but(method_name="adabn")))
    assert found is not None and found.code == "stages-frozen"
    vgg = CONFIG.but(backbone="vgg16", trainable_stages=2, method_name="adabn")
    found = registry.unfit(registry.settled(vgg))
    assert found is not None and found.code == "no-batch-norm"
    starter = CONFIG.but(backbone="starter", trainable_stages=2, method_name="adabn")
    settled = registry.settled(starter.but(method_settings={"old_pictures": 5}))
    assert registry.unfit(settled) is None
    assert settled.network.batch_norm == "frozen"
    told = registry.of(settled).explains(settled)[0]
    assert "2 stages" in told and "k = 5" in told


def test_classes_of_the_target_are_known_by_name_and_never_among_its_answers(made_dataset):
    dataset = made_dataset(classes=3, each=6)
    there = made_dataset(classes=3, each=6, identifier=OTHER, seed=5)
    manifest.save(dataclasses.replace(there, classes=("class 2", "other", "class 0")))
    found = inputs.examples(dataset, CONFIG, {"unlabelled": OTHER})["unlabelled"]
    assert not found.answers.any() and found.judged is not None
    assert found.judged.tolist() == [{0: 2, 1: -1, 2: 0}[label] for label in there.labels.tolist()]
