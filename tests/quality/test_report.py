import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.quality.planting import changed, flipped, scene
from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.modalities import registry
from tl_core.modalities.picture import pictures
from tl_core.quality import copies, findings, picture_features, report, worker

ID = "ab" * 12


def saved(images, labels, *, classes=("cat", "dog"), aside=(), **changes):
    """Store pictures as a data set; every fourth is a test picture."""
    kept = [pictures.store(image, settings.current().pictures_dir, 1024) for image in images]
    hashes, widths, heights = zip(*kept, strict=True)
    count = len(images)
    dataset = manifest.Dataset(
        id=ID,
        name="made",
        classes=classes,
        targets=(),
        hashes=np.array(hashes),
        names=np.array([f"{classes[label]}/{row}.png" for row, label in enumerate(labels)], object),
        labels=np.array(labels, np.int32),
        splits=np.where(np.arange(count) % 4 == 3, 2, 0).astype(np.int8),
        facts={"width": np.array(widths, np.int32), "height": np.array(heights, np.int32)},
    )
    dataset = replace(dataset, **changes)
    manifest.save(dataset, aside)
    return dataset


def scenes(count, seed=0):
    random = np.random.default_rng(seed)
    return [scene(random, (96, 72)) for _ in range(count)]


def clouds(labels, seed=0):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(max(labels) + 1, 16)) * 2
    return (centres[labels] + random.normal(size=(len(labels), 16)) * 0.5).astype(np.float32)


def test_a_clean_data_set_has_only_facts(home):
    labels = [0, 1] * 15
    found = report.inspect(saved(scenes(30), labels), clouds(labels))
    assert [finding.kind for finding in found.findings] == ["sizes"]
    assert found.suspect_accuracy == 1


def test_exact_copies_are_found_and_one_of_each_is_kept(home):
    images = scenes(8)
    found = report.inspect(saved([*images, images[2], images[2]], [0, 1] * 4 + [0, 0]))
    duplicate = found.of("duplicate")
    assert duplicate and duplicate.groups == ((2, 8, 9),)
    assert duplicate.remedy and duplicate.remedy.rows == (8, 9)
    assert duplicate.text == "Pictures stored more than once: 2 extra"
    assert found.of("near_duplicate") is None


def test_of_near_copies_the_largest_is_kept(home):
    images = scenes(6)
    small = images[1].resize((64, 48))
    found = report.inspect(saved([small, *images], [0, 0, 0, 1, 1, 1, 1]))
    near = found.of("near_duplicate")
    assert near and near.groups == ((0, 2),)
    assert near.remedy and near.remedy.edit == "exclude" and near.remedy.rows == (0,)


def test_mirrored_and_turned_copies_are_named_and_leak_like_copies(home):
    images = scenes(8)
    mirrored = images[0].transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    turned = images[1].transpose(Image.Transpose.ROTATE_270)
    found = report.inspect(saved([*images[:7], mirrored, turned], [0] * 4 + [1] * 3 + [0, 0]))
    finding = found.of("turned")
    assert finding and finding.groups == ((0, 7), (1, 8))
    assert [picture.lies for picture in finding.pictures] == ["", "mirrored", "", "turned by 90°"]
    assert finding.text == "Pictures that are mirrored or turned copies: 2 extra"
    assert finding.remedy and finding.remedy.rows == (7, 8)
    leak = found.of("leak")
    assert leak and [picture.row for picture in leak.pictures] == [7]
    assert found.groups[7] == 0 and found.of("near_duplicate") is None


def test_copies_of_a_mirrored_copy_are_told_from_the_same_picture(home):
    images = scenes(6)
    mirrored = images[0].transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    again = changed(mirrored, "saved again", np.random.default_rng(0))
    found = report.inspect(saved([*images, mirrored, mirrored, again], [0] * 9))
    finding = found.of("turned")
    assert finding and finding.groups == ((0, 6, 7, 8),)
    assert [picture.lies for picture in finding.pictures] == [
        "",
        "mirrored",
        "mirrored",
        "mirrored",
    ]


def test_where_the_way_round_tells_the_class_no_label_is_called_wrong_and_nothing_goes(home):
    arrows = scenes(6)
    back = [picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for picture in arrows]
    dataset = saved([*arrows, *back], [0] * 6 + [1] * 6, classes=("to the left", "to the right"))
    found = report.inspect(dataset)
    finding = found.of("turned")
    assert finding and finding.remedy is None and len(finding.groups) == 6
    assert found.of("two_classes") is None


def test_the_import_keeps_mirrored_and_turned_copies_in_one_part(home):
    images = scenes(5)
    turned = [picture.transpose(Image.Transpose.ROTATE_90) for picture in images]
    dataset = saved([*images, *turned], [0] * 10)
    numbers = copies.numbered(dataset.hashes, registry.USUAL, lambda done, total: None)
    assert numbers.tolist() == [*range(5), *range(5)]


def test_the_same_picture_under_two_classes_is_named_and_not_quietly_dropped(home):
    images = scenes(6)
    copy = changed(images[0], "saved again", np.random.default_rng(0))
    found = report.inspect(saved([*images, copy], [0, 0, 0, 1, 1, 1, 1]))
    both = found.of("two_classes")
    assert both and both.groups == ((0, 6),)
    assert {picture.label for picture in both.pictures} == {0, 1}
    near = found.of("near_duplicate")
    assert near and near.remedy is None


