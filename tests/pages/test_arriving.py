"""A model file given on the first page: opened once, or refused with the reason."""

from tests.export.made import described_only
from tests.pages.test_pages import opened
from tl_core.export import bundle
from tl_core.runs import store


def given(app, content: bytes):
    return app.file_uploader(key="model-file").set_value([("my leaves.graft", content, "")]).run()


def test_a_model_file_is_opened_once_and_leaves_no_copy(home, tmp_path):
    model = described_only(tmp_path / "model", ("ash", "oak"), 2)
    bundle.write(model, tmp_path / "model.graft")
    content = (tmp_path / "model.graft").read_bytes()
    app = given(opened(), content)
    assert not app.exception and not app.error
    (run,) = store.runs()
    assert run.name == "my leaves"
    assert not list(home.glob(".given-*"))


def test_a_file_that_is_no_model_or_too_large_is_refused(home, monkeypatch):
    app = given(opened(), b"no model")
    assert not app.exception and store.runs() == []
    assert "E-MODEL-FORMAT" in app.error[0].value.replace("\\", "")
    monkeypatch.setenv("GRAFT_UPLOAD_LIMIT_BYTES", "7")
    app = given(opened(), b"no model")
    assert "can have up to 7" in app.error[0].value
    assert not list(home.glob(".given-*"))
