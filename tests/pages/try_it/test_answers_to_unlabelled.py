"""Pictures without a class: many answers come page by page, the least sure first."""

import numpy as np
from streamlit.testing.v1 import AppTest

COUNT = 120


def page(run_id: str) -> AppTest:
    def script(run_id, count):
        import numpy as np

        from pages.parts.try_it import answers_to_unlabelled
        from tl_core import store
        from tl_core.intake.unlabelled import Unlabelled
        from tl_core.jobs import predictor, unlabelled_answers
        from tl_core.jobs.predictor import Prediction
        from tl_core.tasks.task import Rules

        names = [f"{number}.png" for number in range(count)]
        hashes = np.array([f"{number:064x}" for number in range(count)])
        kept = Unlabelled(hashes, np.array(names, dtype=object))
        shares = [0.5 + number / (2 * count + 1) for number in range(count)]
        told = [Prediction("a", {"a": one, "b": 1 - one}, task="classify") for one in shares]
        predictor.rules_in = lambda folder: Rules()
        predictor.model_folder = lambda run_id: run_id
        assert unlabelled_answers.predictor is predictor
        answers_to_unlabelled._table(store.run(run_id), kept, names[::-1], told[::-1])

    kwargs = {"run_id": run_id, "count": COUNT}
    return AppTest.from_function(script, kwargs=kwargs, default_timeout=30).run()


def test_fifty_at_a_time_the_least_sure_first(finished, monkeypatch):
    from tl_core.jobs import predictor

    for name in ("rules_in", "model_folder"):  # what the script changes is put back
        monkeypatch.setattr(predictor, name, getattr(predictor, name))
    app = page(finished)
    assert not app.exception
    shown = app.dataframe[0].value
    assert shown["File"].tolist() == [f"{number}.png" for number in range(50)]
    assert np.all(shown["Picture"] == [f"/graft/thumbnail/{number:064x}" for number in range(50)])
    assert "1–\u206050 of 120 shown, the least sure first." in app.caption[0].value
