"""Methods on the pages: chosen with their price, named with what they learn from, and told of results."""

from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.parts.shared import datasets, next_training, page_files
from pages.parts.shared.text import literal
from tests.home.homes import METRICS
from tests.methods.made import OTHER
from tests.pages.test_pages import MAIN
from tl_core import store
from tl_core.backbones import weights
from tl_core.config import TrainConfig
from tl_core.datasets import class_matching, manifest
from tl_core.jobs import run_actions
from tl_core.methods import registry


@pytest.fixture
def another(shapes, made_dataset):
    """A second data set in the project of the first."""
    row = store.dataset(shapes.id)
    store.create_dataset(row.project_id, "from the *street*", dataset_id=OTHER)
    manifest.save(replace(made_dataset(identifier=OTHER, seed=5), name="from the *street*"))
    store.dataset_ready(OTHER, {"pictures": 36, "classes": {}})
    datasets.loaded.clear()  # others have it with other classes
    return OTHER


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app = app.switch_page(page).run()
    assert not app.exception and not app.error
    return app


def words(app: AppTest) -> str:
    return " ".join(block.value for kind in (app.markdown, app.caption) for block in kind)


def labels(app: AppTest) -> set[str]:
    kinds = (app.slider, app.selectbox, app.number_input, app.toggle, app.text_input)
    return {widget.label for kind in kinds for widget in kind}


def test_every_method_says_what_it_is_and_takes(shapes, one_more):
    app = opened(page_files.TRAIN, dataset=shapes.id)
    shown = words(app)
    for method in registry.METHODS:
        assert method.title in shown and method.sentence in shown
        assert literal(method.paper) in shown
    assert "needs no pretrained weights" in shown and "needs Pictures without a class" in shown
    assert shown.count("takes ") >= len(registry.METHODS)


@pytest.mark.parametrize("method", registry.METHODS[1:], ids=lambda method: method.name)
def test_every_method_can_be_chosen_and_shows_its_settings(shapes, method):
    app = opened(page_files.TRAIN, dataset=shapes.id)
    app.button(key=f"choose-method-{method.name}").click().run()
    assert not app.exception and not app.error
    titles = {field.title for name, field in method.settings.model_fields.items()}
    assert titles - {"Classes called otherwise there"} <= labels(app)


def test_a_method_on_frozen_features_says_that_nothing_of_the_network_learns(shapes):
    app = opened(page_files.TRAIN, dataset=shapes.id)
    app.button(key="choose-method-main_directions").click().run()
    assert not app.exception and not app.error
    assert "the whole network stays frozen" in words(app)
    assert "Under the hood: Main directions of features" in {box.label for box in app.expander}


def test_classes_from_elsewhere_are_shown_and_can_be_corrected(shapes, another):
    theirs = manifest.load(another)
    manifest.save(replace(theirs, classes=("strange", *theirs.classes[1:])))
    app = opened(page_files.TRAIN, dataset=shapes.id)
    app.button(key="choose-method-instances").click().run()
    choice = next(box for box in app.selectbox if box.label == "Labelled pictures from elsewhere")
    choice.select(another).run()
    assert not app.exception and "no class in common" in app.error[0].value
    strange = next(box for box in app.selectbox if box.label == "strange")
    ours = manifest.load(shapes.id).classes
    strange.select(ours[0]).run()
    assert not app.exception and not app.error
    kept = app.session_state["_config"].method.method_settings["renamed"]
    assert class_matching.read(kept) == {"strange": ours[0]}


def test_labelled_pictures_from_there_are_let_choose_until_a_person_chooses(shapes, another):
    theirs, ours = manifest.load(another), manifest.load(shapes.id).classes
    manifest.save(replace(theirs, classes=(*ours, "else")))
    app = opened(page_files.TRAIN, dataset=shapes.id)
    app.button(key="choose-method-alignment").click().run()

    def align():
        return next(box for box in app.selectbox if box.label == "What is aligned")

    def kept():
        return app.session_state["_config"].method.method_settings["align"]

    assert align().value == kept() == "statistics" and "Recommended, since" not in words(app)
    target = next(box for box in app.selectbox if box.label.startswith("Pictures from where"))
    target.select(another).run()
    assert not app.exception and align().value == kept() == "measured"
    assert "24 pictures from there are labelled" in words(app)
    align().select("coral").run()
    assert kept() == "coral" and "Recommended, since" not in words(app)
    app.button(key="back-own-align").click().run()
    assert align().value == kept() == "measured"
    align().select("statistics").run()
    target = next(box for box in app.selectbox if box.label.startswith("Pictures from where"))
    target.set_value(None).run()
    assert kept() == "statistics" and not app.exception
    app.button(key="choose-method-fine_tune").click().run()
    app.button(key="choose-method-alignment").click().run()
    target = next(box for box in app.selectbox if box.label.startswith("Pictures from where"))
    target.select(another).run()
    assert align().value == kept() == "measured"


