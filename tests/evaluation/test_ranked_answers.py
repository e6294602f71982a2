"""What a run kept for one class or label, read for its ranking."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tl_core.evaluation import ranked_answers
from tl_core.training import results


def keep(folder, **columns):
    pq.write_table(pa.table(columns), folder / results.PREDICTIONS)


def test_test_pictures_alone_are_ranked_and_what_is_no_number_comes_last(tmp_path):
    keep(
        tmp_path,
        split=["test", "validation", "test", "test"],
        truth=[1, 1, 0, 1],
        p_0=[0.1, 0.2, 0.7, 0.4],
        p_1=[0.9, 0.8, 0.3, np.nan],
    )
    shows, told, groups = ranked_answers.of_class(tmp_path, 1)
    assert groups is None
    assert shows.tolist() == [True, False, True]
    assert told.tolist() == [0.9, 0.3, -np.inf]


def test_a_label_has_a_truth_of_its_own(tmp_path):
    keep(tmp_path, split=["test", "test"], truth_0=[0, 1], p_0=[0.2, 0.6])
    shows, told, _ = ranked_answers.of_label(tmp_path, 0)
    assert shows.dtype == bool
    assert shows.tolist() == [False, True]
    assert told.tolist() == [0.2, 0.6]


def test_a_run_that_kept_no_answers_has_none(tmp_path):
    assert [len(column) for column in ranked_answers.of_class(tmp_path, 0)[:2]] == [0, 0]
    keep(tmp_path, split=["test"], truth=[0], p_0=[0.2])
    assert [len(column) for column in ranked_answers.of_label(tmp_path, 0)[:2]] == [0, 0]
