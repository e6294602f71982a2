"""Which way of whole numbers is taken, and that what is said of it is true; files are stand-ins."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.export import made
from tl_core.base.errors import UserError
from tl_core.export.formats import registry, whole_numbers
from tl_core.export.formats.whole_numbers import Examples, Quantised, Way
from tl_core.models import persist

QUICK, EXACT = Way("quick", "all in 8 bits", 8), Way("exact", "weights in 8 bits", 0)
COUNT = 100
TRUTH = np.arange(COUNT) % 2
EXAMPLES = Examples(np.zeros((4, 1)), np.arange(COUNT)[:, None], TRUTH)


def answers(file: bytes, decoded: np.ndarray) -> np.ndarray:
    """A file is the number of examples that it answers wrong, the first ones."""
    right = TRUTH[decoded[:, 0]]
    said = np.where(decoded[:, 0] < int(file), 1 - right, right)
    return np.eye(2, dtype=np.float32)[said]


def chosen(folder: Path, wrong: dict[str, int | None], examples: Examples = EXAMPLES) -> Quantised:
    described = persist.describe(made.described_only(folder / "model", ("a", "b"), 2))

    def make(way: Way) -> bytes | None:
        found = wrong[way.name]
        return None if found is None else str(found).encode()

    return whole_numbers.chosen(b"0", (QUICK, EXACT), make, answers, examples, described)


def test_the_first_way_that_loses_two_points_at_most_is_taken(tmp_path):
    found = chosen(tmp_path, {"quick": 2, "exact": 0})
    assert found.way == QUICK and [*found.tried] == ["quick"]
    assert "On 100 validation pictures the result changes by -2.0" in found.in_words()
    assert "8 bits loses" not in found.in_words() and "learnt" not in found.in_words()


def test_a_way_that_loses_more_gives_place_to_the_next(tmp_path):
    assert chosen(tmp_path / "1", {"quick": 3, "exact": 1}).way == EXACT
    assert chosen(tmp_path / "2", {"quick": None, "exact": 1}).way == EXACT


def test_where_all_lose_more_the_best_is_taken_and_another_format_is_advised(tmp_path):
    found = chosen(tmp_path, {"quick": 9, "exact": 5})
    assert found.way == EXACT and found.lost == pytest.approx(0.05)
    assert "take 16 or 32 bits" in found.in_words()


def test_a_way_that_changes_many_answers_and_loses_nothing_is_not_good_enough(tmp_path):
    described = persist.describe(made.described_only(tmp_path / "model", ("a", "b"), 2))

    def said(file: bytes, decoded: np.ndarray) -> np.ndarray:
        wrong = np.arange(COUNT) < 20
        if file == b"quick":  # as many wrong as before, and others
            wrong = wrong[::-1]
        return np.eye(2, dtype=np.float32)[np.where(wrong, 1 - TRUTH, TRUTH)]

    made_of = (b"0", (QUICK, EXACT), lambda way: way.name.encode(), said, EXAMPLES, described)
    found = whole_numbers.chosen(*made_of)
    assert found.way == EXACT and found.tried == {"quick": 0.0, "exact": 0.0}
    assert found.is_good and "16 or 32" not in found.in_words()
    alone = whole_numbers.chosen(b"0", (QUICK,), *made_of[2:])
    assert alone.agreement == 0.6 and "take 16 or 32 bits" in alone.in_words()


def test_the_certificate_allows_what_the_choice_does():
    for name in ("litert8", "onnx8"):
        allowed = registry.get(name).allowed
        assert (allowed.agreement, allowed.lost) == (
            whole_numbers.AGREEMENT,
            whole_numbers.LOSS_ALLOWED,
        )


def test_pictures_that_the_model_learnt_from_in_the_end_are_no_proof_and_that_is_said(tmp_path):
    found = chosen(tmp_path, {"quick": 0, "exact": 0}, replace(EXAMPLES, are_learnt=True))
    assert "The model learnt from these in the end" in found.in_words()


def test_of_several_numbers_the_worst_counts(tmp_path):
    folder = made.described_only(tmp_path / "model", ("rooms", "price"), 2)
    described = persist.describe(folder).model_copy(update={"task": "regress"})
    truth = np.ones((COUNT, 2)) * [3, 1000]
    off = {b"float": (1, 100), b"quick": (1, 120), b"exact": (1.01, 99)}
    found = whole_numbers.chosen(
        b"float",
        (QUICK, EXACT),
        lambda way: way.name.encode(),
        lambda file, decoded: (truth + off[file]).astype(np.float32),
        replace(EXAMPLES, truth=truth),
        described,
    )
    assert found.way == EXACT
    assert found.tried == pytest.approx({"quick": 0.2, "exact": 0.01}, abs=1e-5)


def test_a_network_that_runs_in_no_way_is_refused_with_what_to_take_instead(tmp_path):
    with pytest.raises(UserError) as refusal:
        chosen(tmp_path, {"quick": None, "exact": None})
    assert refusal.value.code == "format-quantise" and "32 bits" in refusal.value.hint


@pytest.mark.parametrize("refitted", [True, False])
def test_a_run_tells_whether_its_model_learnt_from_validation_pictures(
    home, made_dataset, tmp_path, refitted
):
    dataset = made_dataset(classes=2, each=6)
    described = persist.describe(made.described_only(tmp_path / "model", ("a", "b"), 2))
    (tmp_path / "run.json").write_text(json.dumps({"dataset": dataset.id}))
    done = {"event": "finished", "metrics": {"refitted": refitted}, "time": 1.0}
    (tmp_path / "events.jsonl").write_text(json.dumps(done) + "\n")
    found = whole_numbers.examples(tmp_path, described)
    assert found.are_learnt is refitted
    assert len(found.judged) == (dataset.splits == 1).sum() == len(found.truth)
