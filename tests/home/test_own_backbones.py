"""A model becomes a backbone: what is refused, who stands on it, and a training on it that travels whole."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.backbones.made_own import kept
from tests.export.code.test_own_network import network_of
from tests.export.made import described_only
from tests.made import DATASET
from tl_core import __main__ as command_line
from tl_core import store
from tl_core.backbones import build, catalogue, own, stages, weight_files, weights
from tl_core.base import ids, limits
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.export import licences
from tl_core.export.code import network_code, run_code
from tl_core.graft_files import bundle
from tl_core.home import arrived_model, own_backbones
from tl_core.jobs import backbone_maker, work
from tl_core.models import as_backbone, heads, persist
from tl_core.training import light, results

SIZE_PX = 32


@pytest.fixture
def leaves(made_dataset):
    """A data set of two classes in a project of its own."""
    project = store.create_project("Leaves")
    dataset = made_dataset(classes=2, each=12)
    store.create_dataset(project, "Leaves", dataset_id=DATASET)
    store.dataset_ready(DATASET, {"pictures": 24, "classes": {}, "splits": {}})
    return dataset


def run_with(config: TrainConfig, run_id: str) -> store.RunRow:
    """Note a finished run in the store; its folder is there."""
    told = {"task": "classify", "test": {"count": 0}}
    kept_config = config.model_dump(mode="json")
    store.add_run(DATASET, "First", kept_config, run_id, run_id=run_id, metrics=told)
    return store.run(run_id)


def head_only(dataset) -> store.RunRow:
    run_id = ids.new()
    described_only(ids.run_folder(run_id) / results.MODEL_DIR, dataset.classes, 2)
    return run_with(TrainConfig().but(backbone="starter"), run_id)


def fine_tuned(dataset, change: float = 0.02) -> store.RunRow:
    """Note a run whose model has another top than the starter's. Imports Keras."""
    from tl_core.backbones import cut

    run_id, config = ids.new(), TrainConfig().but(trainable_stages=2, image_size_px=SIZE_PX)
    base = build.backbone("starter", SIZE_PX)
    _, tail = cut.split(base, stages.cut_for("starter", 2))
    random = np.random.default_rng(3)
    for variable in tail.trainable_variables:
        variable.assign(np.asarray(variable) + change * random.normal(size=variable.shape))
    head = heads.head(config, base.output_shape[1:], 2)
    folder = ids.run_folder(run_id) / results.MODEL_DIR
    about = {"config": config, "size_px": SIZE_PX, "classes": dataset.classes}
    persist.save_model(folder, **about, tail=tail, head=head)
    return run_with(config, run_id)


def silent(_text: str) -> None:
    """Follow nothing."""


def test_a_model_whose_head_alone_learnt_is_refused_kindly(home, leaves):
    run = head_only(leaves)
    refusal = own_backbones.refusal(run)
    assert refusal is not None
    assert refusal.code == "backbone-unchanged"
    assert "Starter" in refusal.message
    with pytest.raises(UserError, match="Only the head"):
        own_backbones.make(run, "Leaves", silent)
    assert own.cards() == []


def test_one_that_runs_stand_on_stays(home, leaves, tmp_path):
    card = kept(tmp_path)
    run = run_with(TrainConfig().but(backbone=card.name), ids.new())
    with pytest.raises(UserError) as refusal:
        own_backbones.remove(card.name)
    assert refusal.value.code == "in-use"
    assert "“First”" in refusal.value.message
    store.delete("run", run.id)
    with pytest.raises(UserError, match="stands on this backbone"):
        own_backbones.remove(card.name)
    store.forget("run", run.id)
    own_backbones.remove(card.name)
    assert own.cards() == []


def standing_on(card, folder: Path, **changes: object) -> persist.Description:
    """Write a model with a bare head that says to stand on a backbone; return its description."""
    described_only(folder, ("a", "b"), 2)
    told = json.loads((folder / persist.DESCRIPTION).read_text())
    told |= {"stands_on": card.model_dump(mode="json"), "backbone_weights": card.fingerprint}
    (folder / persist.DESCRIPTION).write_text(
        json.dumps(told | {"format": persist.STANDING} | changes)
    )
    return persist.describe(folder)


def test_a_model_says_what_it_stands_on_without_that_being_here(home, tmp_path):
    card = kept(tmp_path)
    own.remove(card.name, silent)
    described = standing_on(card, tmp_path / "model")
    assert described.backbone == "starter"
    assert described.began_on == card.name
    assert bundle.needs_backbone(described)
    with pytest.raises(UserError, match="not on this computer"):
        persist.load_model(tmp_path / "model")
    text = licences.text(described)
    assert "stands on Starter" in text
    assert "1. “Leaves <b>” (40 examples) to tell oak, ash" in text
    assert card.weights_sha256 in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("backbone_weights", "sha256:" + "0" * 64),
        ("backbone", "mobilenet_025"),
        ("format", persist.STANDING + 1),
    ],
)
def test_a_model_on_another_backbone_than_it_says_is_refused(home, tmp_path, name, value):
    standing_on(kept(tmp_path), tmp_path / "model")
    file = tmp_path / "model" / persist.DESCRIPTION
    file.write_text(json.dumps(json.loads(file.read_text()) | {name: value}))
    with pytest.raises(UserError) as refusal:
        persist.describe(tmp_path / "model")
    assert refusal.value.code == "model-format"


