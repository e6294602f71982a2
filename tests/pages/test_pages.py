"""Pages as a person meets them, without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tl_core import store
from tl_core.config import LESSON, TrainConfig
from tl_core.jobs import imports
from tl_core.samples import bundled

MAIN = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
EMPTY = (
    page_files.DATA,
    page_files.TRAIN,
    page_files.RUNS,
    page_files.RESULTS,
    page_files.TRY_IT,
    page_files.TAKE_HOME,
    page_files.TRANSFER_LAB,
)


def opened(page: str = "") -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    return (app.switch_page(page) if page else app).run()


def told(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.title, *app.markdown, *app.header))


def test_the_first_visit_offers_the_ways_in_and_one_primary_button(home):
    app = opened()
    assert not app.exception
    assert not app.error
    assert [button.label for button in app.button][:2] == [
        "Use sample pictures",
        "Bring my own pictures",
    ]


@pytest.mark.parametrize("page", [*EMPTY, page_files.LEARN, page_files.SETTINGS])
def test_every_page_of_an_empty_house_explains_itself(home, page):
    app = opened(page)
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    assert app.title


def test_a_project_is_made_renamed_deleted_and_brought_back(home):
    first = store.create_project("Leaves")
    app = opened()
    rename = next(field for field in app.text_input if field.label == "Name")
    rename.set_value("**Trees** :smile:")
    next(button for button in app.button if button.label == "Rename").click().run()
    assert store.project(first).name == "**Trees** :smile:"
    app.checkbox(key=f"sure-{first}").check().run()
    app.button(key=f"delete-{first}").click().run()
    assert store.projects() == []
    app.button(key="undo-delete").click().run()
    assert [project.id for project in store.projects()] == [first]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"project": "0" * 24, "run": "../../etc"}, "There is no project at this address"),
        ({"dataset": "doesnotexist"}, "There is no data set at this address"),
        ({"run": "doesnotexist"}, "There is no run at this address"),
    ],
)
def test_an_address_that_leads_nowhere_says_so_and_shows_nothing_else(
    address, words, dataset_id, finished
):
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.error and not app.exception
    assert words in told(app) and "first try" not in told(app)
    assert {name: app.query_params[name] for name in address} == address
    app.button(key="what-is-here").click().run()
    assert words not in told(app)
    assert store.run(finished).name in " ".join(link.label for link in app.get("page_link"))


def test_an_address_of_a_run_alone_opens_what_it_belongs_to(dataset_id, finished):
    other = store.create_project("Newer")
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["run"] = finished
    app.run()
    place = {name: app.query_params[name] for name in ("project", "dataset", "run")}
    assert [finished] in place.values() or finished in place.values()
    assert other not in str(place) and dataset_id in str(place)


def test_an_address_of_something_deleted_offers_to_bring_it_back(dataset_id, finished):
    store.delete("run", finished)
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["run"] = finished
    app.run()
    assert "was deleted" in told(app)
    app.button(key="bring-back").click().run()
    assert store.run(finished).deleted_at is None
    assert not app.exception and "was deleted" not in told(app)


@pytest.mark.parametrize("source", bundled.SETS)
def test_training_on_samples_begins_as_a_lesson_unless_a_person_chose_otherwise(home, source):
    def choose():
        from pages.parts.shared import state, widget_values

        for dataset_id in widget_values.value_of("choices"):
            state.choose_dataset(dataset_id)

    def begun(*choices, config=None):
        app = AppTest.from_function(choose)
        app.session_state["choices"] = choices
        if config:
            app.session_state["_config"] = config
        app.run()
        assert not app.exception
        return app.session_state["_config"] if "_config" in app.session_state else TrainConfig()

    project = store.create_project("Class")
    lesson = store.create_dataset(project, "Samples", request={"source": source})
    edited = store.create_dataset(project, "Samples", parent_id=lesson)
    own = store.create_dataset(project, "Own", request={"source": "/tmp/own.zip"})
    chosen = TrainConfig(epochs=3)
    assert begun(lesson) == begun(own, edited) == LESSON
    assert begun(lesson, own) == begun(own) == TrainConfig()
    assert begun(lesson, config=chosen) == chosen


def test_the_sample_pictures_are_a_lesson_that_starts_from_nothing(home, monkeypatch):
    asked = {}

    def noted(project_id, source, name, *, then_train=None, **rest):
        asked.update(source=source, config=then_train)
        return store.create_dataset(project_id, name)

    monkeypatch.setattr(imports, "start_intake", noted)
    app = opened()
    next(button for button in app.button if button.label == "Use sample pictures").click().run()
    assert asked["source"] == "samples" and asked["config"].course.start == "random"
    assert asked["config"].course.patience == 0
