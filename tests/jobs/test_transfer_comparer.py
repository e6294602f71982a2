"""Kinds of transfer as a job: priced and refused before, followed, kept, found again by page and command."""

import dataclasses
import json
from dataclasses import fields

import numpy as np
import pytest

from tests.made import DATASET
from tests.methods.made import OTHER
from tests.test_command_line import WorkAtOnce
from tl_core import store
from tl_core.__main__ import main
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import across_sets, manifest
from tl_core.encoding import encode
from tl_core.encoding.job import resolve
from tl_core.evaluation import further_sets, transfer_found
from tl_core.evaluation.transfer_found import ALL, Found
from tl_core.jobs import engines, transfer_comparer, work
from tl_core.quality import picture_features
from tl_core.training import pipeline

SOURCE = {"source": OTHER}


@pytest.fixture
def two(made_dataset, monkeypatch):
    """A target of three classes and a source that calls one of them otherwise; made pictures look alike."""
    target = made_dataset(classes=3, each=36)
    other = made_dataset(classes=3, each=20, identifier=OTHER, seed=5)
    other = dataclasses.replace(other, classes=("class 0", "Class 1", "two"))
    manifest.save(other)
    for dataset in (target, other):
        store.create_dataset(store.default_project().id, dataset.id[:2], dataset_id=dataset.id)
        store.dataset_ready(dataset.id, {"pictures": len(dataset)})
    monkeypatch.setattr(
        across_sets, "copied", lambda others, own, modality, on_progress: np.isin(others, own)
    )
    return target, other


@pytest.fixture
def by_lot(monkeypatch, two):
    """Features that tell classes in part, without a network; wrong ones for the last class of the source."""
    target, other = two
    labels = dict(zip(target.hashes.tolist(), target.labels.tolist(), strict=True))
    labels |= dict(zip(other.hashes.tolist(), other.labels.tolist(), strict=True))

    def features(dataset, backbone, on_progress, *, hashes):
        on_progress(len(hashes), len(hashes))
        random = np.random.default_rng(3)
        middle = 2.0 * np.eye(3, 16)[[labels[name] for name in hashes.tolist()]]
        return (middle + random.normal(size=middle.shape)).astype(np.float32)

    monkeypatch.setattr(picture_features, "features", features)


def test_it_is_priced_then_done_and_found_again(two, by_lot, engine):
    target, _ = two
    asked = transfer_comparer.priced(target, "starter", SOURCE, {"two": "class 2"}, (3, ALL), 3)
    assert asked.classes == {"class 0": "class 0", "Class 1": "class 1", "two": "class 2"}
    assert asked.kinds == ("pooled", "instances", "main_directions", "elsewhere", "alignment")
    assert asked.seconds > 1
    assert transfer_comparer.found(asked.key) is None
    transfer_comparer.start(asked)
    assert transfer_comparer.is_working(asked.key)
    assert work.do("side_by_side", asked.key) == 0
    engine.kill(asked.key)
    found = transfer_comparer.found(asked.key)
    assert found and found.amounts == (3, ALL) and found.classes == asked.classes
    assert found.source == 60 and len(found.cells) == 12 and found.judged == 18
    again = transfer_comparer.priced(target, "starter", SOURCE, {"two": "class 2"}, (ALL, 3), 3)
    assert again.key == asked.key
    transfer_comparer.start(again)
    assert len(engine.submitted) == 1
    last = transfer_comparer.latest(target.id)
    assert last and last.renamed == {"two": "class 2"} and last.inputs == SOURCE
    other = transfer_comparer.priced(target, "starter", SOURCE, {}, (3, ALL), 3)
    assert other.key != asked.key and other.classes["two"] == ""


def test_it_stops_when_asked(two, by_lot, engine, monkeypatch):
    target, _ = two
    asked = transfer_comparer.priced(target, "starter", SOURCE, {}, (3,), 3)
    transfer_comparer.start(asked)
    plain = across_sets.copied

    def stopped(*given):
        transfer_comparer.stop(asked.key)
        return plain(*given)

    monkeypatch.setattr(across_sets, "copied", stopped)
    assert work.do("side_by_side", asked.key) == 0
    engine.kill(asked.key)
    assert transfer_comparer.found(asked.key) is None and not transfer_comparer.is_working(
        asked.key
    )


