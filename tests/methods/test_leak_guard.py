"""A run learns from no copy of what it is judged by, wherever the copy lies, and keeps to what it found."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageOps

from tests.made import DATASET, stored
from tests.methods.made import OTHER
from tests.quality.planting import scene_of
from tl_core.base import about_run, ids
from tl_core.base.clock import Clock
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import across_sets, manifest
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.evaluation import source_weights
from tl_core.methods import inputs, leak_guard, registry
from tl_core.pricing import plan
from tl_core.pricing.calibration import Calibration
from tl_core.signals import stopping
from tl_core.training import decisions, pipeline

TEACHER = "4" * 24
SETTINGS = {"backbone": "starter", "image_size_px": 64, "epochs": 1}
CHANGES = (
    ImageOps.mirror,
    lambda picture: picture.resize((80, 60)),
    lambda picture: picture.point(lambda value: min(255, int(1.1 * value))),
)


def of_scenes(made_dataset, pictures, classes=3, **how):
    """Return a data set of the pictures given, class after class."""
    made = made_dataset(classes=classes, each=len(pictures) // classes, **how)
    told = [stored(np.asarray(picture)) for picture in pictures]
    hashes, width, height = (np.array(each) for each in zip(*told, strict=True))
    dataset = replace(
        made,
        hashes=hashes.astype("<U64"),
        facts={"width": width.astype(np.int32), "height": height.astype(np.int32)},
    )
    manifest.save(dataset)
    return dataset


@pytest.fixture
def both(made_dataset):
    """A data set, another that holds changed copies of three pictures that judge it, and their names."""
    own = [scene_of(seed) for seed in range(36)]
    first = of_scenes(made_dataset, own)
    judged = [
        *np.flatnonzero(first.splits == TEST)[:2],
        np.flatnonzero(first.splits == VALIDATION)[0],
    ]
    copies = [change(own[row]) for change, row in zip(CHANGES, judged, strict=True)]
    learnt = ImageOps.mirror(own[np.flatnonzero(first.splits == TRAIN)[0]])
    others = [*copies, learnt, *(scene_of(seed) for seed in range(100, 120))]
    second = of_scenes(made_dataset, others, identifier=OTHER, seed=5)
    return first, second, set(second.hashes[:3].tolist())


def begun(made_run, method="instances", **named):
    folder = made_run(method, method_name=method, **SETTINGS)
    about = {"run": "1" * 24, "dataset": DATASET, "inputs": named or {"source": OTHER}}
    (folder / "run.json").write_text(json.dumps(about))
    return folder


def quiet(event, **fields):
    """Tell nobody."""


def refuse(*arguments):
    raise AssertionError(arguments)


@pytest.mark.slow
def test_a_run_leaves_out_changed_copies_of_what_judges_it_and_says_how_many(
    both, made_run, random_weights, monkeypatch
):
    _, second, copies = both
    folder, events = begun(made_run), []
    pipeline.train(folder, lambda event, **fields: events.append((event, fields)))
    assert {*leak_guard.kept(folder)["source"]} == copies
    notes = [str(fields["text"]) for event, fields in events if event == "note"]
    assert any(note.startswith("3 further pictures are left out") for note in notes)
    assert "copies" in [fields["phase"] for event, fields in events if event == "phase"]
    counted = source_weights.of_run(folder)
    assert counted and {*counted.hashes.tolist()} == {*second.hashes.tolist()} - copies

    monkeypatch.setattr(across_sets, "copied", refuse)
    assert pipeline.train(folder, quiet)["metrics"], "it goes on as it began"
    (folder / leak_guard.FILE).write_text(json.dumps({"source": []}))
    assert source_weights.of_run(folder) is None, "what is told of it goes by what it kept"


def test_a_run_that_began_before_copies_were_looked_for_goes_on_with_all_of_them(both, made_run):
    first, _, copies = both
    folder = begun(made_run)
    further = {"source": both[1]}

    def left_out(plan):
        (folder / decisions.PLAN).write_text(json.dumps(plan))
        return pipeline._guarding(folder, quiet, Clock(), first, further, None, None)

    assert left_out({"encode_s": 1.0, "total_s": 2.0}) == {} and not leak_guard.kept(folder)
    came = left_out({"keeps": "rows", "half": False})
    assert {*came["source"]} == copies, "in a project file there is no price, and no list"


def test_a_role_that_was_not_looked_at_is_looked_at_and_others_are_read(
    both, made_run, monkeypatch
):
    first, second, copies = both
    folder = begun(made_run)
    found = leak_guard.found(folder, first, {"source": second.hashes}, print)
    assert {*found["source"]} == copies
    half = second.hashes[1:]
    both_roles = {"source": second.hashes, "unlabelled": half}
    again = leak_guard.found(folder, first, both_roles, print)
    assert again["source"] == found["source"] and {*again["unlabelled"]} == copies & {*half}
    monkeypatch.setattr(across_sets, "copied", refuse)
    assert leak_guard.found(folder, first, both_roles, print) == again == leak_guard.kept(folder)


def test_it_can_be_stopped_while_copies_are_looked_for(both, made_run):
    folder = begun(made_run)

    def emit(event, **fields):
        if fields.get("phase") == "copies":
            stopping.ask(folder)

    done = pipeline.train(folder, emit)
    assert done["status"] == "cancelled" and not done["metrics"] and "paused" not in done
    assert not leak_guard.kept(folder)


def test_where_all_are_copies_nothing_is_left_to_learn_from(made_dataset, made_run):
    first = of_scenes(made_dataset, [scene_of(seed) for seed in range(36)])
    own = [scene_of(seed) for seed in np.flatnonzero(first.splits != TRAIN)]
    of_scenes(made_dataset, [ImageOps.mirror(each) for each in own[:12]], identifier=OTHER)
    with pytest.raises(UserError) as error:
        pipeline.train(begun(made_run), quiet)
    assert error.value.code == "input-empty"


def test_a_teacher_that_learnt_from_a_changed_copy_of_a_test_picture_is_refused(
    made_dataset, made_run, monkeypatch
):
    first = of_scenes(made_dataset, [scene_of(seed) for seed in range(36)])
    tested = scene_of(int(np.flatnonzero(first.splits == TEST)[0]))
    elsewhere = [ImageOps.mirror(tested), *(scene_of(seed) for seed in range(200, 235))]
    taught = of_scenes(made_dataset, elsewhere, identifier=OTHER)
    assert taught.splits[0] == TRAIN
    teacher = made_run(TEACHER, dataset=OTHER, **SETTINGS)
    assert len(leak_guard.taught_with(teacher, first)) == int((taught.splits == TRAIN).sum())
    monkeypatch.setattr(
        inputs, "examples", lambda *_: {}
    )  # it has no model that would be looked at
    with pytest.raises(UserError) as error:
        pipeline.train(begun(made_run, "distillation", teacher=TEACHER), quiet)
    assert error.value.code == "teacher-leak"
    about = about_run.read(teacher)
    assert ids.run_folder(TEACHER) == teacher and about.dataset == OTHER
    own = made_run("5" * 24, **SETTINGS)
    assert not len(leak_guard.taught_with(own, first)), "what it learns from itself is no secret"


def test_looking_for_copies_is_part_of_the_price(both):
    first, second, _ = both
    config = registry.settled(TrainConfig(method_name="instances", **SETTINGS))
    known = Calibration(20.0)
    with_source = plan.one(first, config, known, {"source": OTHER})
    looked_at = len(second) + int((first.splits != TRAIN).sum())
    assert with_source.copies_s == pytest.approx(0.0008 * looked_at)
    assert with_source.by_phase()["copies"] == with_source.copies_s
    assert plan.one(first, config, known).copies_s == 0
