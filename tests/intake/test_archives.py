"""Archives: ordinary ones unpack, attacks and damage are refused whole with their code."""

import io
import random
import stat
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tl_core.base.errors import UserError
from tl_core.base.settings import Settings, current
from tl_core.intake import archives, zip_directory, zips
from tl_core.intake.listing import Listing

PICTURE = b"\xff\xd8\xff\xe0 not really, but nobody opens it here"


@pytest.fixture
def limits(home: Path) -> Settings:
    return current()


def unpack(data: bytes, tmp_path: Path, limits: Settings) -> Listing:
    path = tmp_path / "upload"
    path.write_bytes(data)
    into = tmp_path / "into"
    into.mkdir()
    return archives.unpack([path], into, limits, lambda done, total: None)


def code_of(data: bytes, tmp_path: Path, limits: Settings) -> str:
    with pytest.raises(UserError) as caught:
        unpack(data, tmp_path, limits)
    assert caught.value.hint
    outside = {path.name for path in tmp_path.iterdir()} - {"upload", "into", "home"}
    assert not outside
    return caught.value.code


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def special(kind: int, name: str = "cat/a.jpg") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system = 3
        info.external_attr = (kind | 0o644) << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_unpacks_into_numbered_files(method: int, tmp_path: Path, limits: Settings) -> None:
    big = PICTURE + bytes(range(256)) * 20_000
    listing = unpack(zipped({"cat/a.jpg": PICTURE, "dog/b.jpg": big}, method), tmp_path, limits)
    assert [name for name, _ in listing.pictures] == ["cat/a.jpg", "dog/b.jpg"]
    assert [path.name for _, path in listing.pictures] == ["000001", "000002"]
    assert [path.read_bytes() for _, path in listing.pictures] == [PICTURE, big]
    assert listing.folders == {"cat", "dog"}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_unpacks_too(mode: str, tmp_path: Path, limits: Settings) -> None:
    data = tarred([(member("./cat/a.jpg"), PICTURE), (member("notes.txt"), b"x")], mode)
    listing = unpack(data, tmp_path, limits)
    assert [(name, path.read_bytes()) for name, path in listing.pictures] == [
        ("cat/a.jpg", PICTURE)
    ]
    assert listing.others == ["notes.txt"]


def test_system_junk_and_text_are_skipped_and_counted(tmp_path: Path, limits: Settings) -> None:
    junk = ["__MACOSX/cat/._a.jpg", ".DS_Store", "cat/Thumbs.db", "cat/.hidden/a.jpg", "readme.txt"]
    listing = unpack(zipped({"cat/a.jpg": PICTURE, **dict.fromkeys(junk, b"x")}), tmp_path, limits)
    assert len(listing.pictures) == 1
    assert sorted(listing.others) == sorted(junk)


def test_names_in_any_script_survive(tmp_path: Path, limits: Settings) -> None:
    names = ["😀/ขนม.jpg", "قطة/كلب.jpg", "CON/aux .jpg", "<b>/a.jpg", "a./b.jpg"]
    listing = unpack(zipped(dict.fromkeys(names, PICTURE)), tmp_path, limits)
    assert [name for name, _ in listing.pictures] == names


def test_utf8_names_without_the_flag_are_understood(tmp_path: Path, limits: Settings) -> None:
    data = zipped({"k\u00e4se/a.jpg": PICTURE})
    unflagged = data.replace(b"\x14\0\0\x08", b"\x14\0\0\0")
    assert unflagged != data
    assert unpack(unflagged, tmp_path, limits).pictures[0][0] == "käse/a.jpg"


def test_backslashes_are_folders(tmp_path: Path, limits: Settings) -> None:
    listing = unpack(zipped({"cat\\a.jpg": PICTURE}), tmp_path, limits)
    assert listing.pictures[0][0] == "cat/a.jpg"


