"""`load`: through the real children, with a model that needs no conversion."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tests.conftest import made_picture
from tests.jobs.test_predictor import png
from tl_core import load
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.graft_files import bundle
from tl_core.jobs import predictor
from tl_core.serving.features import paths
from tl_core.serving.model import Model


@pytest.fixture(scope="module")
def model(light):
    with load(light) as model:
        yield model


@pytest.mark.slow
def test_a_loaded_model_answers_as_the_app_does_in_order(model, tmp_path):
    file = tmp_path / "a picture.png"
    file.write_bytes(png("blue"))
    pictures = [png("red"), file, png("green")]
    expected = predictor.predict_with(model.folder, pictures)
    found = model.predict([png("red"), str(file), png("green")])
    assert [one.label for one in found] == [one.label for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert list(one.probabilities.values()) == pytest.approx(list(other.probabilities.values()))
    assert found[0] != found[1]
    assert model.predict([]) == [] and model.predict(file for _ in range(70))[-1] == found[1]


@pytest.mark.slow
def test_a_bad_picture_is_named_by_its_number_or_left_to_the_caller(model):
    with pytest.raises(UserError, match="Picture 2") as caught:
        model.predict([png("red"), b"no picture"])
    assert caught.value.code == "picture-format"
    good, bad = model.predict_each([png("red"), b"no picture"])
    assert good.label and isinstance(bad, UserError)
    with pytest.raises(UserError, match="list"):
        model.predict("photo.jpg")


@pytest.mark.slow
def test_features_go_into_a_pipeline_whose_clones_share_the_model(model):
    random = np.random.default_rng(0)
    pictures = [png(tuple(made_picture(label, random)[0, 0].tolist())) for label in (0, 1) * 4]
    features = model.features()
    pipeline = clone(make_pipeline(features, LogisticRegression()))
    pipeline.fit(pictures, [0, 1] * 4)
    assert pipeline.score(pictures, [0, 1] * 4) > 0.5
    assert pipeline[0] is not features and pipeline[0].model is model
    rows = features.fit_transform(np.array(pictures, dtype=object)[:, None])
    assert rows.shape == (8, model.channels) and rows.dtype == np.float32
    names = pipeline[:1].get_feature_names_out()
    assert len(names) == model.channels == len(set(names)) and names[0] == "starter_0"
    assert features.transform([]).shape == (0, model.channels)


@pytest.mark.slow
def test_a_bundle_is_checked_and_answers_the_same(model, tmp_path, home):
    file = tmp_path / "model.graft"
    bundle.write(model.folder, file)
    with load(str(file)) as other:
        assert other.predict([png("red")]) == model.predict([png("red")])
        unpacked = other.folder
        assert unpacked.is_dir() and unpacked != model.folder
        assert pickle.loads(pickle.dumps(other)).classes == other.classes
    del other
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(UserError) as caught:
        load(file)
    assert caught.value.code == "E-MODEL-FORMAT"


def test_what_is_no_model_is_named(home, tmp_path):
    for source, code in (
        (tmp_path / "none.graft", "no-model"),
        (tmp_path, "no-model"),
        (ids.new(), "no-model"),
        ("what", "unknown"),
    ):
        with pytest.raises(UserError) as caught:
            Model(source)
        assert caught.value.code == code


def test_nothing_heavy_is_imported_to_load_a_model():
    script = (
        "import sys; from tl_core import load; from tl_core.serving import model\n"
        "heavy = {'tensorflow', 'keras', 'streamlit', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_pictures_come_in_one_column():
    assert paths(np.array([["a"], ["b"]])) == ["a", "b"] == paths(("a", "b"))
    with pytest.raises(UserError, match="one column"):
        paths(np.zeros((2, 3)))
