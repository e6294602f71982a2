"""Names that are bare bytes, in zips, tars, folders and tables: read together, kept, read again."""

import io
import secrets
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import made_picture
from tl_core.datasets import code_pages, edits, manifest, naming
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.naming import Reader, Reading
from tl_core.intake import importing

ANIMALS = ("猫", "狗")


class RawName(zipfile.ZipInfo):
    """An entry whose name is written as bytes, without the UTF-8 flag."""

    raw = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, 0


def picture(label: int, number: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(made_picture(label, np.random.default_rng(number))).save(buffer, "PNG")
    return buffer.getvalue()


def entries(names: Sequence[str], each: int = 4) -> dict[str, bytes]:
    return {
        f"{name}/{number}.png": picture(label, 10 * label + number)
        for label, name in enumerate(names)
        for number in range(each)
    }


def zipped(path: Path, files: Mapping[str, bytes], codec: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            info = RawName(secrets.token_hex(8))
            info.raw = name.encode(codec)
            archive.writestr(info, content)
    return path


def tarred(path: Path, files: Mapping[str, bytes], codec: str, form: int) -> Path:
    with tarfile.open(path, "w:gz", format=form, encoding=codec) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def taken(source: Path, **how) -> tuple[Dataset, Reading | None]:
    identifier = secrets.token_hex(12)
    importing.ingest(source, identifier, **how)
    return manifest.load(identifier), naming.load(identifier)


@pytest.mark.parametrize(
    ("codec", "names"),
    [
        ("gbk", ("数据集/猫", "数据集/狗")),
        ("big5", ("資料/貓", "資料/功能")),  # its second byte is that of a backslash
        ("cp932", ("データ/表", "データ/ソース")),  # these too
        ("cp949", ("고양이", "강아지")),
        ("cp1252", ("Käse", "Äpfel")),
        ("cp437", ("Käse", "Äpfel")),
        ("cp866", ("кошки", "собаки")),
        ("utf-8", ("猫", "狗")),
    ],
)
def test_classes_of_a_zip_without_the_flag_are_what_they_were(
    home: Path, tmp_path: Path, codec: str, names: tuple[str, str]
) -> None:
    dataset, reading = taken(zipped(tmp_path / "a.zip", entries(names), codec))
    assert set(dataset.classes) == {name.rpartition("/")[2] for name in names}
    assert all(name.startswith(names) for name in dataset.names)
    assert reading is not None
    assert reading.codec == code_pages.named(codec)


def test_a_second_form_of_the_name_in_utf8_is_believed(home: Path, tmp_path: Path) -> None:
    names = ("é", "ж")  # together in no code page
    files = {
        name.replace("é", "?").replace("ж", "!"): data for name, data in entries(names).items()
    }
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for bare, full in zip(files, entries(names), strict=True):
            info = RawName(secrets.token_hex(8))
            info.raw = bare.encode()
            field = struct.pack("<BL", 1, zlib.crc32(info.raw)) + full.encode()
            info.extra = struct.pack("<HH", 0x7075, len(field)) + field
            archive.writestr(info, files[bare])
    dataset, reading = taken(path)
    assert set(dataset.classes) == set(names)
    assert reading is None


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])
def test_a_tar_with_bare_names_is_read_too(home: Path, tmp_path: Path, form: int) -> None:
    dataset, reading = taken(tarred(tmp_path / "a.tgz", entries(ANIMALS), "gbk", form))
    assert set(dataset.classes) == set(ANIMALS)
    assert reading is not None and reading.codec == "gb18030"


def test_a_tar_that_says_utf8_needs_no_reading(home: Path, tmp_path: Path) -> None:
    path = tarred(tmp_path / "a.tgz", entries(ANIMALS), "utf-8", tarfile.PAX_FORMAT)
    dataset, reading = taken(path)
    assert set(dataset.classes) == set(ANIMALS)
    assert reading is None


@pytest.mark.skipif(sys.platform != "linux", reason="names on other systems are always text")
def test_a_folder_whose_names_are_no_utf8_is_read_together(home: Path, tmp_path: Path) -> None:
    for name, content in entries(ANIMALS).items():
        path = tmp_path / "old" / name.encode("gbk").decode("utf-8", "surrogateescape")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    dataset, reading = taken(tmp_path / "old")
    assert set(dataset.classes) == set(ANIMALS)
    assert reading is not None and reading.codec == "gb18030"