def test_of_two_files_with_one_name_the_second_is_set_aside(
    tmp_path: Path, limits: Settings
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("cat/a.jpg", PICTURE)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("cat/a.jpg", PICTURE)
    listing = unpack(buffer.getvalue(), tmp_path, limits)
    assert len(listing.pictures) == 1
    assert [aside.code for aside in listing.aside] == ["name-twice"]


@pytest.mark.parametrize(
    "name",
    [
        "../../x.png",
        "cat/../../x.png",
        "/etc/x.png",
        "C:\\x.png",
        "c:x.png",
        "..\\x.png",
        "\\\\h\\x.png",
    ],
)
def test_paths_that_lead_out_are_refused(name: str, tmp_path: Path, limits: Settings) -> None:
    entries = {"cat/a.jpg": PICTURE, name: PICTURE}
    assert code_of(zipped(entries), tmp_path, limits) == "E-PATH"
    assert not list((tmp_path / "into").iterdir())


def test_a_tar_with_a_path_out_is_refused(tmp_path: Path, limits: Settings) -> None:
    assert code_of(tarred([(member("../x.png"), PICTURE)]), tmp_path, limits) == "E-PATH"


def test_links_are_refused(tmp_path: Path, limits: Settings) -> None:
    assert code_of(special(stat.S_IFLNK), tmp_path, limits) == "E-LINK"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_a_tar_are_refused(kind: bytes, tmp_path: Path, limits: Settings) -> None:
    data = tarred([(member("cat/a.jpg", kind, "/etc/passwd"), b"")])
    assert code_of(data, tmp_path, limits) == "E-LINK"


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_devices_are_refused(kind: int, tmp_path: Path, limits: Settings) -> None:
    assert code_of(special(kind), tmp_path, limits) == "E-DEVICE"


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_devices_in_a_tar_are_refused(kind: bytes, tmp_path: Path, limits: Settings) -> None:
    assert code_of(tarred([(member("cat/a.jpg", kind), b"")]), tmp_path, limits) == "E-DEVICE"


def test_entries_that_overlap_are_refused(tmp_path: Path, limits: Settings) -> None:
    assert code_of(overlapping(), tmp_path, limits) == "E-OVERLAP"


def overlapping() -> bytes:
    """Two directory entries for the same bytes."""
    data = zipped({"cat/a.jpg": PICTURE})
    end = data.rindex(b"PK\5\6")
    (offset,) = struct.unpack_from("<16xI", data, end)
    directory = data[offset:end]
    second = directory.replace(b"a.jpg", b"b.jpg")
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2, 2, len(directory) * 2, offset, 0)
    return data[:offset] + directory + second + tail


def test_a_declared_bomb_is_refused_at_once(tmp_path: Path, limits: Settings) -> None:
    started = time.monotonic()
    assert code_of(declaring(0xFFFFFFF0), tmp_path, limits) == "E-BOMB"
    assert time.monotonic() - started < 10


def test_a_bomb_that_declares_little_is_refused(tmp_path: Path, limits: Settings) -> None:
    data = bytearray(zipped({"cat/a.jpg": bytes(50_000_000)}))
    at = data.rindex(b"PK\1\2")
    data[at + 24 : at + 28] = struct.pack("<I", 1000)
    assert code_of(bytes(data), tmp_path, limits) == "E-BOMB"
    assert sum(path.stat().st_size for path in (tmp_path / "into").iterdir()) < 5_000_000


