"""From an upload to a data set, with real children opening real pictures."""

import os
import secrets
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION, Split
from tl_core.intake import arrival, importing, uploads
from tl_core.intake.tables import Columns
from tl_core.modalities import kept, opening_children
from tl_core.modalities.opening_children import Opener
from tl_core.modalities.picture import member, pictures
from tl_core.modalities.picture.resize import resize

PictureFolder = Callable[..., Path]


def new_id() -> str:
    return secrets.token_hex(12)


def zip_of(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))


def test_a_folder_becomes_a_data_set_that_holds_its_very_pixels(
    home: Path, picture_folder: PictureFolder
) -> None:
    folder = picture_folder(classes=2, each=5)
    told: list[tuple[str, int, int]] = []
    name = new_id()
    summary = importing.ingest(folder, name, on_progress=lambda *step: told.append(step))
    assert summary.images == 10
    assert summary.classes == {"class 0": 5, "class 1": 5}
    assert summary.skipped == []
    assert told[-1] == ("pictures", 10, 10)

    dataset = manifest.load(name)
    assert dataset.counts().tolist() == [[3, 1, 1], [3, 1, 1]]
    original = np.asarray(Image.open(folder / dataset.names[3]))
    assert np.array_equal(pictures.read(dataset.hashes[3]), original)
    found = pictures.pixels(dataset.hashes, 32, "pad")
    assert found.shape == (10, 32, 32, 3)
    assert np.array_equal(found[3], resize(original, 32, "pad"))
    with Image.open(pictures.thumbnail_path(dataset.hashes[0])) as thumbnail:
        assert max(thumbnail.size) <= 192


def test_a_zip_gives_the_same_pictures_and_leaves_nothing_behind(
    home: Path, picture_folder: PictureFolder
) -> None:
    folder = picture_folder(classes=2, each=3)
    plain, packed = new_id(), new_id()
    importing.ingest(folder, plain)
    importing.ingest(zip_of(folder), packed, name="mine")
    assert set(manifest.load(plain).hashes) == set(manifest.load(packed).hashes)
    assert manifest.load(packed).name == "mine"
    left = {path.name for path in manifest.folder(packed).iterdir()}
    assert left == {"manifest.parquet", "set_aside.json", "material", "readings.json"}


def test_several_archives_of_one_upload_make_one_data_set(
    home: Path, picture_folder: PictureFolder, tmp_path: Path
) -> None:
    upload = tmp_path / "x.upload"
    upload.mkdir()
    for part in range(2):
        folder = picture_folder(classes=2, each=2, name=f"part{part}", seed=part)
        with zipfile.ZipFile(upload / f"{part:06}", "w") as archive:
            for path in folder.rglob("*.png"):
                archive.write(path, f"set/{path.parent.name}/{part}-{path.name}")
    assert importing.ingest(upload, new_id()).images == 8


def test_what_stands_in_the_way_is_named_where_there_is_no_picture_at_all(
    home: Path, tmp_path: Path
) -> None:
    upload = uploads.keep(b"")
    with zipfile.ZipFile(upload, "w") as archive:
        archive.writestr("fruit.rar", b"")  # how the browser sends what is no picture: by name
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "cats").symlink_to(tmp_path, target_is_directory=True)
    for source, told in ((upload, "fruit.rar"), (tmp_path / "set", "cats")):
        with pytest.raises(UserError) as caught:
            importing.ingest(source, new_id())
        assert caught.value.code == "no-pictures"
        assert f"“{told}”" in caught.value.message
        assert caught.value.hint


def test_bad_files_cost_only_themselves_and_are_named(
    home: Path, picture_folder: PictureFolder
) -> None:
    folder = picture_folder(classes=2, each=4)
    bad = folder / "class 0"
    (bad / "text.jpg").write_text("not a picture")
    (bad / "cut.png").write_bytes((bad / "000.png").read_bytes()[:200])
    (bad / "drawing.svg").write_text("<svg/>")
    (bad / "link.png").symlink_to(bad / "000.png")
    (bad / "notes.txt").write_text("hello")
    (folder / "stray.png").write_bytes((bad / "000.png").read_bytes())
    name = new_id()
    summary = importing.ingest(folder, name)
    assert summary.images == 8
    assert summary.junk == 1
    assert {Path(aside.name).name: aside.code for aside in summary.skipped} == {
        "text.jpg": "picture-format",
        "cut.png": "picture-damaged",
        "drawing.svg": "picture-format",
        "link.png": "picture-link",
        "stray.png": "picture-loose",
    }
    assert manifest.set_aside(name) == summary.skipped
    assert all(aside.hint for aside in summary.skipped)


