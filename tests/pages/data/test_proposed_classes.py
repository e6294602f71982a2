"""On the Data page: classes proposed for pictures without one, and what a click makes of them."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.data import proposed_classes
from tests.pages.data.test_name_encoding import data_page
from tests.pages.test_pages import told
from tl_core import store
from tl_core.datasets import labelling, manifest
from tl_core.evaluation.label_proposals import ASK, FAIR, STRANGE, SURE
from tl_core.intake import unlabelled
from tl_core.jobs import proposer
from tl_core.jobs.kinds import proposing

DOUBTS = [SURE, SURE, SURE, FAIR, ASK, ASK, STRANGE]
LABELS = [0, 0, 1, 1, 0, 1, 0]


@pytest.fixture
def proposed(dataset_id) -> str:
    """The data set `shapes` with seven pictures without a class, and proposals for them."""
    count = len(DOUBTS)
    hashes = np.array([f"{1000 + row:064x}" for row in range(count)])
    names = np.array([f"unlabelled/*{row}*.png" for row in range(count)], dtype=object)
    unlabelled.save(dataset_id, unlabelled.Unlabelled(hashes, names))
    told_of = np.tile([0.9, 0.1], (count, 1))
    told_of[np.array(LABELS) == 1] = [0.1, 0.9]
    proposing.keep(
        dataset_id,
        {
            "hashes": hashes,
            "backbone": np.array("starter"),
            "probabilities": told_of.astype(np.float32),
            "labels": np.array(LABELS, np.int32),
            "doubts": np.array(DOUBTS, np.int8),
            "order": np.array([5, 4]),
            "twins": np.arange(12 + count),
            "checked": np.array([True] * 5 + [False]),
            "checked_groups": np.arange(6),
            "fairly_checked": np.zeros(0, bool),
            "fairly_checked_groups": np.zeros(0, np.int64),
            "fact-width": np.full(count, 8, np.int32),
            "fact-height": np.full(count, 8, np.int32),
        },
    )
    return dataset_id


def said(app: AppTest) -> str:
    """Return the texts of the page, with those in small print."""
    return " ".join([told(app), *(caption.value for caption in app.caption)])


def kinds(app: AppTest, kind: int) -> AppTest:
    """Choose which proposals are shown."""
    chosen = next(each for each in app.segmented_control if each.label == "How sure")
    chosen.set_value(kind).run()
    assert not app.exception, app.exception
    return app


def test_they_are_offered_where_each_picture_has_one_class(dataset_id, engine):
    waiting = unlabelled.Unlabelled(np.array(["e" * 64]), np.array(["x.png"], dtype=object))
    unlabelled.save(dataset_id, waiting)
    app = data_page()
    assert "Nothing is changed before you accept" in said(app)
    assert app.button(key="propose-classes").label.startswith("Propose classes: ")
    app.button(key="propose-classes").click().run()
    assert not app.exception
    assert proposer.status(dataset_id) == "working"
    app.button(key="stop-proposals").click().run()
    assert not app.exception


def test_too_little_to_learn_from_is_said_when_it_is_asked_for(made_dataset, home):
    identifier = store.create_dataset(store.default_project().id, "one")
    made_dataset(classes=1, identifier=identifier)
    waiting = unlabelled.Unlabelled(np.array(["e" * 64]), np.array(["x.png"], dtype=object))
    unlabelled.save(identifier, waiting)
    store.dataset_ready(identifier, {"pictures": 12, "task": "classify"})
    app = data_page()
    app.button(key="propose-classes").click().run()
    assert any("PROPOSE" in error.value for error in app.error)
    assert proposer.status(identifier) == "none"


def test_an_answer_to_what_is_asked_counts_as_looked_at(proposed):
    app = kinds(data_page(), ASK)
    key = f"proposed-ask-{proposed}"
    assert "teach most" in said(app)
    app.selectbox(key=f"{key}-5").select(0).run()
    app.selectbox(key=f"{key}-4").select(proposer.NONE).run()
    app.button(key=f"{key}-keep").click().run()
    assert not app.exception
    newest = store.versions(proposed)[0]
    dataset = manifest.load(newest.id)
    assert len(dataset) == 13
    assert dataset.labels[12] == 0
    assert dataset.names[12] == "unlabelled/*5*.png"
    assert dataset.unseen is None
    aside = [entry.code for entry in manifest.set_aside(newest.id)]
    assert aside == [labelling.NONE_OF_THESE]
    assert len(unlabelled.load(newest.id)) == len(DOUBTS) - 2


def test_a_whole_class_of_sure_ones_is_accepted_with_one_click(proposed):
    app = kinds(data_page(), SURE)
    assert "right 83" in said(app)
    key = f"proposed-{SURE}-{proposed}-0"
    assert "2 go to training" in said(app)
    app.button(key=f"{key}-accept").click().run()
    assert not app.exception
    dataset = manifest.load(store.versions(proposed)[0].id)
    assert dataset.labels[12:].tolist() == [0, 0]
    assert dataset.unseen is not None
    assert dataset.unseen[12:].all()


def test_what_is_only_fairly_sure_is_not_ticked_and_nobody_knows_how_right_it_is(proposed):
    app = kinds(data_page(), FAIR)
    assert "nobody knows" in said(app)
    assert app.button(key=f"proposed-{FAIR}-{proposed}-1-accept").disabled


def test_another_class_or_a_new_one_may_be_given(proposed):
    app = data_page()
    key = f"proposed-{STRANGE}-{proposed}-None"
    app.session_state[f"_chosen-{key}"] = frozenset({6})
    app = kinds(app, STRANGE)
    accept = app.button(key=f"{key}-accept")
    assert accept.disabled  # no class is chosen for what is like none
    app.selectbox(key=f"{key}-target").select(2).run()
    assert app.button(key=f"{key}-accept").disabled  # and then no name
    app.text_input(key=f"{key}-name").input("triangle").run()
    app.button(key=f"{key}-accept").click().run()
    assert not app.exception
    dataset = manifest.load(store.versions(proposed)[0].id)
    assert dataset.classes == ("round", "square", "triangle")
    assert dataset.labels[12] == 2


def test_what_is_like_none_names_no_class_and_says_how_many_chance_puts_there(proposed):
    app = kinds(data_page(), STRANGE)
    assert "Even if nothing among these 7 were strange, about 0 would be taken for it" in said(app)
    found = proposer.found(proposed)
    strange, sure = (
        proposed_classes._offered(found, {0: "round", 1: "square"}, place) for place in (6, 0)
    )
    assert strange.caption == "*6*.png" and sure.caption.startswith("round · 90")
