"""Kinds of transfer side by side: what helps, what hurts, and what nobody can tell."""

import dataclasses
import json

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.job import Examples
from tl_core.evaluation import side_by_side, transfer_found, transfer_kinds
from tl_core.evaluation.side_by_side import Material
from tl_core.evaluation.transfer_found import ALL, NO_TRANSFER, Cell, Found
from tl_core.methods import instances, registry
from tl_core.tasks import registry as tasks
from tl_core.tasks import task

CLASSES = ("ash", "birch", "cedar")
WIDTH = 12


def rows(count, random, spread=1.6):
    labels = np.arange(count) % len(CLASSES)
    features = 2 * np.eye(len(CLASSES), WIDTH)[labels]
    return (features + spread * random.normal(size=(count, WIDTH))).astype(np.float32), labels


def target(seed=0, count=330):
    """Return a data set without files, and features that tell its classes only in part."""
    random = np.random.default_rng(seed)
    features, labels = rows(count, random)
    parts = np.resize(np.repeat([TRAIN, VALIDATION, TEST], [9, 3, 12]), count).astype(np.int8)
    dataset = Dataset(
        id="0" * 24,
        name="trees",
        classes=CLASSES,
        targets=(),
        hashes=np.array([f"{n:064x}" for n in range(count)]),
        names=np.array([f"{n}.png" for n in range(count)], object),
        labels=labels.astype(np.int32),
        splits=parts,
    )
    return Material(dataset, TrainConfig(), features)


def with_source(material, *, named=lambda labels: labels, count=240, seed=1):
    features, labels = rows(count, np.random.default_rng(seed))
    examples = Examples(
        np.array([f"f{n:063x}" for n in range(count)]), named(labels).astype(np.int32), CLASSES
    )
    return dataclasses.replace(
        material, examples={"source": examples}, further={"source": features}
    )


def cells(found, kind):
    return {cell.amount: cell for cell in found.of(kind)}


@pytest.fixture(scope="module")
def helped() -> Found:
    return side_by_side.compare(with_source(target()), (5, ALL), 6)


@pytest.fixture(scope="module")
def harmed() -> Found:
    turned = with_source(target(), named=lambda labels: (labels + 1) % 3)
    return side_by_side.compare(turned, (5,), 6)


def test_a_source_of_the_same_kind_helps_where_there_are_few(helped):
    found = cells(helped, "pooled")[5]
    assert found.verdict == 1 and found.gain > 0.05 and found.gain_low > 0
    assert cells(helped, NO_TRANSFER)[5].accuracy + found.gain == pytest.approx(found.accuracy)
    assert not transfer_found.alarms(helped)
    assert helped.amounts == (5, ALL) and helped.comparisons == 2 * (len(helped.kinds) + 1)
    assert any("helps with 5 pictures a class" in text for text in transfer_found.in_words(helped))


def test_in_short_each_kind_is_told_of_once(helped, harmed):
    for found in (helped, harmed):
        apart, _, alike = " ".join(transfer_found.in_short(found)).partition("Cannot be told")
        alarms = " ".join(transfer_found.alarms(found))
        for kind in found.kinds:
            verdicts, title = {cell.verdict for cell in found.of(kind)}, found.titles[kind]
            helps, harms, open_ = 1 in verdicts, -1 in verdicts, verdicts == {0}
            if (
                kind in found.controls
            ):  # told of whatever it does, and never an alarm for being worse
                assert f"{title} (a control)" in apart + alike and title not in alarms
                continue
            told = [f"{title}: helps" in apart, title in alike.partition(".")[0], title in alarms]
            assert told == [helps, open_, harms]


def test_wrong_names_raise_the_alarm_for_what_believes_them(harmed):
    assert cells(harmed, "pooled")[5].verdict == -1
    assert cells(harmed, "alignment")[5].verdict == -1
    told = transfer_found.alarms(harmed)
    assert any(text.startswith("Negative transfer. Pictures from elsewhere, all") for text in told)
    assert any("Train without these pictures" in text for text in told)
    assert any("Learn from your own pictures" in text for text in told)


