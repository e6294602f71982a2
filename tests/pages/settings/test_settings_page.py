"""The Settings page: how large the cache may grow is a person's choice."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tl_core import store
from tl_core.encoding import cache
from tl_core.store import database

PAGE = str(Path(__file__).resolve().parents[3] / "pages" / "settings.py")


def test_a_chosen_cache_size_is_kept_and_shown(home):
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    size = next(field for field in app.number_input if "cache" in field.label)
    use = next(button for button in app.button if button.label == "Use this size")
    assert use.disabled
    size.set_value(3.0).run()
    next(button for button in app.button if button.label == "Use this size").click().run()
    assert not app.exception
    assert cache.limit_bytes() == 3_000_000_000


@pytest.mark.slow
def test_every_one_of_many_deleted_things_can_be_brought_back(home):
    made = [store.create_project(f"Project {number}") for number in range(45)]
    for identifier in made:
        store.delete("project", identifier)
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert deleted(app) == made[:-21:-1]
    app.pagination(key="gone-page").set_value(3).run()
    assert deleted(app) == made[4::-1]
    for identifier in made[:5]:
        app.button(key=f"restore-{identifier}").click().run()
    assert not app.exception
    assert {project.id for project in store.projects()} == set(made[:5])
    assert len(deleted(app)) == 20  # of a page that there still is


def deleted(app):
    keys = [button.key for button in app.button if button.key]
    return [key.removeprefix("restore-") for key in keys if key.startswith("restore-")]


def test_the_waiting_process_can_be_turned_off_and_stays_off(home, monkeypatch):
    from tl_core.jobs import spare

    monkeypatch.setenv("GRAFT_QUICK_START", "1")
    page = AppTest.from_file(PAGE).run()
    assert page.toggle(key="quick-start").value
    page.toggle(key="quick-start").set_value(False).run()
    assert not page.exception
    assert not spare.is_chosen() and not spare.is_wanted(waits=False)
    assert not AppTest.from_file(PAGE).run().toggle(key="quick-start").value


def test_what_a_lost_store_knew_is_told_and_taken_in_again(home, shapes):
    (home / "graft.db").unlink()
    database.forget_engines()
    page = AppTest.from_file(PAGE, default_timeout=60).run()
    assert any("1 data set" in text.value for text in page.markdown)
    page = next(b for b in page.button if b.label == "Take them in again").click().run()
    assert not page.exception
    assert store.dataset(shapes.id).name == "shapes"
    assert not any(button.label == "Take them in again" for button in page.button)


def test_every_other_page_leads_to_what_was_found(home, shapes):
    def page():
        from pages.parts.shared import found_again

        found_again.notice("Start")
        found_again.notice("Settings")

    assert not AppTest.from_function(page).run().markdown
    (home / "graft.db").unlink()
    database.forget_engines()
    told = AppTest.from_function(page).run().markdown
    assert len(told) == 1 and "Nothing of them is removed" in told[0].value


def test_keeping_files_as_they_were_uploaded_can_be_turned_off(home):
    from tl_core.intake import originals

    page = AppTest.from_file(PAGE).run()
    assert page.toggle(key="originals").value
    page.toggle(key="originals").set_value(False).run()
    assert not page.exception
    assert originals.room_bytes() == 0
    assert not AppTest.from_file(PAGE).run().toggle(key="originals").value