def test_a_tar_bomb_is_refused(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_UNPACKED_LIMIT_BYTES", "1000000")
    data = tarred([(member("cat/a.jpg"), bytes(3_000_000))])
    assert code_of(data, tmp_path, current()) == "E-BOMB"


@pytest.mark.parametrize(
    "make",
    [
        lambda: zipped({f"cat/{n}.jpg": b"" for n in range(60)}),
        lambda: tarred([(member(f"cat/{n}.jpg"), b"") for n in range(60)]),
        lambda: lying_count(),
    ],
    ids=["zip", "tar", "zip that declares one"],
)
def test_too_many_entries_are_refused_before_anything_is_unpacked(
    make: Callable[[], bytes], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_ENTRY_LIMIT", "50")
    assert code_of(make(), tmp_path, current()) == "E-COUNT"
    assert not list((tmp_path / "into").iterdir())


def lying_count() -> bytes:
    data = bytearray(zipped({f"cat/{n}.jpg": b"" for n in range(60)}))
    at = data.rindex(b"PK\5\6")
    data[at + 8 : at + 12] = struct.pack("<HH", 1, 1)
    return bytes(data)


def test_damage_is_named(tmp_path: Path, limits: Settings) -> None:
    data = zipped({"cat/a.jpg": PICTURE * 50})
    for number, broken in enumerate((data[:-30], data[: len(data) // 2], b"PK\3\4", b"hello")):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert code_of(broken, folder, limits) == "E-ARCHIVE"


def test_a_tar_cut_short_is_damaged(tmp_path: Path, limits: Settings) -> None:
    data = tarred([(member("cat/a.jpg"), zlib.compress(bytes(range(256)) * 999))])
    assert code_of(data[: len(data) // 2], tmp_path, limits) == "E-ARCHIVE"


def test_one_damaged_entry_costs_one_picture(tmp_path: Path, limits: Settings) -> None:
    data = zipped({"cat/a.jpg": PICTURE, "cat/b.jpg": PICTURE + b"!"}, zipfile.ZIP_STORED)
    broken = data.replace(PICTURE + b"!", PICTURE + b"?")
    listing = unpack(broken, tmp_path, limits)
    assert [name for name, _ in listing.pictures] == ["cat/a.jpg"]
    assert [(aside.name, aside.code) for aside in listing.aside] == [
        ("cat/b.jpg", "picture-damaged")
    ]


def test_a_locked_zip_asks_for_one_without_password(tmp_path: Path, limits: Settings) -> None:
    assert code_of(locked(), tmp_path, limits) == "E-PASSWORD"


def test_an_archive_without_pictures_is_empty(tmp_path: Path, limits: Settings) -> None:
    for number, entries in enumerate(({}, {"a.txt": b"x"})):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert code_of(zipped(entries), folder, limits) == "E-EMPTY"


def locked() -> bytes:
    data = bytearray(zipped({"cat/a.jpg": PICTURE}))
    data[data.rindex(b"PK\1\2") + 8] |= 1
    return bytes(data)


def declaring(size: int) -> bytes:
    """A zip whose directory says that its one picture has `size` bytes."""
    data = bytearray(zipped({"cat/a.jpg": PICTURE}))
    at = data.rindex(b"PK\1\2")
    data[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(data)


def without_its_first_header() -> bytes:
    return zipped({"cat/a.jpg": PICTURE, "cat/b.jpg": PICTURE}).replace(b"PK\3\4", b"PK\3\5", 1)


@pytest.mark.parametrize(
    ("make", "code", "told"),
    [
        (lambda: declaring(0xFFFFFFF0), "E-BOMB", "'cat/a.jpg' alone does"),
        (lambda: declaring(3), "E-BOMB", "'cat/a.jpg' alone does"),
        (lambda: overlapping(), "E-OVERLAP", "'cat/a.jpg' and 'cat/b.jpg'"),
        (lambda: locked(), "E-PASSWORD", "first 'cat/a.jpg'"),
        (lambda: special(stat.S_IFLNK), "E-LINK", "'cat/a.jpg'"),
        (lambda: special(stat.S_IFIFO), "E-DEVICE", "'cat/a.jpg'"),
        (lambda: zipped({"../a.jpg": PICTURE}), "E-PATH", "'../a.jpg'"),
        (lambda: zipped({"cat/a.jpg": PICTURE}, zipfile.ZIP_BZIP2), "E-ARCHIVE", "'cat/a.jpg'"),
        (lambda: zipped({"cat/a.jpg": PICTURE})[:-30], "E-ARCHIVE", "cut short"),
        (lambda: zipped(dict.fromkeys("abc", b"")), "E-COUNT", "more than 3 files"),
        (lambda: without_its_first_header(), "E-ARCHIVE", "at 'cat/a.jpg'"),
        (lambda: b"Rar!\x1a\x07\x01\0", "E-ARCHIVE", "RAR"),
        (lambda: b"%PDF-1.7", "E-ARCHIVE", "not a zip"),
    ],
)
def test_a_refusal_names_the_archive_and_the_entry_to_blame(
    make: Callable[[], bytes],
    code: str,
    told: str,
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GRAFT_ENTRY_LIMIT", "3")
    for number, data in enumerate((zipped({"dog/a.jpg": PICTURE}), make())):
        (tmp_path / f"{number:06}").write_bytes(data)
    into = tmp_path / "into"
    into.mkdir()
    parts = [tmp_path / "000000", tmp_path / "000001"]
    with pytest.raises(UserError) as caught:
        archives.unpack(parts, into, current(), lambda done, total: None, ["dogs.zip", "Mia's.zip"])
    assert caught.value.code == code
    assert caught.value.message.startswith("“Mia's.zip” ")
    assert told in caught.value.message
    assert caught.value.hint


def test_a_large_entry_of_a_tar_is_named_and_many_small_ones_are_not(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_UNPACKED_LIMIT_BYTES", "1000000")
    large = tarred([(member("cat/a.jpg"), PICTURE), (member("cat/b.jpg"), bytes(3_000_000))])
    many = tarred([(member(f"cat/{n}.jpg"), bytes(300_000)) for n in range(10)])
    for number, (data, is_named) in enumerate(((large, True), (many, False))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(UserError) as caught:
            unpack(data, folder, current())
        assert caught.value.code == "E-BOMB"
        assert ("cat/" in caught.value.message) == is_named
        assert not is_named or "cat/b.jpg" in caught.value.message


def test_an_archive_inside_is_named_with_what_to_do(tmp_path: Path, limits: Settings) -> None:
    entries = {
        "cat/a.jpg": PICTURE,
        "more/dogs.ZIP": b"PK",
        "birds.rar": b"",
        "x/__MACOSX/a.zip": b"",
    }
    listing = unpack(zipped(entries), tmp_path, limits)
    assert [(aside.name, aside.code) for aside in listing.aside] == [
        ("more/dogs.ZIP", "archive-inside"),
        ("birds.rar", "archive-foreign"),
    ]
    assert "zip" in listing.aside[1].hint
    assert listing.others == ["x/__MACOSX/a.zip"]


def test_of_several_archives_the_one_without_pictures_is_named(
    tmp_path: Path, limits: Settings
) -> None:
    (tmp_path / "0").write_bytes(zipped({"cat/a.jpg": PICTURE}))
    (tmp_path / "1").write_bytes(zipped({"notes.txt": b"x"}))
    into = tmp_path / "into"
    into.mkdir()
    parts, names = [tmp_path / "0", tmp_path / "1"], ["cats.zip", "notes.zip"]
    listing = archives.unpack(parts, into, limits, lambda done, total: None, names)
    assert [(aside.name, aside.code) for aside in listing.aside] == [("notes.zip", "archive-empty")]
    with pytest.raises(UserError) as caught:
        archives.unpack(parts[1:], into, limits, lambda done, total: None, names[1:])
    assert caught.value.code == "E-EMPTY"
    assert caught.value.message.startswith("“notes.zip” holds no pictures")
    assert "notes.txt" in caught.value.message
    with pytest.raises(UserError) as both:
        archives.unpack(parts[1:] * 2, into, limits, lambda done, total: None, ["a.zip", "b.zip"])
    assert both.value.message.startswith("None of “a.zip”, “b.zip” holds pictures")


def header(kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE]
)
def test_a_tar_whose_names_fill_the_memory_is_a_bomb(
    kind: bytes, tmp_path: Path, limits: Settings
) -> None:
    path = tmp_path / "upload"
    size = 64 * 1024**2
    with path.open("wb") as file:
        file.write(header(kind, size))
        file.truncate(512 + size)
        file.seek(0, 2)
        file.write(tarred([(member("cat/a.jpg"), PICTURE)], "w"))
    (tmp_path / "into").mkdir()
    tracemalloc.start()
    try:
        with pytest.raises(UserError) as caught:
            archives.unpack([path], tmp_path / "into", limits, lambda done, total: None)
        assert tracemalloc.get_traced_memory()[1] < size / 8
    finally:
        tracemalloc.stop()
    assert caught.value.code == "E-BOMB"


def test_a_chain_of_headers_about_headers_is_damage(tmp_path: Path, limits: Settings) -> None:
    link = header(tarfile.GNUTYPE_LONGNAME, 2) + b"a\0".ljust(512, b"\0")
    assert code_of(link * 2000 + bytes(1024), tmp_path, limits) == "E-ARCHIVE"


def test_long_names_of_an_honest_tar_are_read(tmp_path: Path, limits: Settings) -> None:
    name = f"cat/{'long' * 40}.jpg"
    for number, form in enumerate((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            info = member(name)
            info.size = len(PICTURE)
            archive.addfile(info, io.BytesIO(PICTURE))
        folder = tmp_path / str(number)
        folder.mkdir()
        assert unpack(buffer.getvalue(), folder, limits).pictures[0][0] == name


def test_a_zip_that_says_too_much_about_its_entries_is_a_bomb(
    tmp_path: Path, limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "DIRECTORY_BYTES", 10_000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("cat/a.jpg")
        info.comment = b"x" * 20_000
        archive.writestr(info, PICTURE)
    assert code_of(buffer.getvalue(), tmp_path, limits) == "E-BOMB"


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_nothing_of_the_first_part_is_unpacked_when_the_last_is_refused(
    kind: str, tmp_path: Path, limits: Settings
) -> None:
    bad = (
        special(stat.S_IFLNK)
        if kind == "zip"
        else tarred([(member("cat/b.jpg", tarfile.SYMTYPE, "/etc/passwd"), b"")])
    )
    (tmp_path / "0").write_bytes(zipped({"cat/a.jpg": PICTURE}))
    (tmp_path / "1").write_bytes(bad)
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(UserError) as caught:
        archives.unpack([tmp_path / "0", tmp_path / "1"], into, limits, lambda done, total: None)
    assert caught.value.code == "E-LINK"
    assert not list(into.iterdir())


def test_a_zip_changed_at_random_is_opened_or_refused_and_never_a_fault_of_ours(tmp_path):
    random_ = random.Random(4)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(6):
            archive.writestr(f"{'ab'[number % 2]}/{number}.png", bytes(range(60)) * 3)
    came_to = set()
    for number in range(400):
        changed = bytearray(whole.getvalue())
        for _ in range(random_.randint(1, 4)):
            sign = random_.choice((b"PK\1\2", b"PK\3\4", b"PK\5\6"))
            at = changed.find(sign, random_.randrange(len(changed)))
            place = max(0, at) + random_.randrange(46)
            changed[place : place + 4] = random_.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\x80", random_.randbytes(4))
            )
        file = tmp_path / "changed.zip"
        file.write_bytes(changed)
        into = tmp_path / str(number)
        into.mkdir()
        try:
            archives.unpack([file], into, current(), lambda done, total: None)
            came_to.add("opened")
        except UserError as error:
            assert error.code.startswith("E-")
            came_to.add(error.code)
    assert {"opened", "E-ARCHIVE"} <= came_to


def test_an_entry_said_to_lie_outside_of_the_file_is_damage(tmp_path):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("a/1.png", b"x" * 40)
        archive.writestr("a/2.png", b"x" * 40)
    changed = bytearray(whole.getvalue())
    at = changed.find(b"PK\1\2") + 42
    changed[at : at + 4] = b"\xff\xff\xff\x7f"
    (tmp_path / "far.zip").write_bytes(changed)
    with pytest.raises(UserError) as refused:
        archives.unpack([tmp_path / "far.zip"], tmp_path, current(), lambda done, total: None)
    assert refused.value.code == "E-ARCHIVE"


@pytest.mark.parametrize("place", ["said", "usual"])
def test_both_records_of_a_large_zip_are_believed(place):
    """Readers differ in which they take, so neither may hide what the other says."""
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 46, 0)
    large = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 9**9, 9**9, 46, 0)
    first, second = (large, record) if place == "said" else (record, large)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, 0, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    file = io.BytesIO(first + b"\0" * 20 + second + locator + end)
    found = zip_directory.measure(file, most_entries=100, most_bytes=1000)
    assert found is not None and found.entries == 9**9
