"""What strangers bring, and every sensible way to read it."""

import csv
import json
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core.base.errors import UserError
from tl_core.base.settings import current
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST, TRAIN, UNSET, VALIDATION
from tl_core.intake import (
    arrival,
    folders,
    importing,
    listing,
    making,
    material,
    part_names,
    unlabelled,
    ways_to_read,
)
from tl_core.intake.proposals import Found
from tl_core.intake.reading import Choice, Reading
from tl_core.modalities.picture import pictures

Rows = Sequence[Sequence[object]]


class Upload:
    """A folder to be filled with tiny pictures and tables."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._random = np.random.default_rng(3)

    def pictures(self, names: Iterable[str]) -> None:
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = self._random.integers(0, 255, (8, 8, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(path)

    def table(self, name: str, head: Sequence[str], rows: Rows) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *rows])

    def found(self) -> Found:
        return ways_to_read.of(listing.of_folder(self.root, current()))

    def best(self) -> Reading:
        return self.found().readings[0]


@pytest.fixture
def upload(home: Path, tmp_path: Path) -> Upload:
    (tmp_path / "upload").mkdir()
    return Upload(tmp_path / "upload")


def ingested(upload: Upload, reading: Choice | int | None = None) -> manifest.Dataset:
    importing.ingest(upload.root, name := secrets.token_hex(12), reading=reading)
    return manifest.load(name)


def counted(dataset: manifest.Dataset) -> dict[str, int]:
    totals = dataset.counts().sum(1).tolist()
    return dict(zip(dataset.classes, totals, strict=True))


# Parts, as people call them


@pytest.mark.parametrize(
    ("learnt", "judged", "part"),
    [
        ("training_set", "test_set", TEST),
        ("train_set", "eval", TEST),
        ("training", "evaluation", TEST),
        ("train", "holdout", TEST),
        ("train", "hold-out", TEST),
        ("seg_train", "seg_test", TEST),
        ("train1", "test1", TEST),
        ("images_train", "images_val", VALIDATION),
        ("train-set", "validation-set", VALIDATION),
        ("TrainSet", "ValidSet", VALIDATION),
        ("trainset", "testset", TEST),
        ("asl_alphabet_train", "asl_alphabet_test", TEST),
        ("Training Data", "Testing Data", TEST),
        ("train_images", "dev_images", VALIDATION),
    ],
)
@pytest.mark.parametrize("form", ["{part}/{name}", "set/{part}/{name}", "{name}/{part}"])
def test_words_for_parts_are_understood_in_all_usual_forms(
    upload: Upload, learnt: str, judged: str, part: int, form: str
) -> None:
    names = [
        f"{form.format(part=folder, name=name)}/{number}.png"
        for folder, each in ((learnt, 4), (judged, 2))
        for name in ("cats", "dogs")
        for number in range(each)
    ]
    plan = folders.read(names)
    assert plan.classes == ("cats", "dogs")
    assert plan.score >= 0.9
    parts = [place.part for place in plan.placed if place]
    assert parts.count(TRAIN) == 8
    assert parts.count(part) == 4


def test_evaluation_beside_a_test_is_the_validation_and_beside_a_validation_the_test() -> None:
    assert part_names.of_all(["train", "eval", "test"]) == {
        "train": TRAIN,
        "eval": VALIDATION,
        "test": TEST,
    }
    parts = part_names.of_all(["training", "validation", "evaluation"])
    assert parts == {"training": TRAIN, "validation": VALIDATION, "evaluation": TEST}


@pytest.mark.parametrize(
    "names",
    [
        ("train", "tram"),
        ("test", "control"),
        ("cat_train", "dog_test"),
        ("train",),
        ("val", "test"),
    ],
)
def test_classes_that_only_sound_like_parts_are_none(names: tuple[str, ...]) -> None:
    assert part_names.of_all(names) is None


def test_parts_that_are_wrapped_twice_or_stand_in_class_names_are_found() -> None:
    twice = folders.read(
        [
            f"seg_{part}/seg_{part}/{name}/{i}.jpg"
            for part in ("train", "test")
            for name in ("sea", "street")
            for i in range(3)
        ]
        + ["seg_pred/seg_pred/1.jpg", "seg_pred/seg_pred/2.jpg"]
    )
    assert twice.classes == ("sea", "street")
    assert twice.unlabelled == {"seg_pred": (12, 13)}
    named = folders.read(
        [f"{name}_{part}/1.jpg" for name in ("cat", "dog") for part in ("train", "test")]
    )
    assert named.classes == ("cat", "dog")
    assert [place and place.part for place in named.placed] == [TRAIN, TEST, TRAIN, TEST]


def test_split_words(upload: Upload) -> None:
    for part, count in (("training_set", 8), ("test_set", 4)):
        upload.pictures(f"{part}/{name}/{i}.png" for name in ("cats", "dogs") for i in range(count))
    dataset = ingested(upload)
    assert dataset.classes == ("cats", "dogs")
    assert (dataset.splits == TEST).sum() == 8
    assert (dataset.splits == VALIDATION).any()  # cut from training
    assert upload.best().parts == {"train": 16, "test": 8}


def test_a_part_without_classes_stays_out_under_its_name(upload: Upload) -> None:
    upload.pictures(f"train/{name}/{i}.png" for name in "ab" for i in range(8))
    upload.pictures(f"test/{i}.png" for i in range(5))
    best = upload.best()
    assert [(out.kind, out.name, out.count) for out in best.out] == [("unlabelled", "test", 5)]
    assert best.unlabelled == {"test": tuple(f"test/{i}.png" for i in range(5))}
    dataset = ingested(upload)
    assert len(dataset) == 16
    assert not manifest.set_aside(dataset.id)
    assert unlabelled.load(dataset.id).names.tolist() == [f"test/{i}.png" for i in range(5)]


# Tables


def test_what_is_learnt_of_a_medical_table_is_the_column_of_few_words(upload: Upload) -> None:
    names = [f"ISIC_00{i:05}" for i in range(30)]
    upload.pictures(f"{name}.png" for name in names)
    upload.table(
        "metadata.csv",
        ["lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization"],
        [
            [
                f"HAM_{i // 2}",
                name,
                ("nv", "mel", "bkl")[i % 3],
                "histo",
                30 + i,
                ("male", "female")[i % 2],
                ("back", "face", "hand")[i // 10],
            ]
            for i, name in enumerate(names)
        ],
    )
    found = upload.found()
    best = found.readings[0]
    assert (best.answers, best.groups, best.is_sure) == (("dx",), "lesion_id", True)
    assert best.sentence == (
        "3 classes from the column dx: bkl, mel, nv; 30 of 30 pictures found; groups by lesion_id"
    )
    offered = {column for reading in found.readings[1:] for column in reading.answers}
    assert {"age", "sex", "localization", "dx_type"} <= offered
    dataset = ingested(upload)
    assert dataset.groups is not None
    for group in set(dataset.groups):
        assert len(set(dataset.splits[dataset.groups == group].tolist())) == 1
    by_age = next(r for r in found.readings if r.answers == ("age",))
    assert ingested(upload, Choice(key=by_age.key)).targets == ("age",)


def test_one_hot_columns_beside_each_part_are_classes(upload: Upload) -> None:
    for part in ("train", "valid", "test"):
        names = [f"{part}{i}.png" for i in range(8)]
        upload.pictures(f"{part}/{name}" for name in names)
        rows = [[name, int(i % 2 == 0), int(i % 2 == 1)] for i, name in enumerate(names)]
        upload.table(f"{part}/_classes.csv", ["filename", " cat", " dog"], rows)
    dataset = ingested(upload)
    assert counted(dataset) == {"cat": 12, "dog": 12}
    assert np.bincount(dataset.splits).tolist() == [8, 8, 8]
    assert upload.best().is_sure


def test_one_hot_columns_of_one_table_are_classes_and_may_be_chosen(upload: Upload) -> None:
    head = ["healthy", "multiple_diseases", "rust", "scab"]
    upload.pictures(f"images/Train_{i}.png" for i in range(24))
    upload.table(
        "train.csv",
        ["image_id", *head],
        [[f"Train_{i}", *(f"{int(i % 4 == k)}.0" for k in range(4))] for i in range(24)],
    )
    best = upload.best()
    assert ingested(upload).classes == tuple(head)
    assert best.offered == tuple(head)
    fewer = ingested(upload, Choice(key=best.key, columns=("rust", "scab")))
    assert counted(fewer) == {"rust": 6, "scab": 6}


def test_zero_and_one_are_classes_and_numbers_are_the_other_reading(upload: Upload) -> None:
    upload.pictures(f"image_{i}.png" for i in range(20))
    upload.table("train.csv", ["image_name", "target"], [[f"image_{i}", i % 2] for i in range(20)])
    first, second = upload.found().readings
    assert (first.task, list(first.classes)) == ("classify", ["0", "1"])
    assert (second.task, second.answers) == ("regress", ("target",))
    assert ingested(upload, 2).targets == ("target",)


def test_the_column_of_files_is_found_by_its_values(upload: Upload) -> None:
    upload.pictures(f"train/{i + 1}.png" for i in range(20))
    upload.table(
        "trainLabels.csv", ["id", "label"], [[i + 1, ("frog", "truck")[i % 2]] for i in range(20)]
    )
    assert counted(ingested(upload)) == {"frog": 10, "truck": 10}


@pytest.mark.parametrize(
    "written",
    [
        "/data/upload/3/a1b2c3d4-{stem}.png",
        "{stem}_png.rf.0123456789abcdef0123456789abcdef.jpg",
        "C:\\Users\\me\\pics\\{stem}.png",
        "https://example.org/pics/{stem}.png?width=3",
        "/data/local-files/?d=pics/{stem}.png",
        "{stem}.jpeg",
        "pics/{stem}",
        "my%20{stem}.png",
    ],
)
@pytest.mark.parametrize("heading", ["file", "whatever it is"])
def test_file_names_are_found_whatever_a_tool_wrote_around_them(
    upload: Upload, written: str, heading: str
) -> None:
    prefix = "my " if "%20" in written else ""
    upload.pictures(f"{prefix}pic{i}.png" for i in range(12))
    rows = [[("x", "y")[i % 2], written.format(stem=f"pic{i}")] for i in range(12)]
    upload.table("export.csv", ["choice", heading], rows)
    best = upload.best()
    assert (best.source, best.found) == ("column", 12)
    assert best.classes == {"x": 6, "y": 6}


def test_numbers_find_pictures_whose_names_begin_with_zeros(upload: Upload) -> None:
    upload.pictures(f"{i:06}.png" for i in range(1, 11))
    upload.table("a.csv", ["nr", "kind"], [[f"{i}.0", "ab"[i % 2]] for i in range(1, 11)])
    assert upload.best().found == 10


def test_a_table_beside_each_part_tells_of_the_pictures_there(upload: Upload) -> None:
    for part, count in (("train", 12), ("test", 6)):
        upload.pictures(f"{part}/images/{i}.png" for i in range(count))
        rows = [[f"{i}.png", "ab"[i % 2]] for i in range(count)]
        upload.table(f"{part}/metadata.csv", ["file_name", "label"], rows)
    dataset = ingested(upload)
    assert dataset.classes == ("a", "b")
    assert (dataset.splits == TEST).sum() == 6
    assert manifest.set_aside(dataset.id) == []


def test_tables_called_after_parts_tell_them(upload: Upload) -> None:
    upload.pictures(f"images/{i}.png" for i in range(18))
    for part, rows in (("train", range(12)), ("valid", range(12, 18))):
        upload.table(f"{part}.csv", ["image", "class"], [[f"{i}.png", "ab"[i % 2]] for i in rows])
    assert upload.best().parts == {"train": 12, "val": 6}


def test_a_column_of_parts_is_found_by_its_values(upload: Upload) -> None:
    upload.pictures(f"{i}.png" for i in range(12))
    rows = [[i, "ab"[i % 2], ("Train", "validation", "test_set")[i // 4]] for i in range(12)]
    upload.table("x.csv", ["n", "species", "usage"], rows)
    assert upload.best().parts == {"train": 4, "val": 4, "test": 4}


def test_several_labels_in_a_cell_are_asked_about(upload: Upload) -> None:
    upload.pictures(f"{i}.png" for i in range(24))
    upload.table(
        "labels.csv",
        ["file", "label"],
        [[f"{i}.png", ("cat", "dog", "dog,cat")[i % 3]] for i in range(24)],
    )
    each, combined, first = upload.found().readings
    assert each.labels == "each" and not each.is_sure
    assert combined.title.startswith("Several labels per picture: cat, dog.")
    assert combined.title.endswith("Each combination becomes a class: 3 classes")
    assert list(combined.classes) == ["cat", "cat,dog", "dog"]
    assert not combined.is_sure
    assert (first.labels, first.classes) == ("first", {"cat": 8, "dog": 16})
    assert counted(ingested(upload, 2)) == {"cat": 8, "cat,dog": 8, "dog": 8}
    assert counted(ingested(upload, 3)) == {"cat": 8, "dog": 16}


@pytest.mark.parametrize(
    "cells",
    [
        ("scab rust", "scab", "rust", "healthy"),
        ("cat|dog", "dog", "cat", "cat|dog"),
        ("['cat', 'dog']", "['cat']", "['dog']", "['dog']"),
    ],
)
def test_several_labels_are_seen_however_they_are_written(
    upload: Upload, cells: tuple[str, ...]
) -> None:
    upload.pictures(f"{i}.png" for i in range(24))
    upload.table("t.csv", ["image", "labels"], [[f"{i}.png", cells[i % 4]] for i in range(24)])
    assert upload.best().pieces


@pytest.mark.parametrize(
    "names",
    [
        ("Paris, France", "Berlin, Germany"),
        ("golden retriever", "tabby cat", "black bear"),
        ("left eye", "right eye", "left ear", "right ear"),
    ],
)
def test_names_of_several_words_are_one_label(upload: Upload, names: tuple[str, ...]) -> None:
    upload.pictures(f"{i}.png" for i in range(24))
    rows = [[f"{i}.png", names[i % len(names)]] for i in range(24)]
    upload.table("t.csv", ["image", "label"], rows)
    assert set(upload.best().classes) == set(names)
    assert upload.best().is_sure


def test_several_lines_a_picture_are_several_labels(upload: Upload) -> None:
    upload.pictures(f"{i}.png" for i in range(12))
    rows = [[f"{i}.png", "cat"] for i in range(12)] + [[f"{i}.png", "dog"] for i in range(0, 12, 2)]
    upload.table("boxes.csv", ["filename", "class"], rows)
    each, combined, first, *_ = upload.found().readings
    assert each.classes == {"cat": 12, "dog": 6}
    assert combined.classes == {"cat": 6, "cat,dog": 6}
    assert first.classes == {"cat": 12}
    assert counted(ingested(upload, 2)) == {"cat": 6, "cat,dog": 6}


def test_several_ones_in_a_line_are_several_labels(upload: Upload) -> None:
    upload.pictures(f"{i}.png" for i in range(12))
    rows = [[f"{i}.png", 1, i % 2, int(i % 3 == 0)] for i in range(12)]
    upload.table("t.csv", ["file", "sky", "sea", "boat"], rows)
    best = upload.best()
    assert (best.source, best.pieces) == ("one_hot", ("sky", "sea", "boat"))
    assert not best.is_sure


def test_a_few_whole_numbers_are_classes_and_prices_are_not(upload: Upload) -> None:
    upload.pictures(f"{i}.png" for i in range(40))
    upload.table("a.csv", ["file", "label"], [[f"{i}.png", i % 10] for i in range(40)])
    assert list(upload.best().classes) == [str(k) for k in range(10)]
    (upload.root / "a.csv").unlink()
    upload.table(
        "a.csv", ["file", "price", "rooms"], [[f"{i}.png", i * 7.5, i % 4] for i in range(40)]
    )
    best = upload.best()
    assert (best.task, best.answers) == ("regress", ("price", "rooms"))
    assert not best.is_sure  # which of the columns?
    assert ingested(upload, Choice(key=best.key, columns=("price",))).targets == ("price",)


@pytest.mark.parametrize("heading", ["patient", "PatientID", "video", "who"])
def test_what_belongs_together_is_found_by_its_values(upload: Upload, heading: str) -> None:
    upload.pictures(f"{i}.png" for i in range(24))
    rows = [[f"{i}.png", "ab"[i // 12], f"p{i // 3}"] for i in range(24)]
    upload.table("a.csv", ["file", "diagnosis", heading], rows)
    assert upload.best().groups == heading


def test_a_value_that_every_picture_has_for_itself_keeps_nothing_together(upload: Upload) -> None:
    upload.pictures(f"{i}.png" for i in range(24))
    rows = [[f"{i}.png", "ab"[i % 2], f"r{i}", f"{i / 7:.2f}"] for i in range(24)]
    upload.table("a.csv", ["file", "diagnosis", "record_id", "size"], rows)
    assert upload.best().groups == ""


def test_folders_and_a_table_that_disagree_are_asked_about(upload: Upload) -> None:
    upload.pictures(f"{'ab'[i % 2]}/{i}.png" for i in range(24))
    rows = [[f"{i}.png", ("x", "y", "z")[i % 3]] for i in range(24)]
    upload.table("labels.csv", ["file", "label"], rows)
    kinds = [(reading.source, reading.is_sure) for reading in upload.found().readings[:2]]
    assert {kind for kind, _ in kinds} == {"folders", "column"}
    assert not kinds[0][1]


# Names and folders


@pytest.mark.parametrize(
    "form",
    [
        "{kind}.{i}.jpg",
        "{kind}_{i}.jpg",
        "{i:03}-{kind}.jpg",
        "{kind} ({i}).jpg",
        "{kind}{i}.jpg",
        "in/{kind}-{i}.jpg",
    ],
)
def test_the_class_stands_in_the_file_name(upload: Upload, form: str) -> None:
    upload.pictures(form.format(kind=("cat", "dog")[i % 2], i=i) for i in range(24))
    best = upload.best()
    assert (best.source, best.classes) == ("names", {"cat": 12, "dog": 12})
    assert not best.is_sure  # it is proposed
    assert counted(ingested(upload)) == {"cat": 12, "dog": 12}


@pytest.mark.parametrize(
    "form", ["IMG_{i}.jpg", "DSC{i:05}.jpg", "{i}.jpg", "clip{j}_{i}.jpg", "{k}_{i}.jpg"]
)
def test_names_that_cameras_give_are_no_classes(upload: Upload, form: str) -> None:
    upload.pictures(form.format(i=i, j=i // 6, k=("IMG", "DSC")[i % 2]) for i in range(24))
    best = upload.best()
    assert best.needs_name
    with pytest.raises(UserError) as caught:
        ingested(upload)
    assert caught.value.code == "no-classes"
    named = ingested(upload, Choice(key=best.key, class_name="my cat"))
    assert counted(named) == {"my cat": 24}


def test_names_in_a_training_part_leave_the_numbered_test_part_out(upload: Upload) -> None:
    upload.pictures(f"train/{('cat', 'dog')[i % 2]}.{i}.jpg" for i in range(12))
    upload.pictures(f"test1/{i}.jpg" for i in range(6))
    best = upload.best()
    assert best.classes == {"cat": 6, "dog": 6}
    assert [(out.kind, out.name, out.count) for out in best.out] == [("unlabelled", "test1", 6)]


def test_folders_one_deeper_are_two_readings(upload: Upload) -> None:
    for outer, inner in (("animals", ("cat", "dog")), ("plants", ("rose", "oak"))):
        upload.pictures(f"{outer}/{name}/{i}.png" for name in inner for i in range(6))
    first, second = upload.found().readings
    assert list(first.classes) == ["cat", "dog", "oak", "rose"]
    assert list(second.classes) == ["animals", "plants"]
    assert not first.is_sure
    assert counted(ingested(upload, 2)) == {"animals": 12, "plants": 12}


def test_folders_that_only_count_keep_their_pictures_together() -> None:
    inside = folders.read(
        [f"{c}/clip_{n}/{i}.jpg" for c in ("cat", "dog") for n in (1, 2) for i in "ab"]
    )
    assert inside.classes == ("cat", "dog")
    assert [place and place.group for place in inside.placed][:3] == [
        "cat/clip_1",
        "cat/clip_1",
        "cat/clip_2",
    ]
    outside = folders.read(
        [f"day {n}/{c}/{i}.jpg" for c in ("cat", "dog") for n in (1, 2) for i in "ab"]
    )
    assert outside.classes == ("cat", "dog")
    assert {place.group for place in outside.placed if place} == {"day 1", "day 2"}


def test_numbered_classes_stand_in_natural_order(upload: Upload) -> None:
    upload.pictures(f"{k}/{i}.png" for k in range(12) for i in range(4))
    assert ingested(upload).classes == tuple(str(k) for k in range(12))


def test_one_folder_is_one_class(upload: Upload) -> None:
    upload.pictures(f"cat/{i}.png" for i in range(5))
    assert not upload.best().is_sure
    dataset = ingested(upload)
    assert counted(dataset) == {"cat": 5}
    assert manifest.problems(dataset)[0].code == "one-class"


# What readings are


def test_readings_are_the_same_each_time_and_can_be_written(upload: Upload) -> None:
    upload.pictures(f"{i}.png" for i in range(12))
    rows = [[f"{i}.png", "ab"[i % 2], f"p{i // 2}", i * 1.5] for i in range(12)]
    upload.table("a.csv", ["file", "kind", "patient", "size_mm"], rows)
    found = upload.found().readings
    assert found == upload.found().readings
    for reading in found:
        again = Reading.from_json(json.loads(json.dumps(reading.as_json())))
        assert again == reading
        assert again.sentence.template  # it can be said in another language
        json.dumps(reading.told())


def test_there_is_no_reading_of_another_number(upload: Upload) -> None:
    upload.pictures(f"{c}/{i}.png" for c in "ab" for i in range(4))
    for number in (0, 2):
        with pytest.raises(UserError) as caught:
            ingested(upload, number)
        assert caught.value.code == "reading"


def test_all_that_came_is_kept_and_can_be_read_another_way(upload: Upload) -> None:
    upload.pictures(f"{c}/{i}.png" for c in "ab" for i in range(4))
    upload.pictures(f"{i}.png" for i in range(8, 11))
    (upload.root / "a" / "broken.png").write_text("no")
    upload.table(
        "sizes.csv", ["file", "size"], [[f"{c}/{i}.png", i + 0.5] for c in "ab" for i in range(4)]
    )
    first = ingested(upload)
    told = material.told(first.id)
    assert told is not None and told.taken is not None
    assert told.taken.key == told.readings[0].key
    kept = material.load(first.id)
    assert set(kept.opened) == {name for name, _ in kept.listing.pictures}
    loose = [name for name in kept.opened if "/" not in name]
    assert all(pictures.picture_path(kept.opened[name].hash).exists() for name in loose)
    assert {kept.opened[name].hash for name in loose} <= material.hashes_in(current().datasets_dir)
    sizes = next(reading for reading in told.readings if reading.task == "regress")
    making.make(kept, again := secrets.token_hex(12), Choice(key=sizes.key))
    assert manifest.load(again).targets == ("size",)
    named = secrets.token_hex(12)
    making.name_loose(kept, named, arrival.Addition(first.id, "c"))
    assert counted(manifest.load(named)) == {"a": 4, "b": 4, "c": 3}
    assert "broken.png" in {Path(aside.name).name for aside in manifest.set_aside(named)}
    assert UNSET not in manifest.load(named).splits
