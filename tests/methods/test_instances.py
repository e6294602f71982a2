"""Pictures from elsewhere count by how much they are like one's own, and by whether their class can be believed."""

import dataclasses
import json

import numpy as np
import pytest

from tests.made import DATASET
from tests.methods.made import OTHER
from tests.methods.test_distillation import Told
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.encoding.job import Examples
from tl_core.evaluation import negative_transfer, source_weights
from tl_core.methods import inputs, instances, weighing
from tl_core.methods.method import Known
from tl_core.tasks import task
from tl_core.tasks.classify import ClassGoal
from tl_core.training import first_answer, pipeline

CONFIG = TrainConfig(method_name="instances", image_size_px=32)
NAMES = ("class 0", "class 1", "class 2")
OF_ELSEWHERE = ("unknown", "class 2", "class 1", "class 0")


def from_elsewhere(**own):
    """Nine own examples; of the source a third is alike and rightly named, a third named at random, a third far.

    What lies far has the right name by another rule. Returns what is known, and which third each is of.
    """
    random = np.random.default_rng(2)
    centres = 3 * np.eye(3, 6)

    def some(count):
        labels = np.arange(count) % 3
        return centres[labels] + random.normal(size=(count, 6)), labels

    mine, labels = some(9)
    alike, right = some(60)
    misnamed, hidden = some(60)
    wrong = (hidden + 1) % 3
    far = random.normal(size=(60, 6)) + np.array([0, 0, 0, 25, 25, 25])
    source = np.concatenate([alike, misnamed, far]).astype(np.float32)
    named = np.concatenate([right, wrong, random.integers(0, 3, size=60)])
    there = 3 - named  # numbered the other way round, behind a class that nobody here has
    examples = Examples(np.arange(180).astype("<U64"), there.astype(np.int32), OF_ELSEWHERE)
    told = Told(labels.astype(np.int32), 3)
    goal = ClassGoal(told, np.arange(9), balanced=False)
    rows = np.arange(9)
    known = Known(
        goal,
        CONFIG,
        instances.Own(**own),
        mine.astype(np.float32),
        rows,
        {"source": examples},
        {"source": source},
    )
    return known, np.repeat([0, 1, 2], 60), some(300)


def accuracy(known, tested):
    known = dataclasses.replace(known, notes=instances.weighed(known))
    head = instances.pooled_head(known)(known.goal, known.features, known.learnt, known.learnt[:0])
    rows, labels = tested
    return float(np.mean(head(rows.astype(np.float32)).argmax(axis=1) == labels))


def test_what_is_alike_and_rightly_named_counts_most():
    known, third, _ = from_elsewhere()
    noted = instances.weighed(known)
    weights = noted["source_weights"]
    means = [weights[third == one].mean() for one in range(3)]
    assert means[0] > 3 * means[1] and means[0] > 3 * means[2]
    assert weights.mean() == pytest.approx(1, abs=1e-5) and weights.max() <= 10.01
    assert noted["source_goals"].sum(axis=1) == pytest.approx(weights, abs=1e-5)


def test_weighing_beats_pooling_and_boosting_lowers_wrong_names():
    known, third, tested = from_elsewhere(share=0.1)
    pooled = accuracy(from_elsewhere(weighs="all", share=0.1)[0], tested)
    assert accuracy(known, tested) > pooled + 0.1
    boosted = instances.weighed(from_elsewhere(weighs="boosted")[0])["source_weights"]
    assert boosted[third == 0].mean() > 2 * boosted[third == 1].mean()


def renamed(change, **own):
    """Return what is known of a source whose pictures are all alike, their classes, numbered 1 to 3, called otherwise."""
    known, third, tested = from_elsewhere(**own)
    examples, alike = known.examples["source"], third == 0
    other = Examples(examples.hashes[alike], change(examples.answers[alike]), examples.names)
    source = {"source": known.further["source"][alike]}
    return dataclasses.replace(known, examples={"source": other}, further=source), tested


def turned(answers):
    return np.array([0, 2, 3, 1], np.int32)[answers]


def some_in_turn(answers):
    """Call a third of the third class the first, whose own pictures are called the second."""
    turn = np.cumsum(answers == 3) % 3 == 0
    third_as_first = np.where((answers == 3) & turn, 1, 4)
    return np.where(answers == 1, 2, np.minimum(third_as_first, answers)).astype(np.int32)


def by_chance(answers):
    return np.random.default_rng(4).integers(1, 4, len(answers)).astype(np.int32)