def test_large_pictures_are_shrunk_and_turned_upright(home: Path, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for label in "ab":
        (tmp_path / "set" / label).mkdir(parents=True)
        photo = Image.new("RGB", (2000, 1000), (10, 20, ord(label)))
        photo.save(tmp_path / "set" / label / "1.jpg", exif=exif)
    name = new_id()
    importing.ingest(tmp_path / "set", name)
    dataset = manifest.load(name)
    assert dataset.facts["width"].tolist() == [500, 500]
    assert dataset.facts["height"].tolist() == [1000, 1000]


def test_copies_share_a_part_and_a_picture_under_two_classes_is_told(
    home: Path, picture_folder: PictureFolder
) -> None:
    folder = picture_folder(classes=2, each=6)
    for number in range(5):
        shutil.copy(folder / "class 0" / "000.png", folder / "class 0" / f"copy{number}.png")
    shutil.copy(folder / "class 0" / "001.png", folder / "class 1" / "clash.png")
    name = new_id()
    summary = importing.ingest(folder, name)
    dataset = manifest.load(name)
    copies = dataset.hashes == dataset.hashes[dataset.names.tolist().index("class 0/000.png")]
    assert copies.sum() == 6
    assert len(set(dataset.splits[copies].tolist())) == 1
    assert any("two classes" in note and "clash.png" in note for note in summary.notes)


def test_given_parts_are_kept(home: Path, picture_folder: PictureFolder, tmp_path: Path) -> None:
    for seed, part in enumerate(("train", "val", "test")):
        shutil.copytree(picture_folder(2, 4, name=part, seed=seed), tmp_path / "set" / part)
    name = new_id()
    importing.ingest(tmp_path / "set", name, split=Split(validation=0.4, test=0.4))
    dataset = manifest.load(name)
    parts = {"train": TRAIN, "val": VALIDATION, "test": TEST}
    assert dataset.splits.tolist() == [parts[path.split("/")[0]] for path in dataset.names]


def test_a_class_without_usable_picture_blocks_the_start_by_name(
    home: Path, picture_folder: PictureFolder
) -> None:
    folder = picture_folder(classes=2, each=4)
    (folder / "owl").mkdir()
    (folder / "owl" / "fake.jpg").write_text("no")
    (folder / "yak").mkdir()
    name = new_id()
    assert importing.ingest(folder, name).classes == {
        "class 0": 4,
        "class 1": 4,
        "owl": 0,
        "yak": 0,
    }
    with pytest.raises(UserError, match="owl") as caught:
        manifest.require_trainable(manifest.load(name))
    assert caught.value.code == "class-empty"


def test_one_picture_in_a_class_is_told_but_not_forbidden(
    home: Path, picture_folder: PictureFolder
) -> None:
    folder = picture_folder(classes=2, each=4)
    (folder / "owl").mkdir()
    Image.new("RGB", (9, 9)).save(folder / "owl" / "1.png")
    name = new_id()
    importing.ingest(folder, name)
    found = manifest.problems(manifest.load(name))
    assert [(problem.code, problem.blocks) for problem in found] == [("class-small", False)]
    assert "owl" in found[0].message


def test_targets_from_a_table(home: Path, picture_folder: PictureFolder, tmp_path: Path) -> None:
    folder = picture_folder(classes=1, each=10)
    table = tmp_path / "targets.csv"
    table.write_text("file,price\n" + "".join(f"{n:03}.png,{n * 2}\n" for n in range(9)))
    name = new_id()
    summary = importing.ingest(folder, name, targets=table)
    dataset = manifest.load(name)
    assert dataset.targets == ("price",)
    assert dataset.values is not None
    assert dataset.values[:, 0].tolist() == [n * 2 for n in range(9)]
    assert [aside.code for aside in summary.skipped] == ["picture-unlisted"]
    assert set(dataset.splits.tolist()) == {TRAIN, VALIDATION, TEST}


def test_nothing_usable_is_refused_and_no_data_set_appears(home: Path, tmp_path: Path) -> None:
    for label in "ab":
        (tmp_path / "set" / label).mkdir(parents=True)
        (tmp_path / "set" / label / "1.jpg").write_text("no")
    name = new_id()
    with pytest.raises(UserError) as caught:
        importing.ingest(tmp_path / "set", name)
    assert caught.value.code == "no-pictures"
    with pytest.raises(UserError) as unknown:
        manifest.load(name)
    assert unknown.value.code == "dataset"


@pytest.fixture
def fake_opener(tmp_path: Path) -> Opener:
    """An opener that does what the name of a picture says."""
    program = tmp_path / "fake_opener.py"
    program.write_text(
        "import json, os, sys, time\n"
        "print('ready', flush=True)\n"
        "for line in sys.stdin:\n"
        "    name = os.path.basename(json.loads(line)['path'])\n"
        "    if name == 'crash': os._exit(9)\n"
        "    if name == 'hang': time.sleep(60)\n"
        "    if name == 'slow': time.sleep(0.5)\n"
        "    print(json.dumps({'hash': name, 'facts': {'width': 1, 'height': 1}}), flush=True)\n"
    )
    return replace(member.OPENER, program=(str(program),))


@pytest.mark.parametrize("children", [1, 2])
def test_a_child_that_dies_or_hangs_costs_one_picture(
    home: Path, fake_opener: Opener, children: int
) -> None:
    results: dict[int, opening_children.Opened] = {}
    names = ["a", "crash", "b", "hang", "c", "crash", "crash", *"defgh", "crash"]
    paths = [Path(name) for name in names]
    opening_children.open_all(
        paths, fake_opener, {}, children=children, on_opened=results.__setitem__, timeout_s=3.0
    )
    faults = {"crash": "picture-crashed", "hang": "picture-timeout"}
    assert [results[index].code for index in range(len(names))] == [
        faults.get(name, "") for name in names
    ]
    assert all(results[index].hash in (name, "") for index, name in enumerate(names))


@pytest.mark.parametrize("children", [1, 3])
def test_an_import_has_a_budget_of_time_and_names_what_was_not_opened_for_it(
    home: Path, fake_opener: Opener, children: int
) -> None:
    results: dict[int, opening_children.Opened] = {}
    paths = [Path("slow")] * 20
    opening_children.open_all(
        paths,
        fake_opener,
        {},
        children=children,
        on_opened=results.__setitem__,
        budget_s=children * 1.25,
    )
    codes = [results[index].code for index in range(20)]
    assert 1 <= codes.count("") <= 4 * children
    assert set(codes) == {"", "picture-budget"}


def test_the_budget_of_ordinary_pictures_is_never_used_up(home: Path, fake_opener: Opener) -> None:
    results: dict[int, opening_children.Opened] = {}
    paths = [Path("a")] * 300
    opening_children.open_all(paths, fake_opener, {}, children=2, on_opened=results.__setitem__)
    assert {opened.code for opened in results.values()} == {""}


def test_pictures_that_nothing_names_are_collected(
    home: Path, picture_folder: PictureFolder
) -> None:
    name = new_id()
    importing.ingest(picture_folder(classes=2, each=3), name)
    hashes = manifest.load(name).hashes
    before = kept.disk_bytes()
    assert kept.collect(hashes) == 0
    freed = kept.collect(hashes[:2])
    assert freed > 0
    assert kept.disk_bytes() == before - freed == kept.disk_bytes(hashes[:2])
    with pytest.raises(UserError) as caught:
        pictures.pixels(hashes[2:3], 8)
    assert caught.value.code == "picture-missing"


@pytest.mark.parametrize("name", ["../../etc", "", "ABC", "a" * 23, "manifest"])
def test_an_id_that_cannot_be_one_is_never_joined_to_a_path(name: str, home: Path) -> None:
    with pytest.raises(UserError) as caught:
        manifest.folder(name)
    assert caught.value.code == "dataset"


def loose(picture_folder: PictureFolder, count: int = 12) -> Path:
    """Pictures without class folders."""
    folder = picture_folder(classes=1, each=count)
    for path in (folder / "class 0").iterdir():
        path.rename(folder / path.name)
    (folder / "class 0").rmdir()
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_a_table_among_loose_pictures_names_their_classes(
    packed: bool, home: Path, picture_folder: PictureFolder
) -> None:
    folder = loose(picture_folder)
    lines = [f"{n:03}.png,{'even' if n % 2 == 0 else 'odd'},{n // 4}" for n in range(12)]
    (folder / "labels.csv").write_text("\n".join(["file,label,group", *lines, "gone.png,odd,9"]))
    name = new_id()
    summary = importing.ingest(zip_of(folder) if packed else folder, name)
    dataset = manifest.load(name)
    assert summary.classes == {"even": 6, "odd": 6}
    assert summary.junk == 0
    assert any("labels.csv" in note for note in dataset.notes)
    assert any("gone.png" in note and "line 14" in note for note in dataset.notes)
    assert dataset.groups is not None
    for group in set(dataset.groups.tolist()):
        assert len(set(dataset.splits[dataset.groups == group].tolist())) == 1


def test_numbers_beside_class_folders_are_left_alone_and_that_is_said(
    home: Path, picture_folder: PictureFolder
) -> None:
    folder = picture_folder(classes=2, each=4)
    lines = [f"class {c}/{n:03}.png,{n}" for c in range(2) for n in range(4)]
    (folder / "metadata.csv").write_text("\n".join(["file,width", *lines]))
    name = new_id()
    assert set(importing.ingest(folder, name).classes) == {"class 0", "class 1"}
    assert any("metadata.csv" in note for note in manifest.load(name).notes)
    loosely = loose(lambda **more: picture_folder(name="loose", **more), 8)
    (loosely / "metadata.jsonl").write_text(
        "\n".join(f'{{"file_name": "{n:03}.png", "width": {n * n}}}' for n in range(8))
    )
    importing.ingest(loosely, name := new_id())
    assert manifest.load(name).targets == ("width",)


def test_an_unusable_table_is_named_when_nothing_else_tells_the_classes(
    home: Path, picture_folder: PictureFolder
) -> None:
    folder = loose(picture_folder)
    (folder / "labels.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match=r"labels\.csv") as caught:
        importing.ingest(folder, new_id())
    assert caught.value.code == "no-classes"


def test_a_gap_in_the_table_costs_one_picture(
    home: Path, picture_folder: PictureFolder, tmp_path: Path
) -> None:
    folder = loose(picture_folder)
    table = tmp_path / "prices.csv"
    table.write_text(
        "id;Bild;Preis\n" + "".join(f"{n};{n:03};{n},5\n" for n in range(11)) + "11;011;\n"
    )
    name = new_id()
    summary = importing.ingest(
        folder, name, targets=table, columns=Columns(file="Bild", targets=("Preis",))
    )
    assert [(aside.name, aside.code) for aside in summary.skipped] == [("011.png", "table-gap")]
    values = manifest.load(name).values
    assert values is not None
    assert values[:, 0].tolist() == [n + 0.5 for n in range(11)]


def test_a_table_without_any_picture_is_no_fault_of_ours(home: Path, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "t.csv").write_text("file,label\na.jpg,b\n")
    with pytest.raises(UserError) as caught:
        importing.ingest(tmp_path / "set", new_id(), targets=tmp_path / "t.csv")
    assert caught.value.code == "no-pictures"


def test_pictures_are_added_to_a_class_or_as_their_folders_say(
    home: Path, picture_folder: PictureFolder
) -> None:
    first = new_id()
    importing.ingest(picture_folder(classes=2, each=4), first)
    before = manifest.load(first)
    more = picture_folder(classes=1, each=5, name="more", seed=9)
    (more / "loose.png").write_bytes((more / "class 0" / "000.png").read_bytes())
    second = new_id()
    addition = arrival.Addition(first, into="class 1")
    summary = importing.ingest(more, second, name="ignored", addition=addition)
    assert summary.classes == {"class 0": 4, "class 1": 10}
    after = manifest.load(second)
    assert after.name == before.name
    assert after.splits[:8].tolist() == before.splits.tolist()
    by_folder = picture_folder(classes=1, each=3, name="third", seed=5)
    (by_folder / "class 0").rename(by_folder / "class 7")
    summary = importing.ingest(by_folder, third := new_id(), addition=arrival.Addition(second))
    assert summary.classes == {"class 0": 4, "class 1": 10, "class 7": 3}
    assert len(manifest.load(first)) == 8
    assert len(manifest.load(third)) == 17


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
@pytest.mark.parametrize("kind", ["folder", "tar"])
def test_names_of_older_systems_are_read_as_latin_1_and_stay_apart(
    home: Path, tmp_path: Path, picture_folder: PictureFolder, kind: str
) -> None:
    source = picture_folder(classes=2, each=3)
    for index, name in enumerate(("Bl\u00fcte", "Bl\u00f6te")):
        old = os.fsencode(source / f"class {index}")
        os.rename(old, os.path.join(os.path.dirname(old), name.encode("latin-1")))
    if kind == "tar":
        packed = tmp_path / "old.tar"
        with tarfile.open(packed, "w") as archive:
            archive.add(source, "pictures")
        source = packed
    summary = importing.ingest(source, new_id())
    assert summary.classes == {"Bl\u00fcte": 3, "Bl\u00f6te": 3}


@pytest.mark.parametrize(
    ("count", "each_bytes", "children"),
    [(1, 10, 1), (12, 10, 1), (20, 10, 2), (200, 10, 4), (3, 4 * 2**20, 4)],
)
def test_a_few_small_pictures_are_opened_by_one_child_and_many_or_large_ones_by_more(
    tmp_path, count, each_bytes, children
):
    paths = [tmp_path / f"{number}.png" for number in range(count)]
    for path in paths:
        with path.open("wb") as file:
            file.truncate(each_bytes)
    assert arrival._children_for(paths, 4) == children
    assert arrival._children_for([*paths, tmp_path / "gone.png"], 1) == 1
