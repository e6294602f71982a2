"""A model is tried on what it was never taught at one priced click, and the table stays."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.export import made
from tests.made import FakeEngine
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.evaluation import unknowns_tried
from tl_core.jobs import unknowns_tester
from tl_core.jobs.kinds import none_of_these
from tl_core.measures.unknowns import CHOICES
from tl_core.models import persist
from tl_core.store import job_rows
from tl_core.training import results


def panel(run_id: str, careful: float | None) -> AppTest:
    def script(run_id, careful):
        from pages.parts.results import unknowns_tried
        from tl_core import store

        unknowns_tried.draw(store.run(run_id), careful)

    app = AppTest.from_function(script, args=(run_id, careful), default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def told(name: str, area: float) -> dict:
    refused = [
        {"careful": careful, "share": careful * 4, "low": careful, "high": 1.0}
        for careful in CHOICES
    ]
    return {
        "name": name, "known": 40, "strangers": 12, "area": area, "low": area - 0.1,
        "high": min(1.0, area + 0.1), "refused": refused,
    }  # fmt: skip


@pytest.fixture
def run_id(finished, monkeypatch) -> str:
    made.described_only(ids.run_folder(finished) / results.MODEL_DIR, ("a", "b"), 2)
    monkeypatch.setattr(unknowns_tester, "price_s", lambda dataset, config: 21.0)
    return finished


@pytest.mark.parametrize(("careful", "label"), [(0.05, "Try it on"), (None, "Let it tell")])
def test_one_click_with_its_price_begins_the_work_and_stop_takes_its_place(
    run_id,
    engine: FakeEngine,
    careful,
    label,
):
    app = panel(run_id, careful)
    button = app.button(key=f"try-unknowns-{run_id}")
    assert button.label.startswith(label) and "21 s" in button.label
    button.click().run()
    assert not app.exception
    assert (none_of_these.NONE_OF_THESE.name, run_id) in engine.submitted
    assert [each.key for each in app.button] == [f"stop-unknowns-{run_id}"]


def test_what_was_found_stays_as_a_table_that_follows_the_choice(run_id):
    folder = ids.run_folder(run_id)
    tail = persist.describe(folder / results.MODEL_DIR).tail_sha256
    found = {
        "tail": tail,
        "left_out": [told("round <b>", 0.8), told("square", 0.6)],
        "samples": told("Glasses of juice", 0.9),
    }
    (folder / unknowns_tried.FILE).write_text(json.dumps(found))
    table = panel(run_id, 0.05).dataframe[0].value
    assert table["Shown"].tolist() == [
        "Class “round <b>”", "Class “square”", "Glasses of juice",
    ]  # fmt: skip
    assert table["Told apart"].tolist()[0].startswith("80\u202f%")
    assert table["Refused"].tolist()[0].startswith("20\u202f%")
    assert panel(run_id, 0.2).dataframe[0].value["Refused"].tolist()[0].startswith("80\u202f%")


def test_a_failure_is_told_in_words_beside_the_way_to_try_again(run_id, engine):
    unknowns_tester.start(run_id)
    job_rows.fail(
        "none_of_these", run_id,
        UserError("disk-full", "The disk is full.", "Free some space."),
    )  # fmt: skip
    app = panel(run_id, 0.05)
    assert "The disk is full" in app.warning[0].value and app.button


def test_nothing_is_offered_where_the_settings_are_not_known_any_more(run_id, monkeypatch):
    def unknown(run):
        raise UserError("backbone", "There is no such backbone.", "")

    monkeypatch.setattr(unknowns_tester, "settings", unknown)
    assert not panel(run_id, 0.05).button
