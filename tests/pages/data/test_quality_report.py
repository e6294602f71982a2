"""The quality report on the Data page: asked for, shown as cards, its remedies make versions."""

from dataclasses import replace

import numpy as np
import pytest

from pages.parts.shared import page_files
from tests.pages.data.test_version_history import address, data_page
from tl_core import store
from tl_core.datasets import manifest, splits
from tl_core.jobs import looking_through, watch
from tl_core.modalities import registry
from tl_core.quality import counts, findings, wording
from tl_core.quality.findings import Edit, Finding, Kind, Remedy, Report


def found(
    dataset: manifest.Dataset,
    kind: Kind,
    rows: tuple[int, ...],
    *,
    groups: tuple[tuple[int, ...], ...] = (),
    edit: Edit = "exclude",
    touched: tuple[int, ...] | None = None,
    labels: tuple[int, ...] = (),
) -> Finding:
    words = wording.of(registry.USUAL, kind)
    suggested = [int(1 - dataset.labels[row]) for row in rows] if edit == "relabel" else None
    return Finding(
        kind=kind,
        severity=words.severity,
        title=words.title,
        explanation=words.explanation,
        values={"count": len(rows)},
        pictures=findings.pictures(dataset, rows, suggested=suggested),
        groups=groups,
        remedy=Remedy(
            edit=edit, title=words.remedy, rows=rows if touched is None else touched, labels=labels
        ),
    )


@pytest.fixture
def reported_id(dataset_id):
    """A data set whose report has every sort of card."""
    dataset = manifest.load(dataset_id)
    told = (
        found(dataset, "duplicate", (0, 2), groups=((0, 2),), touched=(2,)),
        found(dataset, "two_classes", (4, 5), groups=((4, 5),)),
        found(dataset, "leak", (6, 8), groups=((6, 8),), edit="split_again"),
        found(dataset, "mislabelled", (1, 3), edit="relabel", labels=(0, 0)),
        found(dataset, "blurred", (9, 10, 11)),
        counts.sizes(dataset, _prints(len(dataset))),
    )
    groups = (0, 1, 0, 3, 4, 4, 6, 7, 6, 9, 10, 11)
    findings.save(
        Report(dataset=dataset_id, pictures=12, backbone="starter", findings=told, groups=groups)
    )
    return dataset_id


def _prints(count: int) -> np.ndarray:
    names = ("width", "height", "sharpness", "brightness", "contrast", "colourfulness")
    prints = np.zeros(count, [(name, np.float32) for name in names])
    prints["width"] = np.arange(count)
    return prints


def newest(dataset_id: str) -> manifest.Dataset:
    return manifest.load(store.versions(dataset_id)[0].id)


def test_who_looks_at_pictures_that_were_never_looked_through_wants_a_report(dataset_id):
    app = data_page()
    assert looking_through.state(dataset_id).status == "waiting"
    assert any("as soon as nothing is trained" in words.value for words in app.caption)


def test_every_finding_is_a_card_with_its_words(reported_id):
    app = data_page()
    titles = " ".join(title.value for title in app.subheader)
    for words in ("stored more than once: 2", "under two classes: 2", "also learnt from: 2"):
        assert words in titles
    assert any(words.value.startswith("5 things to look at.") for words in app.markdown)


@pytest.mark.slow
def test_a_remedy_leaves_copies_out_and_can_be_undone(reported_id):
    app = data_page()
    app.button(key=f"finding-duplicate-{reported_id}-remedy").click().run()
    assert not app.exception and not app.error
    assert newest(reported_id).names.tolist() == [f"{row}.png" for row in range(12) if row != 2]
    assert address(app, "dataset") != reported_id
    app.button(key="undo-edit").click().run()
    assert address(app, "dataset") == reported_id


def test_groups_that_are_no_copies_are_kept(reported_id):
    app = data_page()
    key = f"finding-duplicate-{reported_id}"
    app.checkbox(key=f"{key}-spare-box-0").check().run()
    assert app.button(key=f"{key}-remedy").disabled


@pytest.mark.slow
def test_labels_are_changed_one_by_one_or_as_suggested(reported_id):
    app = data_page()
    key = f"finding-mislabelled-{reported_id}"
    assert app.button(key=f"{key}-relabel").disabled
    app.button(key=f"{key}-take").click().run()
    app.selectbox(key=f"{key}-label-3-1").select(1).run()
    app.button(key=f"{key}-relabel").click().run()
    assert not app.exception and not app.error
    labels = newest(reported_id).labels
    assert labels[1] == 0 and labels[3] == 1


