"""What the page of a run offers once it has ended."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import places
from tests.made import FakeEngine
from tests.pages.test_pages import MAIN
from tl_core.config import TrainConfig
from tl_core.errors import UserError
from tl_core.runs import dispatcher, ids, store


@pytest.mark.parametrize("code", ["diverged", "process-ended"])
def test_the_best_epoch_of_a_run_that_failed_can_be_kept(dataset_id, monkeypatch, code):
    engine = FakeEngine()
    monkeypatch.setattr(dispatcher, "ENGINE", engine)
    run_id = dispatcher.start_run(dataset_id, TrainConfig(), "click")
    kept = ids.run_folder(run_id) / "checkpoints" / "epoch-0002"
    kept.mkdir(parents=True)
    (kept / "manifest.json").write_text("{}")
    store.run_failed(run_id, UserError(code, "It failed in epoch 3.", "Do something."))
    engine.kill(run_id)
    app = AppTest.from_file(MAIN, default_timeout=60).run().switch_page(places.RUNS).run()
    assert not app.exception, app.exception
    other = "gentler" if code == "diverged" else "resume"
    assert app.button(key=f"{other}-{run_id}")
    app.button(key=f"keep-{run_id}").click().run()
    assert not app.exception, app.exception
    assert store.run(run_id).status == "cancelled"
    assert engine.submitted == [("worker", run_id)] * 2
    assert not any("failed in epoch" in error.value for error in app.error)