def test_what_adapts_is_also_held_against_the_same_without_adapting(helped):
    unadapted, adapted = cells(helped, "elsewhere"), cells(helped, "alignment")
    for amount, cell in adapted.items():
        assert cell.adapting == pytest.approx(cell.accuracy - unadapted[amount].accuracy)
        assert cell.adapting_low < cell.adapting < cell.adapting_high
    assert all(cell.adapting is None for cell in helped.cells if cell.kind != "alignment")
    # It learns from the source alone, so it is the same whatever is drawn.
    assert unadapted[5].accuracy == unadapted[ALL].accuracy
    assert "what adapting brings above" in transfer_found.in_words(helped)[-1]


def test_a_control_is_an_alarm_only_where_it_is_better_and_that_means_something():
    none = Cell(NO_TRANSFER, 5, 5, 0.7, 0.6, 0.8)
    titles = {NO_TRANSFER: "No transfer", "scratch": "From scratch", "elsewhere": "Elsewhere"}

    def alarms(sign):
        apart = {"gain": 0.2 * sign, "gain_low": 0.2 * sign - 0.1, "gain_high": 0.2 * sign + 0.1}
        found = Found(
            (
                none,
                *(Cell(kind, 5, 5, 0.7, 0.6, 0.8, **apart) for kind in ("scratch", "elsewhere")),
            ),
            titles,
            *(100, 100, 2),
            controls=("scratch", "elsewhere"),
            advice={"scratch": "Take another backbone."},
        )
        return transfer_found.alarms(found)

    assert not alarms(-1)
    (told,) = alarms(1)
    assert "From scratch: better than no transfer" in told and "another backbone" in told


def judged_there(material, *, seed=7, count=200, shift=3.0):
    """Return the same, judged by pictures that look otherwise, their classes known."""
    random = np.random.default_rng(seed)
    features, labels = rows(count, random)
    features = 2.5 * features + shift * np.arange(WIDTH, dtype=np.float32)
    judges = side_by_side.Judges(features, labels)
    return dataclasses.replace(material, further={"unlabelled": features}, there=judges)


def test_what_adapts_to_another_place_is_judged_there():
    found = side_by_side.compare(judged_there(target()), (10, ALL), 5)
    assert found.kinds == ("main_directions", "alignment") and found.judge == "there"
    assert found.judged == 200 and not found.controls
    assert cells(found, "alignment")[ALL].verdict == 1  # what is not adapted is lost there
    assert found.titles["alignment"] == "Feature alignment"
    assert all(cell.adapting is None for cell in found.cells)
    again = transfer_found.read(json.loads(json.dumps(found.told())))
    assert again.judge == "there" and again.advice == found.advice


def test_every_method_is_a_kind_here_or_learns_from_a_teacher():
    for judge in transfer_found.JUDGES:
        kinds = (*transfer_kinds.heads(judge), *transfer_kinds.trained(judge))
        names = [kind.name for kind in kinds]
        assert len(names) == len(set(names))
        held = {kind.method.name for kind in kinds}
        for method in registry.METHODS:
            needs = {need.role for need in method.needs}
            assert method.name in held or "teacher" in needs
        for kind in kinds:
            assert kind.measures and kind.explained[-1] and (kind.advice or kind.is_control)
    (held_back,) = [kind for kind in transfer_kinds.trained() if kind.name == "l2_sp"]
    assert held_back.method.name == "fine_tune" and held_back.settings["toward_pretrained"] > 0


def test_no_transfer_is_the_exact_head_of_a_run(helped):
    material = target()
    goal = tasks.of(material.dataset).goal(
        material.dataset, material.members(TRAIN), material.config, None
    )
    head = task.exact_head(
        goal, material.features, material.members(TRAIN), material.members(VALIDATION)
    )
    test = material.members(TEST)
    right = head.of(material.features, test).argmax(axis=1) == goal.answers(test)
    assert cells(helped, NO_TRANSFER)[ALL].accuracy == pytest.approx(float(right.mean()))


