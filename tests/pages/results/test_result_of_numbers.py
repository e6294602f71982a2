"""The results page of a model that answers with numbers."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import numbers, page_files
from tests.pages.test_pages import MAIN, told
from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.measures import conformal, metrics

TRUTH = np.linspace(100_000, 900_000, 70)
SAID = TRUTH + np.where(np.arange(70) == 5, 400_000.0, 10_000.0)


@pytest.fixture
def run_id(dataset_id):
    """A finished run that learnt one number called "<price>"."""
    run_id = store.add_run(dataset_id, "houses", TrainConfig().model_dump(mode="json"), "token")
    summary = metrics.regression_summary(TRUTH[:, None], SAID[:, None], ("<price>",))
    promise = conformal.Promise(coverage=0.9, limits=(20_000.0,))
    held = conformal.judged_numbers(TRUTH, SAID - 20_000, SAID + 20_000, promise, None)
    summary["targets"][0]["ranges"] = [held]
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    columns = {
        "picture": [f"{index:064x}" for index in range(70)],
        "name": [f"{index}.jpg" for index in range(70)],
        "split": ["test"] * 70,
        "truth_0": TRUTH,
        "predicted_0": SAID,
    }
    pq.write_table(pa.table(columns), folder / "predictions.parquet")
    store.run_finished(
        run_id,
        {
            "task": "regress",
            "test_accuracy": summary["targets"][0]["r2"],
            "test": summary,
            "val": summary,
            "closed_form": summary,
        },
    )
    return run_id


def test_the_error_is_told_in_the_targets_unit_beside_guessing_and_the_worst_picture(run_id):
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(page_files.RESULTS).run()
    assert not app.exception, app.exception
    assert not app.error
    page = told(app) + " ".join(block.proto.body for block in app.get("html"))
    for number in ((69 * 10_000 + 400_000) / 70, np.abs(TRUTH - 500_000).mean(), SAID[5], TRUTH[5]):
        assert numbers.value(number) in page
    assert "R²" in page and "Farthest off" in page
    assert "R² lies between" in page
    assert "Low and high answers" in [header.value for header in app.subheader]
    (promises,) = [frame.value for frame in app.dataframe if "Promised" in frame.value.columns]
    assert promises["Promised"].tolist() == ["90\u202f%"]
    assert promises["Truth between them"][0].startswith("99\u202f%")
    assert promises["Apart, usually"].tolist() == [numbers.value(40_000)]
    assert page.index(numbers.value(SAID[5])) < page.index(numbers.value(SAID[6]))
    assert "<price>" not in "".join(block.proto.body for block in app.get("html"))