def test_the_control_fixes_what_it_must_and_needs_no_weights(shapes, monkeypatch):
    monkeypatch.setattr(weights, "present", lambda name: False)
    usual = TrainConfig(backbone="mobilenet_v2")
    monkeypatch.setattr(next_training, "settings", lambda: st.session_state.get("_config") or usual)
    app = opened(page_files.TRAIN, dataset=shapes.id)
    before = app.session_state["_config"]
    assert app.button(key="start-training").disabled and "Watch it learn" in labels(app)
    app.button(key="choose-method-scratch").click().run()
    assert not app.exception and not app.error
    assert not app.button(key="start-training").disabled
    assert "the whole network learns" in words(app)
    assert not {"Watch it learn", "Backbone's share of the learning rate"} & labels(app)
    assert any(metric.label == "Each epoch" for metric in app.metric)
    # There is one depth, and no features whose worth could be a reason.
    assert "What other freeze depths would take" not in {box.label for box in app.expander}
    assert "better features" not in words(app)
    assert "Before the first epoch the network is put together" in words(app)
    app.button(key="choose-method-fine_tune").click().run()
    assert app.session_state["_config"] == before
    assert app.button(key="start-training").disabled


@pytest.mark.slow
def test_what_a_method_needs_is_chosen_before_start_and_shown_with_the_run(
    shapes, another, one_more, engine
):
    app = opened(page_files.TRAIN, dataset=shapes.id)
    app.button(key=f"choose-method-{one_more.name}").click().run()
    assert app.button(key="start-training").disabled and "Weight of being sure" in labels(app)
    assert any("needs one thing more" in warning.value for warning in app.warning)
    choice = next(box for box in app.selectbox if box.label == "Pictures without a class")
    choice.select(another).run()
    assert app.session_state["_inputs"] == {"unlabelled": another}
    next(box for box in app.selectbox if box.label == choice.label).set_value(None).run()
    assert app.session_state["_inputs"] == {}
    assert app.button(key="start-training").disabled
    next(box for box in app.selectbox if box.label == choice.label).select(another).run()
    strength = next(box for box in app.number_input if box.label == "Weight of being sure")
    strength.set_value(0.5).run()
    assert not app.exception and not app.error and not app.warning
    app.button(key="start-training").click().run()
    assert not app.exception and not app.error
    (run,) = store.runs()
    assert run.inputs == {"unlabelled": another}
    assert run.config["method"] == {
        "method_name": one_more.name,
        "method_settings": {"strength": 0.5},
    }
    shown = words(opened(page_files.RUNS, run=run.id))
    assert "Method: Sure of itself" in shown
    assert "Pictures without a class: from the \\*street\\*" in shown


def test_a_result_says_what_its_method_adds_and_names_what_is_gone(finished, one_more):
    config = TrainConfig(method_name=one_more.name).model_dump(mode="json")
    row = store.run(finished)
    with_it = store.add_run(
        row.dataset_id,
        "sure",
        config,
        "sure",
        inputs={"unlabelled": "9" * 24},
        metrics=dict(row.metrics or METRICS) | {"test": {"count": 0}},
    )
    assert "not there any more" in words(opened(page_files.RUNS, run=with_it))
    store.move_run(finished, "finished", only_from=("finished",), config=config)
    shown = words(opened(page_files.RESULTS, run=finished))
    assert "Method: Sure of itself" in shown
    assert literal("It also learnt to be sure of pictures without a class.") in shown


def test_a_run_of_a_later_version_is_shown_with_a_method_that_nobody_knows(finished):
    config = store.run(finished).config | {"method": {"method_name": "<b>magic</b>"}}
    store.move_run(finished, "finished", only_from=("finished",), config=config)
    for page in (page_files.RUNS, page_files.RESULTS):
        assert "magic" in words(opened(page, run=finished))


def test_the_same_settings_come_with_what_else_was_learnt_from(shapes, another, one_more, engine):
    config = TrainConfig(method_name=one_more.name, method_settings={"strength": 0.5})
    named = {"unlabelled": another}
    run_id = run_actions.start_run(shapes.id, config, "click", inputs=named)
    store.run_finished(run_id, METRICS)
    app = opened(page_files.RUNS, run=run_id)
    app.button(key=f"again-{run_id}").click().run()
    assert not app.exception and not app.error
    choice = next(box for box in app.selectbox if box.label == "Pictures without a class")
    assert choice.value == another and not app.button(key="start-training").disabled
    assert app.session_state["_config"].method.method_settings == {"strength": 0.5}


def test_settings_of_a_method_that_nobody_knows_begin_with_fine_tuning(shapes, engine):
    run_id = run_actions.start_run(shapes.id, TrainConfig(), "click")
    config = store.run(run_id).config | {"method": {"method_name": "magic"}}
    store.move_run(run_id, "finished", only_from=("queued", "running"), config=config)
    app = opened(page_files.RUNS, run=run_id)
    app.button(key=f"again-{run_id}").click().run()
    assert not app.exception and not app.error
    assert app.session_state["_config"].method.method_name == "fine_tune"


def test_a_method_that_is_solved_at_once_speaks_of_no_epochs(shapes, engine):
    app = opened(page_files.TRAIN, dataset=shapes.id)
    app.button(key="choose-method-alignment").click().run()
    assert not app.exception
    assert "solved at once, no epochs" in words(app) and "1 epoch" not in words(app)
    assert not any(str(button.key).startswith("budget-") for button in app.button)
    assert "Each epoch" not in {metric.label for metric in app.metric}