def test_the_encoding_that_a_person_names_is_taken(home: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", entries(ANIMALS), "gbk")
    dataset, reading = taken(path, encoding="big5")
    wanted = {name.encode("gbk").decode("cp950") for name in ANIMALS}
    assert set(dataset.classes) == wanted
    assert reading is not None
    assert (reading.codec, reading.others[0]) == ("cp950", "gb18030")


def test_a_table_in_an_old_encoding_names_the_classes(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "flat"
    folder.mkdir()
    lines = ["文件,标签"]
    for label, name in enumerate(ANIMALS):
        for number in range(4):
            file = f"{label}{number}.png"
            (folder / file).write_bytes(picture(label, 10 * label + number))
            lines.append(f"{file},{name}")
    table = "\n".join(lines).replace("文件", "file").replace("标签", "label")
    (folder / "labels.csv").write_bytes(table.encode("gbk"))
    dataset, reading = taken(folder)
    assert set(dataset.classes) == set(ANIMALS)
    assert reading is not None and reading.codec == "gb18030"
    assert set(reading.parts) == set(ANIMALS)
    assert (folder / "labels.csv").read_bytes() == table.encode("gbk")


def test_a_table_is_read_as_the_names_beside_it(home: Path, tmp_path: Path) -> None:
    files, lines = {}, ["file,label"]
    for label, name in enumerate(ANIMALS):
        for number in range(4):
            files[f"{name}{number}.png"] = picture(label, 10 * label + number)
            lines.append(f"{name}{number}.png,class {label}")
    files["labels.csv"] = "\n".join(lines).encode("gbk")
    dataset, _ = taken(zipped(tmp_path / "a.zip", files, "gbk"), encoding="cp437")
    assert dataset.classes == ("class 0", "class 1")
    assert len(dataset) == 8


def test_names_and_classes_are_read_again_without_the_upload(home: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", entries(("数据/猫", "数据/狗")), "gbk")
    dataset, reading = taken(path, encoding="cp437")
    path.unlink()
    assert reading is not None and "gb18030" in reading.others
    changes = reading.changes("gb18030")
    edit = edits.Reread(codec="gb18030", old=tuple(changes), new=tuple(changes.values()))
    read, history = edits.apply(dataset, edit, secrets.token_hex(12))
    assert set(read.classes) == set(ANIMALS)
    assert all(name.startswith(("数据/猫/", "数据/狗/")) for name in read.names)
    assert history == "Read names as GBK (Chinese, simplified)."
    assert np.array_equal(read.labels, dataset.labels)
    naming.carry(dataset.id, read.id, "gb18030")
    kept = naming.load(read.id)
    assert kept is not None
    assert (kept.codec, kept.parts["猫"]) == ("gb18030", "猫".encode("gbk"))
    back, _ = edits.apply(
        read,
        edits.Reread(
            codec="cp437",
            old=tuple(kept.changes("cp437")),
            new=tuple(kept.changes("cp437").values()),
        ),
        secrets.token_hex(12),
    )
    assert back.classes == dataset.classes
    assert back.names.tolist() == dataset.names.tolist()


def test_a_class_that_a_person_renamed_keeps_its_name(home: Path, tmp_path: Path) -> None:
    dataset, reading = taken(zipped(tmp_path / "a.zip", entries(ANIMALS), "gbk"), encoding="big5")
    assert reading is not None
    renamed, _ = edits.apply(dataset, edits.Rename(label=0, name="Katze"), secrets.token_hex(12))
    changes = reading.changes("gb18030")
    edit = edits.Reread(codec="gb18030", old=tuple(changes), new=tuple(changes.values()))
    read, _ = edits.apply(renamed, edit, secrets.token_hex(12))
    assert "Katze" in read.classes
    assert len(set(read.classes) & set(ANIMALS)) == 1


def test_one_damaged_name_among_many_does_not_spoil_the_others() -> None:
    names = [f"größe {number}.png" for number in range(9)]
    raw: list[str | bytes] = [name.encode() for name in names]
    assert Reader().texts([*raw, b"caf\xe9.png"]) == [*names, "café.png"]


def test_what_reads_as_nothing_is_still_kept_apart() -> None:
    raw: list[str | bytes] = [b"\x81\xff\x00a", b"\x81\xff\x00b"]
    assert len(set(Reader().texts(raw))) == 2


def test_backslashes_that_are_folders_stay_folders_in_every_encoding(
    home: Path, tmp_path: Path
) -> None:
    files = {
        name.replace("/", "\\"): data for name, data in entries(("データ/猫", "データ/犬")).items()
    }
    dataset, reading = taken(zipped(tmp_path / "a.zip", files, "cp932"))
    assert set(dataset.classes) == {"猫", "犬"}
    assert reading is not None and {"猫", "犬", "データ"} <= set(reading.parts)


@pytest.mark.skipif(sys.platform != "linux", reason="names on other systems are always text")
def test_two_names_that_read_as_one_text_are_told_and_no_picture_takes_the_others_place(
    home: Path, tmp_path: Path
) -> None:
    files = {f"{label}/café{number}.png": number for label in "ab" for number in range(6)}
    raw = [(name.encode(), number) for name, number in files.items()]
    raw.append(("a/café0.png".encode("cp1252"), 50))
    for name, number in raw:
        path = tmp_path / "in" / name.decode("utf-8", "surrogateescape")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(name.startswith(b"b"), number))
    dataset, _ = taken(tmp_path / "in")
    assert sorted(dataset.names) == sorted(files)
    assert len(set(dataset.hashes.tolist())) == len(files)
    told = [(entry.name, entry.code) for entry in manifest.set_aside(dataset.id)]
    assert told == [("a/café0.png", "name-twice")]