def test_copies_of_the_target_are_left_out_and_counted(two, by_lot, engine, monkeypatch):
    target, _ = two
    monkeypatch.setattr(across_sets, "copied", lambda others, *_: np.arange(len(others)) < 7)
    asked = transfer_comparer.priced(target, "starter", SOURCE, {}, (3,), 2)
    transfer_comparer.start(asked)
    assert work.do("side_by_side", asked.key) == 0
    engine.kill(asked.key)
    found = transfer_comparer.found(asked.key)
    assert found and found.left_out == {"source": 7} and found.source == 33


def test_what_cannot_be_compared_is_refused_before_anything_begins(two):
    target, _ = two
    for given, code in (
        ({"named": {}}, "side-by-side-nothing"),
        ({"named": SOURCE, "amounts": ()}, "amounts"),
        ({"named": SOURCE, "amounts": (-1,)}, "amounts"),
        ({"named": {"source": DATASET}}, "source-same"),
    ):
        with pytest.raises(UserError) as refused:
            transfer_comparer.priced(target, "starter", **given)
        assert refused.value.code == code


def test_numbers_are_refused_by_the_command_before_anything_begins(two, made_dataset, capsys):
    numbers = made_dataset(each=24, identifier="5" * 24, values=True, seed=4)
    assert main(["transfer", numbers.id, "--train", "gradual"]) == 2
    told = capsys.readouterr()
    assert "one class each, and this data set holds numbers" in told.out + told.err


