"""A run stands beside its teacher with what the results and Take it home tell of both, or says what cannot be told."""

import json

import pytest

from tests.jobs import taught
from tl_core import store
from tl_core.__main__ import main
from tl_core.base import ids
from tl_core.datasets import manifest
from tl_core.export import estimate
from tl_core.export.formats import registry
from tl_core.jobs import beside_teacher

pytestmark = pytest.mark.usefixtures("home")


def held(run_id):
    partners = beside_teacher.partners(store.run(run_id))
    assert partners is not None
    return beside_teacher.held(partners)


def test_accuracy_size_and_speed_are_those_of_results_and_of_take_it_home():
    teacher, own, alone = taught.three()
    found = held(own)
    assert [row.run_id for row in found.rows.values()] == [teacher, own, alone]
    for row in found.rows.values():
        test = (store.run(row.run_id).metrics or {})["test"]
        assert row.file_bytes and row.seconds_each
        assert (row.accuracy, row.low) == (test["accuracy"], test["accuracy_low"])
        format_ = registry.get(beside_teacher.FORMAT)
        assert row.file_bytes == estimate.bytes_of(format_, row.run_id)
        assert row.seconds_each == pytest.approx(estimate.seconds_of(format_, row.run_id), rel=0.5)
    assert found.kept("accuracy") == pytest.approx(188 / 190)
    assert (found.kept("file_bytes") or 1) < 0.7 and (found.kept("seconds_each") or 1) < 0.5
    assert found.verdicts == {"teacher": 0, "alone": 1} and found.pictures == 200
    words = " ".join(found.sentences())
    assert "keeps 98.9\u202f%" not in words and "keeps 99\u202f%" in words
    assert "no difference to its teacher" in words and "better than the same network" in words


def test_one_that_lost_much_is_said_to_be_worse():
    _, own, _ = taught.three((10, 80, 10))
    found = held(own)
    assert found.verdicts == {"teacher": -1, "alone": -1}
    assert "worse than its teacher beyond doubt" in " ".join(found.sentences())


def test_a_teacher_that_is_gone_is_told_and_the_rest_stays():
    teacher, own, _ = taught.three()
    store.delete("run", teacher)
    found = held(own)
    assert list(found.rows) == ["own", "alone"] and found.kept("accuracy") is None
    assert beside_teacher.GONE in found.sentences()


def test_a_teacher_judged_by_other_pictures_keeps_its_size_alone():
    teacher, own, _ = taught.three()
    dataset_id = store.run(own).dataset_id
    whole = manifest.load(dataset_id)
    kept = taught.results.read_predictions(ids.run_folder(teacher))
    assert kept is not None
    import pyarrow.parquet as pq

    pq.write_table(kept.slice(0, 150), ids.run_folder(teacher) / taught.results.PREDICTIONS)
    found = held(own)
    assert len(whole) == taught.COUNT and found.rows["teacher"].accuracy is None
    assert found.rows["teacher"].file_bytes and found.kept("accuracy") is None
    assert beside_teacher.OTHER_PICTURES in found.sentences()


def test_a_run_without_a_teacher_is_held_against_nobody():
    teacher, _, alone = taught.three()
    assert beside_teacher.partners(store.run(teacher)) is None
    assert beside_teacher.partners(store.run(alone)) is None


def test_what_else_differs_is_no_control():
    _, own, alone = taught.three()
    store.delete("run", alone)
    dataset_id = store.run(own).dataset_id
    taught.run(dataset_id, "other network", "mobilenet_v2", 5)
    taught.run(dataset_id, "larger pictures", "starter", 5, image_size_px=160)
    taught.run(dataset_id, "from scratch", "starter", 5, method_name="scratch")
    assert "alone" not in held(own).rows
    deeper = taught.run(dataset_id, "deeper", "starter", 5, trainable_stages=2)
    assert held(own).rows["alone"].run_id == deeper
    same = taught.run(dataset_id, "same depth", "starter", 5)
    taught.run(dataset_id, "newer but deeper", "starter", 5, trainable_stages=1)
    assert held(own).rows["alone"].run_id == same


def test_the_command_line_tells_the_same(capsys):
    _, own, alone = taught.three()
    assert main(["result", own]) == 0
    shown = capsys.readouterr().out
    assert "beside its teacher:" in shown and "Teacher: MobileNetV2, 95.0%" in shown
    assert "Without a teacher: Starter, 70.0%" in shown and "about 9" in shown
    assert main(["result", own, "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["beside_teacher"]
    assert [model["part"] for model in told["models"]] == ["teacher", "own", "alone"]
    assert told["verdicts"] == {"teacher": 0, "alone": 1}
    assert main(["result", alone]) == 0
    assert "teacher" not in capsys.readouterr().out


def test_the_command_line_tells_of_negative_transfer(capsys):
    identifier = taught.dataset()
    further = {"source": taught.dataset("elsewhere")}
    worse = taught.run(identifier, "worse", "starter", 60, further, 10, method_name="instances")
    fine = taught.run(identifier, "fine", "starter", 12, further, 10, method_name="instances")
    assert main(["result", worse]) == 0
    assert "Negative transfer: this model is right on 70.0\u202f%" in capsys.readouterr().out
    assert main(["result", fine, "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["negative_transfer"] is None