def test_after_the_remedy_against_leaks_copies_stand_together(reported_id):
    app = data_page()
    app.button(key=f"finding-leak-{reported_id}-remedy").click().run()
    assert not app.exception and not app.error
    made = newest(reported_id)
    assert made.splits[6] == made.splits[8] and made.splits[0] == made.splits[2]
    assert set(made.splits.tolist()) == {splits.TRAIN, splits.VALIDATION, splits.TEST}


def test_the_next_training_balances_classes_at_a_click(dataset_id):
    dataset = manifest.load(dataset_id)
    lopsided = replace(dataset, labels=np.isin(np.arange(12), (0, 2, 4)).astype(np.int32))
    manifest.save(lopsided)
    told = tuple(counts.imbalance(lopsided))
    findings.save(Report(dataset=dataset_id, pictures=12, backbone="starter", findings=told))
    app = data_page()
    key = f"finding-imbalance-{dataset_id}-balance"
    app.button(key=key).click().run()
    assert not app.exception and not app.error
    assert "The next training balances the class weights." in [done.value for done in app.success]
    assert key not in [button.key for button in app.button]
    app.switch_page(page_files.TRAIN).run()
    weights = next(box for box in app.selectbox if box.label == "Class weights")
    assert weights.value == "balanced"


def test_a_failure_is_told_and_tried_again(dataset_id, engine):
    looking_through.ask(dataset_id)
    watch.tick()
    engine.kill(dataset_id)
    watch.tick()
    app = data_page()
    assert any("ended without a word" in error.value for error in app.error)
    app.button(key="quality-again").click().run()
    assert looking_through.state(dataset_id).status == "waiting"


@pytest.mark.slow
def test_what_a_remedy_does_not_touch_stays_until_the_new_version_was_looked_through(reported_id):
    app = data_page()
    app.button(key=f"finding-duplicate-{reported_id}-remedy").click().run()
    assert not app.exception and not app.error
    new = store.versions(reported_id)[0].id
    assert looking_through.state(new).status == "waiting"
    titles = " ".join(title.value for title in app.subheader)
    assert "Blurred pictures: 3" in titles and "second look: 2" in titles
    assert "stored more than once" not in titles
    app.button(key=f"finding-mislabelled-{new}-take").click().run()
    app.button(key=f"finding-mislabelled-{new}-relabel").click().run()
    assert not app.exception and not app.error
    made = newest(reported_id)
    by_name = dict(zip(made.names.tolist(), made.labels.tolist(), strict=True))
    assert (by_name["1.png"], by_name["3.png"]) == (0, 0), "rows of the new version were meant"
    titles = " ".join(title.value for title in app.subheader)
    assert "Blurred pictures: 3" in titles and "second look" not in titles


def test_two_classes_that_are_copies_are_merged(dataset_id):
    dataset = manifest.load(dataset_id)
    words = wording.WORDS["same_classes"]
    same = Finding(
        kind="same_classes",
        severity=words.severity,
        title=words.title,
        explanation=words.explanation,
        values={"small": "square", "large": "round", "shared": 6, "count": 6},
        pictures=findings.pictures(dataset, range(12)),
        groups=tuple((row, row + 1) for row in range(0, 12, 2)),
        remedy=Remedy(edit="merge", title=words.remedy, rows=(), labels=(1, 0)),
    )
    told = Report(dataset=dataset_id, pictures=12, backbone="starter", findings=(same,))
    findings.save(told)
    app = data_page()
    assert any("looks like a copy of" in title.value for title in app.subheader)
    assert any("4 of 6 shown" in words.value for words in app.caption)
    key = f"finding-same_classes-1-0-{dataset_id}"
    assert app.button(key=f"{key}-delete-1").disabled, "deleting asks first"
    app.button(key=f"{key}-remedy").click().run()
    assert not app.exception
    assert newest(dataset_id).classes == ("round",)


def test_what_is_cut_off_says_how_much_and_a_remedy_says_what_it_includes(dataset_id):
    dataset = manifest.load(dataset_id)
    rows = (*tuple(range(12)), 0, 1)
    big = replace(dataset, facts=dataset.facts_of(list(rows)), **{
        name: getattr(dataset, name)[list(rows)]
        for name in ("hashes", "names", "labels", "splits")
    })  # fmt: skip
    manifest.save(big)
    told = (found(big, "blurred", tuple(range(14))),)
    findings.save(Report(dataset=dataset_id, pictures=14, backbone="starter", findings=told))
    app = data_page()
    captions = " ".join(words.value for words in app.caption)
    assert "12 of 14 shown" in captions and "includes those that are not shown" in captions
    key = f"finding-blurred-{dataset_id}"
    assert app.button(key=f"{key}-remedy").label == "Leave these pictures out (14)"
    app.toggle(key=f"{key}-all").set_value(True).run()
    captions = " ".join(words.value for words in app.caption)
    assert "of 14 shown" not in captions and "not shown" not in captions