def test_other_weights_than_those_that_a_model_names_are_refused(home, tmp_path):
    first, other = kept(tmp_path), kept(tmp_path, "Other", seed=1)
    described = standing_on(first, tmp_path / "model")
    carried = tmp_path / "model" / persist.BACKBONE
    shutil.copyfile(own.weights_file(other.name), carried)
    with pytest.raises(UserError, match="does not belong to"):
        bundle._check_base(carried, described)
    own.remove(first.name, silent)
    with pytest.raises(UserError, match="has changed since"):
        as_backbone.take_in_base(tmp_path / "model")
    assert own.cards() == [other]


def test_what_a_model_brought_is_kept_once_under_a_name_of_its_own(home, tmp_path):
    card = kept(tmp_path)
    standing_on(card, tmp_path / "model")
    shutil.copyfile(own.weights_file(card.name), tmp_path / "model" / persist.BACKBONE)
    assert as_backbone.take_in_base(tmp_path / "model") is None  # it is here
    own.remove(card.name, silent)
    kept(tmp_path, card.title, seed=1)
    brought = as_backbone.take_in_base(tmp_path / "model")
    assert brought is not None
    assert (brought.name, brought.title) == (card.name, f"{card.title} 2")


def test_what_taught_a_model_before_is_told_first(home, tmp_path):
    first = kept(tmp_path)
    described = standing_on(first, tmp_path / "model", trainable_stages=2)
    lesson = own_backbones.lesson_of(described)
    (tmp_path / "weights").write_bytes(b"other weights")
    card = as_backbone._card(described, tmp_path / "weights", "Second", lesson)
    assert card.lessons == (*first.lessons, lesson)
    assert card.began_with == weights.fingerprint("starter")
    assert (card.architecture, card.size, card.scaling) == ("starter", 64, "tf")
    assert (lesson.answers, lesson.stages) == (("a", "b"), 2)


@pytest.mark.slow
def test_a_run_on_a_model_goes_on_elsewhere_without_either(
    home, leaves, made_run, engine, tmp_path, monkeypatch, capsys
):
    from tl_core.training import pipeline

    monkeypatch.setattr(limits, "memory", lambda size_bytes: None)  # it would stay for other tests
    unchanged, first = fine_tuned(leaves, change=0.0), fine_tuned(leaves)
    backbone_maker.start(unchanged.id, "Unchanged")
    work.do("make_backbone", unchanged.id)
    fault = backbone_maker.failure(unchanged.id)
    assert fault is not None
    assert fault.code == "backbone-unchanged"
    backbone_maker.start(first.id, "Leaves (Starter)")
    assert work.do("make_backbone", first.id) == 0
    assert backbone_maker.failure(first.id) is None
    card = own_backbones.made_of(first)
    assert card is not None
    assert card.last.data == leaves.name
    assert (card.last.stages, card.began_with) == (2, weights.fingerprint("starter"))

    # The backbone is the model's network, and none of the first run's files is needed any more.
    model = persist.load_model(ids.run_folder(first.id) / results.MODEL_DIR)
    shutil.rmtree(ids.run_folder(first.id))
    same = build.backbone(card.name, SIZE_PX)
    for one, other in zip(model.base.variables, same.variables, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other))

    second = ids.new()
    chosen = {"backbone": card.name, "image_size_px": SIZE_PX}
    folder = made_run(second, **chosen)
    done = pipeline.train(folder, lambda event, **fields: None)
    assert done["status"] == "finished"
    run_with(TrainConfig(**chosen), second)
    described = persist.describe(folder / results.MODEL_DIR)
    assert (described.backbone, described.stands_on) == ("starter", card)
    frozen = json.loads((folder / results.MODEL_DIR / light.ABOUT).read_text())["trunk"]
    assert frozen["weights"] == card.fingerprint

    code, record = run_code.of(store.run(second)), catalogue.get(card.name)
    assert code.carries_weights
    np.savez(tmp_path / "weights.npz", **dict(network_code.arrays(record)))  # pyright: ignore[reportArgumentType]
    shown = network_of(code.script, tmp_path, SIZE_PX)
    for one, other in zip(shown.variables, same.variables, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other))

    file = tmp_path / "model.graft"
    bundle.write(folder / results.MODEL_DIR, file)
    picture = np.random.default_rng(0).integers(0, 256, (1, SIZE_PX, SIZE_PX, 3), np.uint8)
    expected = np.asarray(persist.full_model(folder / results.MODEL_DIR).predict_on_batch(picture))

    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "elsewhere"))
    project = store.create_project("Elsewhere")
    arrived = store.run(arrived_model.open_bundle(project, file, "Came", token=ids.new()))
    assert own.cards() == []
    there = ids.run_folder(arrived.id) / results.MODEL_DIR
    told = np.asarray(persist.full_model(there).predict_on_batch(picture))
    np.testing.assert_array_equal(told, expected)
    assert command_line.main(["use-as-backbone", str(file), "--name", "From a file", "--json"]) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (made["backbone"], made["title"]) == (card.name, "From a file")
    assert catalogue.get(card.name).card == card.model_copy(update={"title": "From a file"})
    assert weight_files.first_not_finite(weights.locate(card.name)) == ""
