"""Kinds of transfer on the Transfer lab: chosen by role, classes corrected, followed, and what came of it."""

import contextlib
import dataclasses

import numpy as np
import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from tests.evaluation.test_side_by_side import target, with_source
from tl_core import store
from tl_core.datasets import manifest
from tl_core.evaluation import side_by_side
from tl_core.home import roles
from tl_core.jobs import transfer_comparer
from tl_core.signals import events

KEY = "start-side-by-side"


@pytest.fixture
def project(made_dataset):
    """A target and a source that calls two classes otherwise."""
    made = {}
    for name, each, seed in (("here", 36, 0), ("there", 20, 5)):
        made[name] = store.create_dataset(store.default_project().id, name)
        dataset = made_dataset(3, each, identifier=made[name], seed=seed)
        if name == "there":
            names = ("Class 0", "class [1](x)", "class 2")
            manifest.save(dataclasses.replace(dataset, classes=names))
        store.dataset_ready(made[name], {"pictures": len(dataset)})
    return made


def panel(dataset_id: str) -> AppTest:
    def script(dataset_id):
        from pages.parts.transfer_lab import side_by_side
        from tl_core import store
        from tl_core.datasets import manifest

        side_by_side.draw(store.dataset(dataset_id), manifest.load(dataset_id))

    app = AppTest.from_function(script, args=(dataset_id,), default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    told = (*app.markdown, *app.caption, *app.warning, *app.error, *app.info)
    return " ".join(element.value for element in told)


def test_what_the_data_set_names_is_begun_with_and_can_be_chosen_otherwise(project, engine):
    row = store.dataset(project["here"])
    roles.give(row, "source", project["there"])
    roles.call(row, project["there"], {"class [1](x)": "class 1"})
    app = panel(row.id)
    source = app.selectbox(key=f"side-source-{row.id}")
    called = next(each for each in app.selectbox if "class [1](x)" in str(each.key))
    assert source.value == project["there"] and called.value == "class 1"
    source.set_value(None).run()
    assert not app.exception and "Choose where to transfer from" in words(app)
    assert roles.of(store.dataset(row.id)) == {"source": project["there"]}


def test_where_only_pictures_without_a_class_are_chosen_it_leads_to_adapting(project, engine):
    app = panel(project["here"])
    app.selectbox(key=f"side-unlabelled-{project['here']}").set_value(project["there"]).run()
    assert not app.exception and not app.error
    assert "nothing to transfer from" not in words(app)
    assert "labelled pictures from elsewhere or a teacher as well" in words(app)
    assert KEY not in {each.key for each in app.button}
    judges = app.radio(key=f"side-judge-{project['here']}")
    judges.set_value("there").run()
    assert not app.exception and not app.error and KEY in {each.key for each in app.button}
    assert "adapt-on-train" not in {each.key for each in app.button}, "they can judge it here"
    judges.set_value("here").run()
    with contextlib.suppress(streamlit.errors.StreamlitAPIException):  # it has no other pages
        app.button(key="adapt-on-train").click().run()
    assert app.session_state["_config"].method.method_name == "alignment"
    assert app.session_state["_inputs"] == {"unlabelled": project["there"]}


def test_a_source_is_chosen_its_classes_corrected_and_what_hurts_is_told(project, engine):
    app = panel(project["here"])
    assert "Choose where to transfer from" in words(app) and not app.button
    trained = f"side-trained-{project['here']}"
    assert not any("AdaBN" in title for title in app.multiselect(key=trained).options)
    app.multiselect(key=trained).set_value(["gradual"]).run()
    assert not app.exception and [each.key for each in app.button] == [
        KEY
    ]  # nothing else is needed
    app.multiselect(key=trained).set_value([]).run()
    app.selectbox(key=f"side-source-{project['here']}").set_value(project["there"]).run()
    assert not app.exception
    assert any("AdaBN" in title for title in app.multiselect(key=trained).options)
    classes = {
        each.key.rpartition("-")[2]: each for each in app.selectbox if "class-of-" in each.key
    }
    assert [each.value for each in classes.values()] == ["class 0", "", "class 2"]
    classes["class [1](x)"].set_value("class 1").run()
    (start,) = [each for each in app.button if each.key == KEY]
    assert start.label.startswith("Compare kinds of transfer: ")
    start.click().run()
    shown = {each.key for each in app.button}
    assert not app.exception and "stop-side-by-side" in shown and KEY not in shown
    kind, key = engine.submitted[0]
    asked = transfer_comparer.latest(project["here"])
    assert kind == "side_by_side" and asked and asked.renamed["class [1](x)"] == "class 1"
    turned = with_source(target(count=120), named=lambda labels: (labels + 1) % 3)
    found = dataclasses.replace(side_by_side.compare(turned, (5,), 4), left_out={"source": 3})
    with events.Writer(transfer_comparer.folder_of(key)) as writer:
        writer.emit("finished", metrics=found.told())
    engine.kill(key)
    app.run()
    assert not app.exception
    assert any("Negative transfer" in each.value for each in app.warning)
    assert "3 pictures from elsewhere are left out" in words(app)
    table = app.dataframe[0].value
    assert "hurts" in set(table["Verdict"]) and len(table) == 6
    # Whoever comes back finds the choices of last time, and with them what was found.
    again = panel(project["here"])
    assert any("Negative transfer" in each.value for each in again.warning)


def test_why_it_cannot_be_compared_is_said(project):
    parts = manifest.load(project["here"])
    none = np.where(parts.splits == 2, 1, parts.splits).astype(np.int8)
    manifest.save(dataclasses.replace(parts, splits=none))
    app = panel(project["here"])
    app.selectbox(key=f"side-source-{project['here']}").set_value(project["there"]).run()
    assert not app.exception and "too little to compare with" in words(app)


def test_a_data_set_of_numbers_is_refused_before_anything_is_chosen(made_dataset):
    key = store.create_dataset(store.default_project().id, "numbers")
    dataset = made_dataset(each=24, identifier=key, values=True)
    store.dataset_ready(key, {"pictures": len(dataset)})
    app = panel(key)
    assert "holds numbers" in words(app) and not app.button and not app.selectbox
