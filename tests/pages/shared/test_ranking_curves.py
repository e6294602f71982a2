"""The panel of trade-offs: which curves it shows, their areas, and why some have none."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from tl_core.base import ids
from tl_core.measures import ranking_curves
from tl_core.training import results

NAMES = ["paper", "glass", "metal", "never"]
F1 = [0.9, 0.3, 0.5, 0.0]


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """Keep answers to 60 pictures of three classes for a run, and return truth and probabilities."""
    monkeypatch.setattr(ids, "run_folder", lambda run_id: tmp_path)
    random = np.random.default_rng(0)
    truth = np.arange(60) % 3
    told = random.dirichlet(np.ones(4), 60) + np.eye(4)[truth]
    told /= told.sum(axis=1, keepdims=True)
    columns = {"split": ["test"] * 60, "truth": truth}
    for at in range(4):
        columns |= {f"p_{at}": told[:, at], f"truth_{at}": (truth == at).astype(int)}
    pq.write_table(pa.table(columns), tmp_path / results.PREDICTIONS)
    return truth, told


def judged(kind: str = "class", supports=(20, 20, 20, 0), **more) -> dict:
    rows = [
        {kind: name, "support": support, "f1": f1, **more}
        for name, support, f1 in zip(NAMES, supports, F1, strict=True)
    ]
    return {"count": 60, f"per_{kind}": rows}


def page(run_id: str, test: dict, kind: str = "class") -> AppTest:
    def script(run_id, test, kind):
        from pages.parts.shared.tasks import ranking_curves

        ranking_curves.draw(run_id, test, kind)

    kwargs = {"run_id": run_id, "test": test, "kind": kind}
    app = AppTest.from_function(script, kwargs=kwargs, default_timeout=30).run()
    assert not app.exception, app.exception
    return app


def charts(app: AppTest) -> list[dict]:
    return [json.loads(each.proto.spec) for each in app.get("echarts_chart")]


def captions(app: AppTest) -> str:
    return " ".join(each.value for each in app.caption)


def test_the_two_classes_that_are_known_worst_are_drawn_first(answers):
    app = page("worst", judged())
    assert app.multiselect[0].value == [1, 2]
    roc, precision = charts(app)
    assert [each["name"] for each in roc["series"]] == ["glass", "metal", "guessing"]
    assert [each["name"] for each in precision["series"]] == ["glass", "metal"]
    assert len({each["lineStyle"]["type"] for each in precision["series"]}) == 2
    truth, told = answers
    expected = 100 * ranking_curves.ranking(truth == 1, told[:, 1]).roc()
    np.testing.assert_allclose(roc["series"][0]["data"], expected)


def test_the_areas_stand_in_a_table_with_their_intervals(answers):
    app = page("areas", judged())
    truth, told = answers
    area = ranking_curves.ranking(truth == 1, told[:, 1]).auroc()
    table = app.dataframe[0].value.to_dict("list")
    assert table["Curve of"] == ["glass", "metal"]
    assert table["Area under ROC"][0].startswith(f"{100 * area.value:.0f}")
    assert "±" in table["Area under ROC"][0] or "–" in table["Area under ROC"][0]
    assert table["Its test pictures"] == [20, 20]


def test_other_classes_can_be_chosen_and_none_at_all(answers):
    app = page("chosen", judged())
    app.multiselect[0].set_value([0]).run()
    assert [each["name"] for each in charts(app)[1]["series"]] == ["paper"]
    app.multiselect[0].set_value([]).run()
    assert not app.exception
    assert not charts(app)


def test_a_class_without_a_curve_is_named_with_the_reason(answers):
    assert "No curve for never: no test picture shows it." in captions(page("none", judged()))
    app = page("every", judged(supports=(60, 0, 0, 0)))
    assert "No curve for paper: every test picture shows it" in captions(app)
    assert "No curves for glass, metal, never" in captions(app)
    assert not charts(app)
    assert not app.multiselect


def test_a_circle_marks_where_a_label_is_given(answers):
    app = page("label", judged("label", threshold=0.4), "label")
    truth, told = answers
    gives = told[:, 1] >= 0.4
    alarms, found = gives[truth != 1].mean(), gives[truth == 1].mean()
    mark = charts(app)[0]["series"][0]["markPoint"]["data"][0]["coord"]
    np.testing.assert_allclose(mark, [100 * alarms, 100 * found])
    assert "circle" in captions(app)
    assert "circle" not in captions(page("class", judged()))


def test_pictures_that_belong_together_are_spoken_of(answers):
    test = judged() | {"groups": {"count": 9, "largest": 12}}
    assert "allow for that" in captions(page("groups", test))


def test_without_kept_answers_nothing_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(ids, "run_folder", lambda run_id: tmp_path)
    assert not page("nothing", judged()).header
