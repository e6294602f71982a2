import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.evaluation import rejudging
from tl_core.measures import metrics

DATASET = "0123456789abcdef01234567"


@pytest.fixture
def folder(home, tmp_path):
    """A run's folder with three test answers, two of them right."""
    count = 6
    manifest.save(
        manifest.Dataset(
            id=DATASET,
            name="x",
            classes=("a", "b"),
            targets=(),
            hashes=np.array([f"{index:064x}" for index in range(count)]),
            names=np.array([f"{index}.png" for index in range(count)], dtype=object),
            labels=np.array([1, 1, 0, 0, 0, 1], np.int32),
            splits=np.array([0, 0, 0, 2, 2, 2], np.int8),
            facts={"width": np.full(count, 8, np.int32), "height": np.full(count, 8, np.int32)},
        )
    )
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"dataset": DATASET}))
    table = {
        "picture": ["p", "q", "r"],
        "split": ["test"] * 3,
        "truth": [0, 0, 1],
        "p_0": [0.9, 0.2, 0.1],
        "p_1": [0.1, 0.8, 0.9],
    }
    pq.write_table(pa.table(table), folder / "predictions.parquet")
    return folder


def test_numbers_are_worked_out_anew_from_the_answers(folder):
    told = rejudging.evaluate(folder)
    assert (told["right"], told["count"]) == (2, 3)
    assert metrics.confusion_of(told).tolist() == [[1, 1], [0, 1]]
    assert [row["class"] for row in told["per_class"]] == ["a", "b"]


def test_the_baseline_is_the_commonest_class_that_was_learnt_from(folder):
    assert rejudging.evaluate(folder)["baseline_class"] == "b"


def test_a_run_without_answers_says_so(folder, tmp_path):
    with pytest.raises(UserError, match="no results"):
        rejudging.evaluate(tmp_path)
    with pytest.raises(UserError, match="no answers for the val pictures"):
        rejudging.evaluate(folder, "val")


def test_copies_among_the_test_pictures_make_the_interval_wider(folder):
    alone = rejudging.evaluate(folder)
    dataset = manifest.load(DATASET)
    hashes = [f"{index:064x}" for index in (3, 4, 5)]
    table = pq.read_table(folder / "predictions.parquet")
    table = table.set_column(0, "picture", pa.array(hashes))
    pq.write_table(table, folder / "predictions.parquet")
    manifest.save(replace(dataset, twins=np.array([0, 1, 2, 3, 4, 3], np.int32)))
    told = rejudging.evaluate(folder)
    assert told["groups"]["count"] == 2 and told["groups"]["effective"] < 3
    assert told["accuracy_low"] < alone["accuracy_low"]