def test_the_command_tells_the_table_the_verdicts_and_writes_a_file(
    two, by_lot, capsys, monkeypatch, tmp_path
):
    def at_once(subject, folder):
        work.do("side_by_side", subject)

    monkeypatch.setattr(engines, "_IN_USE", [WorkAtOnce(at_once)])
    file = tmp_path / "table.csv"
    words = ["transfer", DATASET, "--source", OTHER, "--rename", "two=class 2", "--repeats", "2"]
    assert main([*words, "--amounts", "3,all", "--csv", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    found = transfer_found.read({each.name: told[each.name] for each in fields(Found)})
    assert found.amounts == (3, ALL) and len(told["verdicts"]) == 5 + 1
    assert len(file.read_text("utf-8-sig").splitlines()) == 13
    assert main([*words, "--amounts", "3,all"]) == 0
    assert "No transfer" in capsys.readouterr().out
    assert main([*words, "--amounts", "3,few"]) == 2
    assert main(["transfer", DATASET, "--source", OTHER, "--rename", "two"]) == 2


def test_kinds_that_train_are_priced_trained_once_a_draw_and_go_on_where_a_process_died(
    two, by_lot, engine, monkeypatch
):
    target, _ = two
    plain = transfer_comparer.priced(target, "starter", SOURCE, {}, (3, ALL), 2)
    alone = {"fine_tune", "l2_sp", "gradual", "surgical", "scratch"}
    assert set(transfer_comparer.trainable({}, "starter")) == alone
    from_there = {"instances_trained", "adabn", "deep_coral", "adversary"}
    assert set(transfer_comparer.trainable(SOURCE, "starter")) == alone | from_there
    assert "adabn" not in transfer_comparer.trainable(SOURCE, "vgg16")
    trained = ("surgical", "adabn")
    asked = transfer_comparer.priced(target, "starter", SOURCE, {}, (3, ALL), 2, trained)
    assert asked.seconds > plain.seconds + 5 and asked.key != plain.key
    assert asked.kinds[-2:] == trained
    with pytest.raises(UserError) as refused:
        transfer_comparer.priced(target, "starter", SOURCE, {}, (3,), trained=("magic",))
    assert refused.value.code == "side-by-side-kind"
    alone = transfer_comparer.priced(target, "starter", {}, {}, (3,), trained=("gradual",))
    assert alone.kinds == ("main_directions", "gradual") and alone.arguments.repeats == 5
    done = []

    def right(folder, emit, dataset, config, wishes, further):
        done.append((config.method.method_name, int((dataset.splits == 0).sum()), len(further)))
        emit("epoch", epoch=1)
        if len(done) == 4:
            raise ProcessDiedError
        return dataset.labels[dataset.splits == 2] != 0

    monkeypatch.setattr(pipeline, "right_on_test", right)
    transfer_comparer.start(asked)
    with pytest.raises(ProcessDiedError):
        work.do("side_by_side", asked.key)
    assert work.do("side_by_side", asked.key) == 0  # the process that is started next
    engine.kill(asked.key)
    found = transfer_comparer.found(asked.key)
    assert found and found.of("surgical")[0].accuracy == pytest.approx(2 / 3)
    assert [cell.repeats for cell in found.of("adabn")] == [2, 1]
    assert found.comparisons == 2 * (7 + 2)
    assert len(done) == 3 + 1 + 3  # the one that died is done again, the three before it are not
    assert ("surgical", 9, 0) in done and ("adabn", 34, 1) in done


def test_a_comparison_that_was_stopped_goes_on_with_the_trainings_that_are_done(
    two, by_lot, engine, monkeypatch
):
    target, _ = two
    asked = transfer_comparer.priced(target, "starter", {}, {}, (3,), 3, ("l2_sp",))
    done = []

    def right(folder, emit, dataset, config, wishes, further):
        done.append(config.steps.toward_pretrained)
        if len(done) == 2:
            transfer_comparer.stop(asked.key)
            raise encode.StoppedError
        return dataset.labels[dataset.splits == 2] != 0

    monkeypatch.setattr(pipeline, "right_on_test", right)
    transfer_comparer.start(asked)
    assert work.do("side_by_side", asked.key) == 0
    engine.kill(asked.key)
    assert transfer_comparer.found(asked.key) is None
    transfer_comparer.start(asked)
    assert work.do("side_by_side", asked.key) == 0
    engine.kill(asked.key)
    found = transfer_comparer.found(asked.key)
    assert found and found.of("l2_sp")[0].repeats == 3
    assert done == [0.01] * 4  # three, and the one that was stopped


def test_pictures_from_there_judge_where_their_classes_are_known_and_nobody_learnt_from_them(
    two, by_lot, engine, made_dataset, monkeypatch
):
    target, other = two
    there = {"unlabelled": OTHER}
    assert further_sets.count_of_judges(target, OTHER) == 40  # of "two" nobody knows what it is
    asked = transfer_comparer.priced(target, "starter", there, {}, (3, ALL), 3, judged="there")
    assert asked.kinds == ("main_directions", "alignment")
    here = transfer_comparer.priced(target, "starter", SOURCE, {}, (3, ALL), 3)
    assert asked.key != here.key and here.arguments.judged == "here"
    transfer_comparer.start(asked)
    assert work.do("side_by_side", asked.key) == 0
    engine.kill(asked.key)
    found = transfer_comparer.found(asked.key)
    assert found and found.judge == "there" and found.judged == 40
    # The same pictures as a source would be judged by what was learnt from them.
    with pytest.raises(UserError) as refused:
        transfer_comparer.priced(target, "starter", {**SOURCE, **there}, judged="there")
    assert refused.value.code == "source-copies"
    few = dataclasses.replace(other, classes=("one", "two", "three"))
    manifest.save(few)
    with pytest.raises(UserError) as refused:
        transfer_comparer.priced(target, "starter", there, judged="there")
    assert refused.value.code == "side-by-side-there"


def test_what_each_kind_that_trains_adds_is_told_before_it_is_chosen(two):
    target, _ = two
    adds = transfer_comparer.adds(target, "starter", SOURCE, {}, (3, ALL))
    assert set(adds) == set(transfer_comparer.trainable(SOURCE, "starter"))
    assert adds["scratch"] > adds["fine_tune"] > 1 and adds["adversary"] > adds["adabn"]
    plain = transfer_comparer.priced(target, "starter", SOURCE, {}, (3, ALL), 5)
    told = transfer_comparer.priced(target, "starter", SOURCE, {}, (3, ALL), 5, ("scratch",))
    assert told.seconds == pytest.approx(plain.seconds + adds["scratch"], rel=0.05)


class ProcessDiedError(BaseException):
    """Stands for a process that ends without a word."""


@pytest.mark.slow
def test_the_rows_of_a_comparison_are_those_of_a_run(two, engine):
    target, other = two
    trained = ("l2_sp", "surgical", "scratch", "adabn", "deep_coral", "adversary")
    renamed = {"two": "class 2"}
    asked = transfer_comparer.priced(
        target, "starter", SOURCE, renamed, (3,), repeats=1, trained=trained
    )
    transfer_comparer.start(asked)
    assert work.do("side_by_side", asked.key) == 0
    engine.kill(asked.key)
    found = transfer_comparer.found(asked.key)
    assert found and found.of("none")[0].accuracy > 0.5
    assert found.of("surgical")[0].accuracy > 0.5 and found.of("adabn")[0].accuracy > 0.5
    assert all(found.of(kind)[0].accuracy > 0.3 for kind in trained)
    assert found.controls == ("elsewhere", "scratch")
    job = resolve(target, TrainConfig().but(backbone="starter"))
    wanted = [encode.Wanted(str(name)) for name in (*target.hashes, *other.hashes)]
    assert not encode.missing(job.rows(), wanted)