def test_a_copy_in_the_test_part_is_a_leak(home):
    images = scenes(8)
    found = report.inspect(saved([*images[:7], images[0]], [0] * 4 + [1] * 3 + [0]))
    leak = found.of("leak")
    assert leak and [picture.row for picture in leak.pictures] == [7]
    assert leak.remedy and leak.remedy.edit == "split_again"
    assert found.groups[7] == found.groups[0] == 0


def test_a_group_of_the_table_that_straddles_the_split_is_a_leak(home):
    groups = np.array(["ann", "", "", "ann", "", "", "", ""], object)
    found = report.inspect(saved(scenes(8), [0, 1] * 4, groups=groups))
    leak = found.of("leak")
    assert leak and leak.groups == ((0, 3),)


def test_wrong_labels_come_with_a_suggestion(home):
    labels = np.array([0, 1] * 20)
    wrong, rows = flipped(labels, 2, 0.05, seed=0)
    found = report.inspect(saved(scenes(40), wrong.tolist()), clouds(labels))
    suspects = found.of("mislabelled")
    assert suspects and suspects.remedy and suspects.remedy.edit == "relabel"
    assert set(suspects.remedy.rows) == set(rows.tolist())
    assert suspects.remedy.labels == tuple(1 - wrong[list(suspects.remedy.rows)])
    assert all(picture.suggested == 1 - picture.label for picture in suspects.pictures)


def test_unequal_classes_and_files_set_aside_are_told(home):
    aside = [manifest.SetAside("cat/broken.jpg", "picture-damaged", "It ends early.")]
    found = report.inspect(saved(scenes(8), [0] * 7 + [1], aside=aside))
    imbalance, unreadable = found.of("imbalance"), found.of("unreadable")
    assert imbalance and imbalance.values["largest"] == "cat" and imbalance.values["fewest"] == 1
    assert unreadable and unreadable.numbers["files"][0]["name"] == "cat/broken.jpg"


def test_every_template_can_be_filled_in(home):
    images = [*scenes(9), scene(np.random.default_rng(1), (30, 200))]
    found = report.inspect(saved(images, [0] * 9 + [1]))
    kinds = {finding.kind for finding in found.findings}
    assert {"tiny", "odd_shape", "imbalance", "sizes"} <= kinds
    for finding in found.findings:
        assert "{" not in finding.text + finding.explanation.format(**finding.values)


def test_numeric_targets_have_no_labels_to_doubt(home):
    dataset = saved(scenes(24), [0] * 24, targets=("price",), values=np.arange(24.0)[:, None])
    found = report.inspect(replace(dataset, classes=()), clouds([0] * 24))
    assert found.of("mislabelled") is None and found.of("imbalance") is None


def test_a_report_survives_its_file_whatever_the_names_are(home):
    names = np.array(["={x}", "<img>", "naïve/ 日本.png", "a", "b", "c"], object)
    dataset = saved(scenes(5) + scenes(1), [0, 1] * 3, names=names)
    found = report.inspect(dataset)
    findings.save(found)
    assert findings.load(ID) == found


def test_a_missing_torn_or_foreign_report_is_no_report(home):
    saved(scenes(4), [0, 1] * 2)
    assert findings.load(ID) is None
    path = home / "datasets" / ID / findings.FILE
    path.write_text('{"dataset": "x", "fin', encoding="utf-8")
    assert findings.load(ID) is None
    old = report.inspect(saved(scenes(4), [0, 1] * 2)).model_dump(mode="json", exclude={"look"})
    path.write_text(json.dumps(old), encoding="utf-8")
    assert findings.load(ID) is None
    path.write_text(json.dumps({"something": "else"}), encoding="utf-8")
    assert findings.load(ID) is None


def test_the_worker_tells_phases_in_order_and_keeps_the_report(home, monkeypatch):
    labels = [0, 1] * 12
    saved(scenes(24), labels)
    monkeypatch.setattr(picture_features, "features", lambda *_: clouds(labels))
    told = []
    found = worker.run(ID, lambda event, **fields: told.append((event, fields)))
    phases = [fields["phase"] for event, fields in told if event == "phase"]
    assert phases == ["pictures", "copies", "labels", "strays"]
    assert told[-1][0] == "finished" and told[-1][1]["seconds"]["total"] >= 0
    assert findings.load(ID) == found and found.backbone == "starter"


def test_without_weights_the_report_tells_what_pixels_tell(home, monkeypatch):
    def missing(*_):
        raise UserError("weights-missing", "There are no weights.", "Choose another backbone.")

    saved([*scenes(6), scenes(1)[0]], [0, 0, 0, 1, 1, 1, 0])
    monkeypatch.setattr(picture_features, "features", missing)
    told = []
    found = worker.run(ID, lambda event, **fields: told.append(event))
    assert "note" in told and found.backbone == "" and found.of("duplicate")


def test_an_unknown_data_set_is_refused(home):
    with pytest.raises(UserError) as caught:
        worker.run(ID, lambda event, **fields: None)
    assert caught.value.code == "dataset"
