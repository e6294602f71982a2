"""Over- and underfitting in words, and the settings of the next training at one click."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.pages.test_pages import MAIN
from tl_core import store


def panel(run_id: str, own: float, others: float, judged: int) -> AppTest:
    def script(run_id, own, others):
        from pages.parts.results import curves_in_words
        from tl_core import store
        from tl_core.signals.progress import RunView

        losses = (2.0, 1.7, 1.5, 1.3, 1.1, 1.0, 0.9, 0.8)
        told = tuple(
            {"epoch": number, "accuracy": own, "val_accuracy": others, "val_loss": loss}
            for number, loss in enumerate(losses, start=1)
        )
        curves_in_words.draw(store.run(run_id), RunView(epochs=told))

    together = (store.run(run_id).metrics or {}) | {
        "ended": "epochs",
        "val": {"count": judged, "accuracy": others},
    }
    store.move_run(run_id, "finished", only_from=("finished",), metrics=together)
    app = AppTest.from_function(script, args=(run_id, own, others), default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def test_what_it_knows_by_heart_is_named_with_both_numbers(finished):
    app = panel(finished, 0.99, 0.82, 200)
    words = " ".join(element.value for element in app.markdown)
    assert "99\u202f%" in words and "82\u202f%" in words and "overfitting" in words
    assert [button.label for button in app.button] == ["Train again with changed copies"]


def test_what_ended_too_early_is_offered_twice_the_epochs(finished):
    app = panel(finished, 0.7, 0.7, 200)
    assert [button.label for button in app.button] == ["Train again with 6 epochs"]


def test_few_pictures_bear_no_advice(finished):
    app = panel(finished, 0.99, 0.5, 10)
    assert not app.button
    assert "10 validation pictures are too few" in app.caption[0].value


@pytest.mark.slow
def test_the_click_opens_train_with_these_settings_changed(finished, monkeypatch):
    from tl_core.evaluation import learning_curve

    found = learning_curve.Diagnosis("by_heart", 0.99, 0.8)
    monkeypatch.setattr(learning_curve, "diagnose", lambda *_, **__: found)
    together = (store.run(finished).metrics or {}) | {"val": {"count": 200, "accuracy": 0.8}}
    store.move_run(finished, "finished", only_from=("finished",), metrics=together)
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(page_files.RESULTS).run()
    app.button(key=f"again-copies-{finished}").click().run()
    assert not app.exception
    config = app.session_state["_config"]
    assert (config.changes.views, config.changes.shift, config.course.epochs) == (4, 0.1, 3)
    assert app.title[0].value == "Train"
