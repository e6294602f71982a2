"""The answers of a run as columns: which cost the most, and which say nothing."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tl_core.evaluation import class_answers
from tl_core.training import results

TRUTH = [0, 0, 1, 1, 1, 0]
SHARES = np.array([[0.9, 0.1], [0.4, 0.6], [0.99, 0.01], [0.3, 0.7], [0.7, 0.3], [0.55, 0.45]])


def kept(folder, shares=SHARES, split="test"):
    columns = {
        "picture": [f"{row:064x}" for row in range(len(TRUTH))],
        "name": [f"{row}.png" for row in range(len(TRUTH))],
        "split": [split] * len(TRUTH),
        "truth": TRUTH,
        "predicted": shares.argmax(axis=1),
        **{f"p_{k}": shares[:, k].astype(np.float32) for k in range(shares.shape[1])},
    }
    pq.write_table(pa.table(columns), folder / results.PREDICTIONS)
    return class_answers.of_run(folder)


def test_wrong_answers_stand_by_their_loss_and_right_ones_by_how_sure_they_were(tmp_path):
    answers = kept(tmp_path)
    assert answers.wrong.tolist() == [2, 4, 1]
    assert answers.right.tolist() == [0, 3, 5]
    assert answers.taken(1, 0).tolist() == [2, 4]
    np.testing.assert_allclose(answers.loss[2], -np.log(0.01), rtol=1e-5)
    assert answers.untold() == 0


def test_answers_that_are_no_numbers_come_first_and_are_counted(tmp_path):
    shares = SHARES.copy()
    shares[3] = np.nan
    answers = kept(tmp_path, shares)
    assert answers.untold() == 1
    assert answers.wrong[0] == 3 and np.isinf(answers.loss[3])


def test_a_run_without_answers_to_test_pictures_has_none(tmp_path):
    assert len(class_answers.of_run(tmp_path)) == 0
    assert len(kept(tmp_path, split="val")) == 0
