"""A .graft file given on the first page: opened once, or refused with the reason."""

from pathlib import Path

import pytest

from pages.parts.shared import page_files, tokens, upload_zone
from tests.export.made import described_only
from tests.pages.test_pages import opened
from tl_core import store
from tl_core.graft_files import bundle, sealed
from tl_core.intake import uploads
from tl_core.jobs import imports


@pytest.fixture
def given(home, monkeypatch: pytest.MonkeyPatch):
    """A function that opens the first page with a file that has just arrived."""

    def give(content: bytes):
        arrived = None

        def drop_zone(key: str, **_: object) -> upload_zone.Uploaded | None:
            nonlocal arrived
            if arrived is not None:
                return None
            token = uploads.issue(tokens.session_id())
            folder = uploads.ticket_of(token).folder
            folder.mkdir(parents=True)
            (folder / "000000").write_bytes(content)
            arrived = upload_zone.Uploaded(token, 1, "my leaves", ("my leaves.graft",))
            return arrived

        monkeypatch.setattr(upload_zone, "draw", drop_zone)
        return opened()

    return give


def left_over(home: Path) -> list[Path]:
    return [path for path in (home / "uploads").rglob("*") if path.name == "000000"]


def test_a_model_file_is_opened_once_and_leaves_no_copy(given, home, tmp_path):
    model = described_only(tmp_path / "model", ("ash", "oak"), 2)
    bundle.write(model, tmp_path / "model.graft")
    app = given((tmp_path / "model.graft").read_bytes())
    assert not app.exception and not app.error
    (run,) = store.runs()
    assert run.name == "my leaves"
    assert left_over(home) == []


def test_a_file_that_is_no_model_is_refused(given, home):
    app = given(b"no model")
    assert not app.exception and store.runs() == []
    assert "E-MODEL-FORMAT" in app.error[0].value.replace("\\", "")
    assert left_over(home) == []


def test_a_project_file_becomes_a_project_of_its_own(given, home, tmp_path, engine):
    mine = store.create_project("Mine")
    sealed.write(tmp_path / "p.graft", "graft-project", [("project.json", b"{}")])
    app = given((tmp_path / "p.graft").read_bytes())
    assert not app.exception
    newest, older = store.projects()
    assert (newest.name, older.id) == ("my leaves", mine)
    (row,) = store.datasets(newest.id)
    assert row.request is not None and row.request["is_project"] and row.request["remove_source"]
    assert engine.submitted == [("import", row.id)]
    assert app.title[0].value == "Data"


def test_when_it_is_in_one_goes_on_where_the_project_was(home, engine, made_dataset):
    project = store.create_project("Theirs")
    dataset = imports.start_intake(project, home, "Theirs", is_project=True)
    app = opened(page_files.DATA)
    assert "Getting ready" in " ".join(text.value for text in app.markdown)
    made_dataset(identifier=dataset)
    store.dataset_ready(dataset, {"pictures": 36})
    app.run()
    assert not app.exception
    assert app.title[0].value in ("Welcome back", "Data")
