"""Trained models on disk: rebuilt from code, exactly, or refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.export import made
from tl_core.backbones import stages
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.export.formats import keras_file
from tl_core.measures.conformal import Promise
from tl_core.modalities.picture import preprocessing
from tl_core.modalities.picture.resize import resize
from tl_core.models import persist
from tl_core.tasks import logarithms, registry
from tl_core.tasks.task import Rules


def test_a_description_is_read_without_keras(tmp_path: Path) -> None:
    described = persist.describe(made.described_only(tmp_path / "m", ("a", "ü"), 2))
    assert described.classes == ("a", "ü")
    assert described.head.pooling == "average"


def test_a_model_of_before_is_answered_for_as_it_learnt(tmp_path: Path) -> None:
    folder = made.described_only(tmp_path / "m", ("a", "b"), 2)
    told = json.loads((folder / persist.DESCRIPTION).read_text())
    assert not {"greys", "preprocessing"} & set(told), "earlier versions wrote neither"
    described = persist.describe(folder)
    assert (described.read_by, described.scaling) == (None, "tf")
    assert "GREYS = None" in keras_file.script(described)
    then = described.model_copy(update={"backbone": "efficientnet_v2_s"})
    assert then.scaling == "tf", "it learnt from pixels by 1/127.5"
    assert then.model_copy(update={"preprocessing": "tf128"}).scaling == "tf128"


def test_the_scale_of_greys_stands_in_the_script(tmp_path: Path) -> None:
    folder = made.described_only(tmp_path / "m", ("a", "b"), 2)
    told = json.loads((folder / persist.DESCRIPTION).read_text())
    told["greys"] = {"whole": [0, 4095], "real": [-20.5, 45]}
    (folder / persist.DESCRIPTION).write_text(json.dumps(told))
    script = keras_file.script(persist.describe(folder))
    assert "GREYS = {'whole': (0, 4095), 'real': (-20.5, 45)}" in script
    told["greys"]["whole"] = [4095, 0]
    (folder / persist.DESCRIPTION).write_text(json.dumps(told))
    with pytest.raises(UserError) as refusal:
        persist.describe(folder)
    assert refusal.value.code == "model-format"


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"backbone": "x"}'])
def test_what_is_no_description_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / persist.DESCRIPTION).write_text(text)
    with pytest.raises(UserError) as refusal:
        persist.describe(tmp_path)
    assert refusal.value.code == "model-format"


def test_changed_weights_are_noticed_before_keras_is_needed(tmp_path: Path) -> None:
    folder = made.described_only(tmp_path / "m", ("a", "b"), 2)
    with (folder / persist.TAIL).open("ab") as stream:
        stream.write(b"!")
    with pytest.raises(UserError, match="has changed"):
        persist.load_model(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(backbone=made.BACKBONE, trainable_stages=14),
        TrainConfig(
            backbone=made.BACKBONE,
            trainable_stages=14,
            pooling="flatten",
            hidden_units=(9, 7),
            dropout=0.3,
            l2=0.01,
            resize="crop",
        ),
    ],
)
def test_a_reloaded_model_gives_the_same_answers(tmp_path: Path, config: TrainConfig) -> None:
    import keras

    from tl_core.backbones import build, cut
    from tl_core.models import heads

    assert config.network.trainable_stages == len(stages.of(made.BACKBONE))
    base = build.backbone(made.BACKBONE, 32, None)
    _, tail = cut.split(base, stages.cut_for(made.BACKBONE, config.network.trainable_stages))
    head = heads.head(config, base.output_shape[1:], 3)
    persist.save_model(
        tmp_path, config=config, size_px=32, classes=("a", "b", "c"), tail=tail, head=head
    )
    keras.layers.Dense(2)(keras.Input((3,)))  # moves Keras's counters: names must not matter
    pictures = np.random.default_rng(2).integers(0, 256, (3, 50, 41, 3), dtype=np.uint8)
    small = np.stack([resize(picture, 32, config.network.resize) for picture in pictures])
    scaled = preprocessing.scale_numpy("tf", small)
    expected = np.asarray(keras.ops.softmax(head(tail(scaled, training=False), training=False)))
    found = np.asarray(persist.full_model(tmp_path).predict_on_batch(pictures))
    assert np.abs(found - expected).max() <= 1e-5
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6)


@pytest.mark.slow
def test_weights_that_do_not_fit_the_description_are_refused(tmp_path: Path) -> None:
    made.whole_model(tmp_path)
    told = json.loads((tmp_path / persist.DESCRIPTION).read_text("utf-8"))
    head = told["head"] | {"hidden_units": [5]}
    for change, said in (({"classes": ["a", "b"]}, "needs"), ({"head": head}, "do not belong")):
        altered = json.dumps(told | change)
        (tmp_path / persist.DESCRIPTION).write_text(altered, encoding="utf-8")
        with pytest.raises(UserError) as refusal:
            persist.load_model(tmp_path)
        assert refusal.value.code == "model-format"
        assert said in refusal.value.message


@pytest.mark.slow
def test_a_model_on_pretrained_weights_says_when_they_are_missing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "nowhere"))
    made.whole_model(tmp_path / "m", TrainConfig(backbone=made.BACKBONE, trainable_stages=3))
    with pytest.raises(UserError) as refusal:
        persist.load_model(tmp_path / "m")
    assert refusal.value.code == "weights-missing"


@pytest.mark.slow
def test_logarithms_are_told_as_numbers_in_keras_as_in_numpy() -> None:
    import keras

    outputs = np.array([[2.0, -3.0], [0.5, 7.0]], np.float32)
    wanted = np.array([[np.exp(2.0), -3.0], [np.exp(0.5), 7.0]])
    np.testing.assert_allclose(logarithms.in_own_units(outputs, (True, False)), wanted, rtol=1e-6)
    inputs = keras.Input((2,))
    model = keras.Model(inputs, logarithms.exponential_of(inputs, (True, False)))
    again = keras.models.model_from_json(model.to_json())
    np.testing.assert_allclose(again.predict_on_batch(outputs), wanted, rtol=1e-6)


def test_a_temperature_is_kept_and_named_a_later_format(tmp_path: Path) -> None:
    folder = made.described_only(tmp_path / "m", ("a", "b"), 2)
    plain = persist.describe(folder)
    assert (
        plain.rules == Rules() and "temperature" not in (folder / persist.DESCRIPTION).read_text()
    )
    promise = Promise(coverage=0.9, limits=(0.25,))
    rules = Rules(temperature=1.5, promises=(promise,))
    persist.describe_as(folder, persist.ruled(plain, rules))
    assert json.loads((folder / persist.DESCRIPTION).read_text())["format"] == 2
    assert persist.describe(folder).rules == rules
    persist.describe_as(folder, persist.ruled(plain, Rules()))
    assert json.loads((folder / persist.DESCRIPTION).read_text())["format"] == 1


@pytest.mark.parametrize(
    "told",
    [
        {"temperature": 0},
        {"temperature": 1e9},
        {"promises": [{"coverage": 0.9, "limits": [0.1, 0.2]}]},
        {"promises": [{"coverage": 1.5, "limits": [0.1]}]},
        {"task": "regress", "temperature": 2},
    ],
)
def test_a_temperature_or_promise_that_none_could_have_is_refused(tmp_path: Path, told) -> None:
    folder = made.described_only(tmp_path / "m", ("a", "b"), 2)
    text = json.loads((folder / persist.DESCRIPTION).read_text()) | told | {"format": 2}
    (folder / persist.DESCRIPTION).write_text(json.dumps(text))
    with pytest.raises(UserError) as refusal:
        persist.describe(folder)
    assert refusal.value.code == "model-format"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classify", "multilabel"])
def test_the_graph_that_is_handed_over_divides_by_the_temperature(kind: str) -> None:
    import keras

    rules, task = Rules(temperature=2.5), registry.get(kind)
    given = keras.Input((3,))
    model = keras.Model(given, task.activation(given, rules))
    scores = np.array([[3.0, -1, 0.5], [-40, 2, 30]], np.float32)
    assert np.allclose(model.predict_on_batch(scores), task.activated(scores, rules), atol=1e-6)