def test_weighed_pictures_are_solved_for_by_the_methods_own_head():
    material = with_source(target())
    draw = side_by_side.drawn(material, 5, 0)
    kind = next(kind for kind in transfer_kinds.heads() if kind.name == "instances")
    goal = tasks.of(material.dataset).goal(material.dataset, draw.learnt, material.config, None)
    known = instances.Known(
        *(goal, material.config, kind.of_method, material.features, draw.learnt),
        material.examples,
        material.further,
    )
    known = dataclasses.replace(known, notes=instances.weighed(known))
    head = instances.pooled_head(known)(goal, material.features, draw.learnt, draw.choosing)
    test = material.members(TEST)
    own = head.of(material.features, test).argmax(axis=1) == goal.answers(test)
    assert np.array_equal(side_by_side.answered_right(material, kind, draw), own)


def test_a_teacher_that_knows_more_helps_through_pictures_without_a_class():
    material, random = target(), np.random.default_rng(3)
    others, labels = rows(300, random)
    sure = np.eye(3) * 0.9 + 0.1 / 3
    taught = dataclasses.replace(
        material,
        further={"unlabelled": others},
        says={"rows": sure[material.dataset.labels], "unlabelled": sure[labels]},
    )
    found = side_by_side.compare(taught, (5,), 6)
    assert (
        found.kinds == ("main_directions", "distillation")
        and cells(found, "distillation")[5].verdict == 1
    )


def test_nothing_of_the_test_part_is_learnt_from_or_chosen_by():
    material = target()
    for amount in (3, ALL):
        draw = side_by_side.drawn(material, amount, 1)
        used = np.concatenate([draw.learnt, draw.choosing])
        assert not (material.dataset.splits[used] == TEST).any()
        assert len(np.unique(used)) == len(used)
    few = side_by_side.drawn(material, 3, 1)
    assert np.bincount(material.dataset.labels[few.learnt]).tolist() == [3, 3, 3]
    assert np.bincount(material.dataset.labels[few.choosing]).tolist() == [1, 1, 1]
    other = side_by_side.drawn(material, 3, 2)
    assert few.learnt.tolist() != other.learnt.tolist()


def test_amounts_that_a_class_does_not_have_are_all_of_it():
    dataset = target().dataset
    assert side_by_side.amounts_for(dataset, (20, 5, 5)) == (5, 20)
    assert side_by_side.amounts_for(dataset, (5, 5000)) == (5, ALL)
    assert side_by_side.amounts_for(dataset, (ALL, 41, 42, 43)) == (41, ALL)


def test_who_needs_what_is_not_there_does_not_take_part():
    assert [kind.name for kind in transfer_kinds.heads_for({"source"})] == [
        "pooled",
        "instances",
        "main_directions",
        "elsewhere",
        "alignment",
    ]
    assert [kind.name for kind in transfer_kinds.heads_for({"unlabelled"})] == ["main_directions"]


def test_it_stops_when_asked_and_tells_how_far_it_is():
    told = []
    material = with_source(target(count=120))
    with pytest.raises(StoppedError):
        side_by_side.compare(material, (2,), 2, lambda *at: told.append(at), lambda: len(told) > 2)
    assert told == [(1, 12), (2, 12), (3, 12)]


def test_what_was_found_survives_a_file(helped):
    again = transfer_found.read(json.loads(json.dumps(helped.told())))
    assert again == dataclasses.replace(helped, classes={}, left_out={})
    assert transfer_found.in_words(again) == transfer_found.in_words(helped)


def test_few_groups_tell_nothing():
    cell = Cell("pooled", 5, 3, 0.5, 0.2, 0.8, gain=-0.4)
    assert cell.verdict == 0
    found = Found((cell,), {"pooled": "Pooled"}, 10, 1, 1)
    assert "too few to tell" in transfer_found.in_words(found)[0]
    assert not transfer_found.alarms(found)
