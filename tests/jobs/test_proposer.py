"""Classes proposed by a job of its own, kept by version, and accepted only when somebody names them."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from tests.conftest import made_picture
from tl_core import store
from tl_core.__main__ import main
from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.datasets import labelling, manifest
from tl_core.datasets.edits import Exclude
from tl_core.evaluation.label_proposals import SURE
from tl_core.home import companions, versions
from tl_core.intake import unlabelled
from tl_core.jobs import proposer, queue, work
from tl_core.jobs.kinds import proposing
from tl_core.jobs.kinds.proposing import PROPOSE, ProposeArguments
from tl_core.jobs.proposer import NONE
from tl_core.modalities.picture import pictures
from tl_core.signals import events, stopping

WAITING = 8


@pytest.fixture
def waiting(shapes, dataset_id) -> str:
    """The data set `shapes` with eight pictures that have no class, round and square by turns."""
    random = np.random.default_rng(7)
    folder = settings.current().pictures_dir
    kept = [
        pictures.store(Image.fromarray(made_picture(row % 2, random)), folder, 1024)[0]
        for row in range(WAITING)
    ]
    names = np.array([f"unlabelled/={row}.png" for row in range(WAITING)], dtype=object)
    unlabelled.save(dataset_id, unlabelled.Unlabelled(np.array(kept), names))
    return dataset_id


@pytest.fixture
def proposed(waiting) -> proposer.Proposed:
    """Proposals that a job made."""
    assert done(waiting) == 0
    return proposer.found(waiting)


def done(dataset_id: str) -> int:
    queue.ask(PROPOSE, dataset_id, ProposeArguments(backbone="starter"))
    return work.here(PROPOSE, dataset_id, lambda event: None)


def test_each_picture_is_proposed_a_class_with_all_that_a_version_needs_of_it(proposed, waiting):
    assert proposer.status(waiting) == "done"
    assert proposed.backbone == "starter"
    assert proposed.labels.tolist() == [row % 2 for row in range(WAITING)]
    assert np.allclose(proposed.probabilities.sum(axis=1), 1, atol=1e-5)
    assert len(proposed.twins) == 12 + WAITING
    with Image.open(pictures.picture_path(str(proposed.hashes[0]))) as opened:
        assert proposed.facts["width"][0] == opened.width
        assert proposed.facts["height"][0] == opened.height
    assert set(proposed.order.tolist()) <= set(range(WAITING))
    evidence = proposed.evidence[SURE]
    assert 0 <= evidence.low <= evidence.high <= 1
    assert evidence.right <= evidence.count <= 8


def test_test_pictures_are_not_learnt_from(waiting, monkeypatch):
    from tl_core.evaluation import label_proposals

    taken = []
    kept = label_proposals.propose

    def watched(known, labels, *rest):
        taken.append(len(labels))
        return kept(known, labels, *rest)

    monkeypatch.setattr(label_proposals, "propose", watched)
    assert done(waiting) == 0
    assert taken == [int((manifest.load(waiting).splits != 2).sum())]


def test_what_is_accepted_makes_a_version_and_the_rest_goes_on_waiting(proposed, waiting):
    dataset = manifest.load(waiting)
    ready = proposer.change_of(proposed, dataset, {0: 0, 1: 1, 2: NONE})
    assert (ready.taken, ready.judges, ready.waits) == (2, 0, 0)
    assert ready.change is not None
    made = versions.edit(waiting, ready.change, "click")
    after = manifest.load(made)
    assert len(after) == 14
    assert after.labels[12:].tolist() == [0, 1]
    assert after.unseen is not None
    assert after.unseen[12:].all()
    assert len(unlabelled.load(made)) == WAITING - 3
    aside = [entry for entry in manifest.set_aside(made) if entry.code == labelling.NONE_OF_THESE]
    assert [entry.name for entry in aside] == ["unlabelled/=2.png"]
    assert len(unlabelled.load(waiting)) == WAITING  # the version before is as it was: Undo
    assert (store.dataset(made).counts or {})["pictures"] == 14
    named = companions.pictures(waiting)
    assert named is not None
    assert str(proposed.hashes[2]) in named


def test_a_new_class_may_be_named_and_what_was_looked_at_is_noted(proposed, waiting):
    dataset = manifest.load(waiting)
    ready = proposer.change_of(proposed, dataset, {4: 2, 5: 0}, seen=(4, 5), new_class="star")
    assert ready.change is not None
    after = manifest.load(versions.edit(waiting, ready.change, "click"))
    assert after.classes == ("round", "square", "star")
    assert after.unseen is None


def test_a_copy_of_a_judging_picture_is_left_out_and_counted(waiting):
    dataset = manifest.load(waiting)
    judging = int(np.flatnonzero(dataset.splits == 2)[0])
    kept = unlabelled.load(waiting)
    hashes = kept.hashes.copy()
    hashes[0] = dataset.hashes[judging]
    unlabelled.save(waiting, unlabelled.Unlabelled(hashes, kept.names))
    assert done(waiting) == 0
    found = proposer.found(waiting)
    ready = proposer.change_of(found, dataset, {0: 0, 1: 1})
    assert (ready.taken, ready.waits) == (1, 1)
    assert ready.change is not None
    assert ready.change.names == ("unlabelled/=1.png",)
    seen = proposer.change_of(found, dataset, {0: 0, 1: 1}, seen=(0,))
    assert (seen.taken, seen.judges, seen.waits) == (1, 1, 0)
    assert proposer.change_of(found, dataset, {0: 0}).change is None


def test_proposals_hold_of_their_version_alone(proposed, waiting, engine):
    other = versions.edit(waiting, Exclude(rows=(0,)), "click")
    assert proposer.status(other) == "none"
    with pytest.raises(UserError) as caught:
        proposer.found(other)
    assert caught.value.code == "proposals-missing"
    assert not proposer.go_on(store.dataset(other))
    ready = proposer.change_of(proposed, manifest.load(waiting), {0: 0})
    assert ready.change is not None
    made = versions.edit(waiting, ready.change, "another click")
    assert proposer.go_on(store.dataset(made))  # the next round
    assert proposer.status(made) == "working"
    assert engine.submitted[-1] == ("propose_labels", made)
    assert not proposer.go_on(store.dataset(made))


def test_who_is_stopped_is_not_begun_again_by_itself(waiting, engine, monkeypatch):
    monkeypatch.setattr(stopping, "is_asked", lambda folder: True)
    assert done(waiting) == 0
    assert proposer.status(waiting) == "stopped"
    assert not proposer.go_on(store.dataset(waiting))


def test_what_cannot_be_proposed_is_said_at_once(dataset_id, made_dataset):
    with pytest.raises(UserError) as caught:
        proposer.start(dataset_id)
    assert caught.value.code == "propose-nothing"
    for numbers in (True, False):
        dataset = made_dataset(classes=1, values=numbers)
        with pytest.raises(UserError) as caught:
            proposing.require_offered(dataset, 3)
        assert caught.value.code == ("propose-task" if numbers else "propose-few")
        assert caught.value.hint


def test_the_command_proposes_writes_a_table_and_accepts_what_it_is_told(
    waiting, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(proposer.watch, "take_up", lambda kind: work.here(kind, waiting, print))
    table = tmp_path / "proposed.csv"
    told = ["propose", waiting, "--backbone", "starter", "--csv", str(table), "--json"]
    assert main([*told, "--accept", "0.05"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert sum(result["doubts"].values()) == WAITING
    assert set(result["checked"]) == {"sure", "fair"}
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["proposed"] for row in rows] == ["round", "square"] * (WAITING // 2)
    assert not any(row["file"].startswith("=") for row in rows)
    assert result["accepted"] == result["doubts"]["sure"] + result["doubts"]["fair"]
    if result["accepted"]:
        assert len(manifest.load(result["made"])) == 12 + result["accepted"]
    assert main([*told, "--accept", "7"]) == 2
    assert "accept-share" in capsys.readouterr().err


def test_its_events_tell_what_is_done(proposed, waiting):
    phases = [
        event["phase"]
        for event in events.read(proposer.folder(waiting), 0)[0]
        if event["event"] == "phase"
    ]
    assert phases == ["encode", "copies", "propose"]
