"""Which project, data set and run a tab works with, and what the pages make of it."""

from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.pages.test_pages import MAIN, opened
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.datasets import manifest

BROKEN = UserError("E-ARCHIVE", "This archive is damaged.", "Make it again.")


def failed_import(name: str = "broken", by: str | None = None) -> str:
    request = {"by": by}
    identifier = store.create_dataset(store.default_project().id, name, request=request)
    store.dataset_failed(identifier, BROKEN)
    return identifier


def another(dataset_id: str, name: str) -> str:
    """A second data set with the content of the first."""
    import dataclasses

    identifier = store.create_dataset(store.default_project().id, name)
    manifest.save(dataclasses.replace(manifest.load(dataset_id), id=identifier, name=name))
    store.dataset_ready(identifier, store.dataset(dataset_id).counts or {})
    return identifier


def errors_of(app: AppTest) -> str:
    return " ".join(error.value for error in app.error)


def param(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def test_a_failed_import_stands_in_nobodys_way_and_can_be_waved_away(dataset_id, engine):
    failed = failed_import()
    assert param(opened(), "dataset") == dataset_id
    train = opened(page_files.TRAIN)
    assert any(button.label == "Start training" for button in train.button)
    data = opened(page_files.DATA)
    assert "E\\-ARCHIVE" in errors_of(data)
    assert any("About the import of “broken”" in caption.value for caption in data.caption)
    assert "broken" not in data.selectbox[0].options
    data.button(key="dismiss-failure").click().run()
    assert not data.error
    assert failed not in [row.id for row in store.datasets(store.default_project().id)]
    assert store.deleted("dataset") == []


def test_a_failed_import_is_told_to_nobody_but_who_made_it(dataset_id, engine):
    failed = failed_import(by="another browser")
    assert not opened(page_files.DATA).error
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state["_session"] = "mine"
    mine = failed_import("mine", by="mine")
    app.run().switch_page(page_files.DATA).run()
    assert "E\\-ARCHIVE" in errors_of(app)
    app.button(key="dismiss-failure").click().run()
    assert not app.error
    left = [row.id for row in store.datasets(store.default_project().id)]
    assert failed in left and mine not in left, "what another person is told stays theirs"


def test_a_later_success_ends_the_talk_of_a_failure(dataset_id, engine):
    failed_import()
    another(dataset_id, "good")
    assert not opened(page_files.DATA).error


def test_an_address_that_names_a_failed_import_opens_what_is_ready(dataset_id, engine):
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = failed_import()
    app.run()
    assert param(app, "dataset") == dataset_id


def test_only_failed_imports_lead_to_the_ways_to_bring_pictures(home, engine):
    failed_import()
    data = opened(page_files.DATA)
    assert "E\\-ARCHIVE" in errors_of(data)
    assert any(control.label == "Where are your pictures?" for control in data.button_group)
    assert any("tell pictures apart" in title.value for title in opened().title)


def test_data_sets_of_one_name_are_told_apart(dataset_id, engine):
    newer = another(dataset_id, "shapes")
    app = opened(page_files.DATA)
    assert app.selectbox[0].options == ["shapes · 2", "shapes"]
    assert param(app, "dataset") == newer
    app.selectbox[0].select("shapes").run()
    assert param(app, "dataset") == dataset_id


def test_sample_pictures_are_shown_whatever_was_asked_for_before(dataset_id, engine):
    app = opened(page_files.DATA)
    next(button for button in app.button if button.label == "Add another data set").click().run()
    assert any(control.label == "Where are your pictures?" for control in app.button_group)
    app.switch_page(page_files.START).run()
    app.button(key="use-samples").click().run()
    assert not app.exception
    assert any(button.label == "Stop" for button in app.button)
    assert not any(control.label == "Where are your pictures?" for control in app.button_group)


def test_the_promised_training_is_asked_of_the_import_itself(home, engine):
    app = opened()
    app.button(key="use-samples").click().run()
    row = store.datasets(store.default_project().id)[0]
    assert row.request is not None
    assert row.request["then_train"]["network"]["backbone"] == "starter"


def test_the_language_is_kept_by_the_address(home):
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["language"] = "de"
    app.run()
    assert app.session_state["_language"] == "de"
    app.switch_page(page_files.SETTINGS).run()
    assert not app.exception and param(app, "language") == "de"


def test_results_are_ticked_only_when_they_were_looked_at(dataset_id, engine):
    run_id = store.add_run(dataset_id, "a", {}, "token", metrics={"test": {"count": 0}})
    assert not looked_at(run_id, [page_files.START])
    assert looked_at(run_id, [page_files.RESULTS, page_files.START])


def looked_at(run_id: str, pages: list[str]) -> bool:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["run"] = run_id
    app.run()
    for page in pages:
        app.switch_page(page).run()
        assert not app.exception
    return "_seen" in app.session_state and run_id in app.session_state["_seen"]


def test_every_one_of_many_projects_can_be_reached(home):
    made = [store.create_project(f"Project {number}") for number in range(15)]
    app = opened()
    shown = {button.key.removeprefix("switch-") for button in app.button if button.key}
    rest = app.selectbox(key="further-projects")
    opened_now = param(app, "project")
    hidden = [one for one in made if one not in shown and one != opened_now]
    assert sorted(rest.options) == sorted(store.project(one).name for one in hidden) != []
    rest.select(store.project(hidden[0]).name).run()
    assert param(app, "project") == hidden[0]


def test_languages_that_nobody_speaks_take_no_memory(home):
    from pages.parts.shared import words

    words._catalogue.cache_clear()
    for number in range(2 * len(words.languages()) + 4):
        app = AppTest.from_file(MAIN, default_timeout=60)
        app.query_params["language"] = "xx" if number % 2 else f"{number}" + "x" * 5000
        app.run()
        assert not app.exception
        assert words._catalogue.cache_info().currsize <= len(words.languages())
        kept = app.session_state["_language"] or ""
        assert len(kept) <= 8