@pytest.mark.parametrize("weighs", instances.JUDGED)
@pytest.mark.parametrize("change", [turned, by_chance])
def test_a_source_whose_names_mean_something_else_counts_nothing(weighs, change):
    known, (rows, _) = renamed(change, weighs=weighs)
    noted = instances.weighed(known)
    assert not noted["source_weights"].any() and not noted["source_goals"].any()
    assert "None of the 60 pictures" in instances.says(noted)[0]
    own = (known.goal, known.features, known.learnt, known.learnt[:0])
    head = instances.pooled_head(dataclasses.replace(known, notes=noted))(*own)
    rows = rows.astype(np.float32)
    assert head(rows) == pytest.approx(task.exact_head(*own)(rows), abs=1e-5)


def test_only_the_classes_whose_names_mean_something_else_are_passed_over():
    known, _ = renamed(some_in_turn)
    answers, weights = known.examples["source"].answers, instances.weighed(known)["source_weights"]
    assert weights[answers == 3].all() and not weights[answers == 1].any()


def some_unknown(answers):
    return np.where(np.arange(len(answers)) < 20, 0, answers).astype(np.int32)


def test_examples_of_a_class_that_nobody_has_here_count_nothing():
    known, _ = renamed(some_unknown)
    weights = instances.weighed(known)["source_weights"]
    assert not weights[:20].any() and weights[20:].all()
    assert known.examples["source"].numbered(NAMES)[:20].tolist() == [-1] * 20


def test_clipped_weights_have_a_mean_of_1_and_the_effective_number_is_kishs():
    weights = weighing.clipped(np.array([1e6, 1.0, 1.0, 1.0]), 2.0)
    assert weights.mean() == pytest.approx(1) and weights.max() <= 4
    assert weighing.effective(np.ones(7)) == pytest.approx(7)
    assert weighing.effective(np.array([3.0, 1.0])) == pytest.approx(16 / 10)
    assert weighing.effective(np.zeros(3)) == 0


def test_a_ratio_of_densities_is_that_of_two_known_ones():
    random = np.random.default_rng(0)
    target, source = random.normal(1, 1, size=(4000, 1)), random.normal(0, 1, size=(4000, 1))
    found = weighing.closeness(target, source, np.arange(4000) % 5)
    true = np.exp(source[:, 0] - 0.5)
    assert np.corrcoef(np.log(found), np.log(true))[0, 1] > 0.99


def refusal(dataset, identifier):
    with pytest.raises(UserError) as error:
        inputs.examples(dataset, CONFIG, {"source": identifier})
    return error.value.code


def test_a_source_that_cannot_help_is_refused(made_dataset):
    dataset = made_dataset(classes=3, each=6)
    assert refusal(dataset, DATASET) == "source-same"
    assert (
        refusal(dataset, made_dataset(each=6, identifier="5" * 24, values=True, seed=4).id)
        == "source-task"
    )
    strange = made_dataset(classes=3, each=6, identifier=OTHER, seed=5)
    manifest.save(dataclasses.replace(strange, classes=("a", "b", "c")))
    assert refusal(dataset, OTHER) == "source-classes"
    numbers = made_dataset(each=6, identifier="6" * 24, values=True)
    assert refusal(numbers, DATASET) == "method-task"


@pytest.mark.slow
def test_weights_are_kept_with_the_run(made_dataset, made_run, random_weights):
    made_dataset(classes=3, each=12)
    made_dataset(classes=4, each=9, identifier=OTHER, seed=5)
    folder = made_run(
        method_name="instances",
        backbone="starter",
        image_size_px=64,
        trainable_stages=1,
        batch_size=8,
    )
    about = {"run": "1" * 24, "dataset": DATASET, "inputs": {"source": OTHER}}
    (folder / "run.json").write_text(json.dumps(about))
    told = []
    done = pipeline.train(folder, lambda event, **fields: told.append((event, fields)))
    assert done["status"] == "finished"
    terms = [fields.get("term") for event, fields in told if event == "epoch"]
    assert all(term > 0 for term in terms[1:])
    with np.load(folder / first_answer.NOTES) as kept:
        weights = kept["source_weights"]
    assert (
        len(weights) == 36
        and not weights[27:].any()
        and weights[:27].mean() == pytest.approx(1, abs=1e-4)
    )
    counted = source_weights.of_run(folder)
    assert counted is not None and (np.diff(counted.weights) <= 0).all()
    assert set(counted.classes[-9:]) == {"class 3"}
    assert any(
        "27 of 36 pictures from elsewhere join yours" in str(fields.get("text"))
        for _, fields in told
    )
    held = negative_transfer.of_run(folder, DATASET)
    assert held is not None and len(held.rows) == 6
    assert held.headline.second == pytest.approx(done["metrics"]["test_accuracy"])
