"""The Train page: settings come and go with what they belong to, copies are shown before they are made."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.parts import places
from tests.conftest import made_picture
from tests.pages.test_pages import MAIN
from tl_core import settings
from tl_core.data import datasets, pictures
from tl_core.runs import store


@pytest.fixture
def shapes(dataset_id):
    """The data set `shapes` with pictures that exist."""
    random = np.random.default_rng(0)
    dataset = datasets.load(dataset_id)
    folder = settings.current().pictures_dir
    kept = [
        pictures.store(Image.fromarray(made_picture(int(label), random)), folder, 1024)
        for label in dataset.labels
    ]
    dataset = replace(dataset, hashes=np.array([digest for digest, _, _ in kept]))
    datasets.save(dataset)
    return dataset


@pytest.fixture
def priced(shapes):
    """The same pictures, each with a number instead of a class."""
    identifier = store.create_dataset(store.default_project().id, "priced")
    datasets.save(
        replace(
            shapes,
            id=identifier,
            classes=(),
            targets=("price",),
            labels=np.zeros_like(shapes.labels),
            values=np.arange(len(shapes), dtype=float)[:, None],
        )
    )
    store.dataset_ready(identifier, {"pictures": len(shapes), "classes": {}})
    return identifier


def opened(dataset: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = dataset
    app.run()
    app = app.switch_page(places.TRAIN).run()
    assert not app.exception and not app.error
    return app


def labels(app: AppTest) -> set[str]:
    kinds = (app.slider, app.selectbox, app.number_input, app.toggle, app.text_input)
    return {widget.label for kind in kinds for widget in kind}


def chosen(app: AppTest, kind: str, label: str):
    return next(widget for widget in getattr(app, kind) if widget.label == label)


def images(app: AppTest) -> str:
    return "".join(
        block.proto.body for block in app.get("html") if "graft-copies" in block.proto.body
    )


def test_classes_and_numbers_have_their_own_choices(shapes, priced):
    for_classes, for_numbers = labels(opened(shapes.id)), labels(opened(priced))
    assert {"Class weights", "Label smoothing"} <= for_classes - for_numbers
    assert "What counts as far off" in for_numbers - for_classes


def test_a_setting_comes_with_the_one_that_rules_it(shapes):
    app = opened(shapes.id)
    assert "Momentum" not in labels(app) and "Views per picture" not in labels(app)
    chosen(app, "selectbox", "Optimiser").select("sgd").run()
    chosen(app, "toggle", "Flip left and right").set_value(True).run()
    assert not app.exception
    assert {"Momentum", "Views per picture"} <= labels(app)
    chosen(app, "selectbox", "Optimiser").select("adamw").run()
    assert "Momentum" not in labels(app) and "Weight decay" in labels(app)


def test_copies_of_a_persons_own_pictures_follow_the_choices(shapes):
    app = opened(shapes.id)
    before = images(app)
    assert before.count("<img") == 3 and "Your picture" in before
    chosen(app, "slider", "Rotate by up to (degrees)").set_value(45.0).run()
    turned = images(app)
    assert turned.count("<img") == 12 and "Changed copy 3 of" in turned
    chosen(app, "slider", "Brighter or darker by up to").set_value(0.5).run()
    assert images(app) != turned and images(app).count("<img") == 12
