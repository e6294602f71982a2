"""The Train page: settings come and go with what they belong to, copies are shown before they are made."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import next_training, page_files
from pages.parts.train import network_picture, price
from tests.pages.test_pages import MAIN
from tl_core.backbones import weights
from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest, splits
from tl_core.encoding.job import resolve
from tl_core.jobs import rate_finder
from tl_core.methods import recipes
from tl_core.pricing import calibration, costs
from tl_core.pricing.calibration import Calibration
from tl_core.training.rates import Sweep

EPOCH_S = 4.0


def opened(dataset: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = dataset
    app = app.switch_page(page_files.TRAIN).run()
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


def without_copies(app: AppTest) -> AppTest:
    """Take back the changed copies that are recommended for few pictures of a class."""
    for title in (
        *("Rotate by up to (degrees)", "Zoom by up to", "Crop away up to"),
        *("Brighter or darker by up to", "Contrast stronger or weaker by up to"),
    ):
        chosen(app, "slider", title).set_value(0.0)
    return app.run()


@pytest.mark.slow
def test_a_setting_comes_with_the_one_that_rules_it(shapes):
    app = without_copies(opened(shapes.id))
    assert "Momentum" not in labels(app) and "Views per picture" not in labels(app)
    chosen(app, "selectbox", "Optimiser").select("sgd").run()
    chosen(app, "toggle", "Flip left and right").set_value(True).run()
    assert not app.exception
    assert {"Momentum", "Views per picture"} <= labels(app)
    chosen(app, "selectbox", "Optimiser").select("adamw").run()
    assert "Momentum" not in labels(app) and "Weight decay" in labels(app)


def test_watching_it_learn_is_a_switch_that_begins_with_a_random_head(shapes):
    app = opened(shapes.id)
    assert not chosen(app, "toggle", "Watch it learn").value
    chosen(app, "toggle", "Watch it learn").set_value(True).run()
    assert not app.exception
    assert app.session_state["_config"].course.start == "random"
    chosen(app, "toggle", "Watch it learn").set_value(False).run()
    assert app.session_state["_config"].course.start == "closed_form"


@pytest.mark.slow
def test_copies_of_a_persons_own_pictures_follow_the_choices(shapes):
    app = opened(shapes.id)
    assert images(app).count("<img") == 12  # recommended for so few pictures
    assert "pass once" in captions(app) and "Changed copies are counted" in captions(app)
    before = images(without_copies(app))
    assert before.count("<img") == 3 and "Your picture" in before
    assert "Changed copies are counted" not in captions(app)
    chosen(app, "slider", "Rotate by up to (degrees)").set_value(45.0).run()
    turned = images(app)
    assert turned.count("<img") == 12 and "Changed copy 3 of" in turned
    chosen(app, "slider", "Brighter or darker by up to").set_value(0.5).run()
    assert images(app) != turned and images(app).count("<img") == 12


@pytest.mark.slow
def test_a_schedule_is_drawn_and_brings_its_own_choices(shapes):
    app = opened(shapes.id)
    assert not {"Warm-up", "Lower the rate after"} & labels(app)
    assert "stays the same" in schedule(app)
    chosen(app, "selectbox", "Learning rate over time").select("cosine").run()
    assert "Warm-up" in labels(app) and "then falls to zero" in schedule(app)
    chosen(app, "selectbox", "Learning rate over time").select("plateau").run()
    assert {"Lower the rate after", "Lower the rate to"} <= labels(app)
    assert "falls in steps" in schedule(app) and not app.exception


def schedule(app: AppTest) -> str:
    return "".join(b.proto.body for b in app.get("html") if "graft-schedule" in b.proto.body)


def test_the_picture_of_the_network_tells_how_fast_each_stage_learns():
    config = TrainConfig(learning_rate=0.01, trainable_stages=2, stage_decay=0.5, thaw_every=3)
    paces = [network_picture._pace(config, below) for below in range(2)]
    assert [pace["rate"] for pace in paces] == pytest.approx([1e-3, 5e-4])
    assert [pace["joins"] for pace in paces] == [4, 7]
    assert network_picture.shows_other(config, config.but(tail_rate=0.5))
    assert not network_picture.shows_other(config, config.but(seed=5))


def settings_of(app: AppTest, label: str):
    return next(field for field in app.text_input if field.label == label)


@pytest.mark.slow
def test_a_setting_that_cannot_be_keeps_price_and_a_disabled_start_and_is_named_in_words(shapes):
    app = opened(shapes.id)
    settings_of(app, "Hidden layers").set_value("0").run()
    told = " ".join(error.value for error in app.error)
    assert "Hidden layers" in told and "greater than or equal to 1" in told
    assert "backbone" not in told and "pydantic" not in told and len(told) < 500
    assert app.button(key="start-training").disabled
    assert any(metric.label == "Each epoch" for metric in app.metric)
    settings_of(app, "Hidden layers").set_value("16").run()
    assert not app.error and not app.button(key="start-training").disabled


def test_every_freeze_depth_is_priced_with_all_that_it_takes(shapes):
    table = opened(shapes.id).dataframe[0].value
    assert list(table.columns) == [
        "Stages to train",
        "Takes",
        "Brings",
        "To encode",
        "Prepare",
        "Encode",
        "Each epoch",
        "Weights that learn",
        "Memory",
        "Kept on disk",
    ]
    copies = 3 * int((shapes.splits == splits.TRAIN).sum())
    assert table["To encode"][0] == str(len(shapes) + copies) and table["Encode"][0] != "–"
    whole = len(table) - 1
    assert table["Stages to train"][whole] == whole
    assert table["Prepare"][whole] == "–"  # nothing is frozen


@pytest.mark.slow
def test_the_time_said_leaves_out_libraries_that_wait_already(shapes):
    def said(app):
        return next(metric.value for metric in app.metric if metric.label == "Takes")

    def seconds(text):
        return 0 if text.startswith("under") else int(text.removeprefix("about ").split()[0])

    cold = said(opened(shapes.id))
    waiting = settings.current().home / "spares" / ("a" * 24)
    waiting.parent.mkdir()
    waiting.write_text("importing")
    assert said(opened(shapes.id)) == cold
    waiting.write_text("ready")
    at_once = said(opened(shapes.id))
    assert seconds(cold) - seconds(at_once) >= 5


def test_few_pictures_are_spoken_of_only_where_some_are_to_be_encoded(shapes, monkeypatch):
    monkeypatch.setattr(weights, "present", lambda name: True)
    monkeypatch.setattr(weights, "fingerprint", lambda name: "sha256:random")
    config = TrainConfig(backbone="mobilenet_025", image_size_px=32)
    monkeypatch.setattr(next_training, "settings", lambda: config)
    monkeypatch.setattr(recipes, "recommended", lambda situation: {})
    few = "So few pictures are encoded sooner"
    assert few in captions(opened(shapes.id))
    job = resolve(shapes, config)
    rows, wanted = job.rows(), job.wanted()
    with rows.writing():
        rows.append([one.key for one in wanted], np.zeros((len(wanted), *rows.shape), np.float32))
    price._plan.clear()
    known = captions(opened(shapes.id))
    assert few not in known and "knows all these pictures already" in known


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


@pytest.mark.slow
def test_a_preset_sets_the_head_and_is_marked(shapes):
    app = opened(shapes.id)
    assert app.button(key="head-Linear").disabled
    app.button(key="head-Classic").click().run()
    assert settings_of(app, "Hidden layers").value == "1024"
    assert app.button(key="head-Classic").disabled and not app.button(key="head-Linear").disabled


def test_a_class_of_one_picture_is_warned_of_before_start(shapes):
    labels = np.zeros_like(shapes.labels)
    labels[0] = 1
    manifest.save(replace(shapes, labels=labels))
    app = opened(shapes.id)
    assert any("square" in warning.value for warning in app.warning)
    assert not app.button(key="start-training").disabled


def test_the_network_counts_what_learns_with_batch_normalisation():
    from tl_core.backbones import stages

    stage = next(part for part in stages.of("mobilenet_v2") if part.norm_parameters)
    plain = network_picture._block(stage, TrainConfig())
    trained = network_picture._block(stage, TrainConfig(batch_norm="learning"))
    assert trained["trainable"] - plain["trainable"] == stage.norm_parameters
    assert network_picture.shows_other(TrainConfig(), TrainConfig(hidden_units=(4,)))
    assert network_picture.shows_other(TrainConfig(), TrainConfig(batch_norm="learning"))


@pytest.mark.slow
def test_a_rate_that_was_found_is_taken_by_one_click(shapes, monkeypatch):
    tried = tuple(np.geomspace(1e-6, 1, 40).tolist())
    swept = Sweep(tried, (1.0,) * 30 + (9.0,) * 10)
    monkeypatch.setattr(rate_finder, "found", lambda key: swept)
    app = opened(shapes.id)
    app.button(key="use-rate").click().run()
    assert not app.exception
    assert chosen(app, "number_input", "Learning rate").value == swept.suggested
    assert any("Your learning rate is" in block.value for block in app.markdown)


@pytest.mark.slow
def test_the_search_begins_with_the_settings_on_the_page(shapes, monkeypatch):
    asked = []
    monkeypatch.setattr(rate_finder, "start", lambda *what: asked.append(what))
    app = opened(shapes.id)
    chosen(app, "selectbox", "Optimiser").select("rmsprop").run()
    app.button(key="find-rate").click().run()
    ((dataset, config),) = asked
    assert dataset == shapes.id and config.steps.optimizer == "rmsprop"


def test_a_search_for_a_rate_that_failed_says_why_and_can_be_repeated(shapes, monkeypatch):
    app = opened(shapes.id)

    def failed(key):
        raise UserError("memory", "Too much for this search.", "Less.")

    monkeypatch.setattr(rate_finder, "found", failed)
    app.run()
    assert not app.exception
    assert any("Too much for this search" in error.value for error in app.error)
    assert app.button(key="find-rate").disabled is False


@pytest.mark.slow
def test_a_time_chosen_becomes_the_epochs_that_fit_into_it(shapes):
    # A computer known to be so slow that an epoch, one step, takes this long.
    calibration.keep(Calibration(100.0, {"epoch-head starter": EPOCH_S / costs.STEP_S}))
    app = opened(shapes.id)
    fitting = []
    for budget_s in (60, 300):
        app.button(key=f"budget-{budget_s}").click().run()
        assert not app.exception and not app.error
        fitting.append(chosen(app, "number_input", "Epochs").value)
        assert f"{fitting[-1]} epochs fit." in {toast.value for toast in app.toast}
    for epochs, budget_s in zip(fitting, (60, 300), strict=True):
        assert 0.75 * budget_s < epochs * EPOCH_S < budget_s
