"""Tables that name classes or numbers for each picture, as people and spreadsheets write them."""

import json
import math
from pathlib import Path

import pytest

from tl_core.base.errors import UserError
from tl_core.datasets.splits import TEST, TRAIN, UNSET
from tl_core.intake import sheets, tables
from tl_core.intake.tables import Columns


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def code_of(path: Path, columns: Columns | None = None) -> str:
    with pytest.raises(UserError) as caught:
        tables.read(path, columns)
    assert caught.value.hint
    return caught.value.code


def test_numeric_columns_become_targets(tmp_path: Path) -> None:
    table = tables.read(
        written(tmp_path, "file,price,area,remark\na.jpg,10.5,3,nice\nb.jpg,7,4,\n")
    )
    assert table.targets == ("price", "area")
    assert table.rows[0].values == (10.5, 3.0)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_labels_parts_and_groups_are_read(separator: str, tmp_path: Path) -> None:
    text = "\ufeffImage,Label,Split,Group\na.jpg,dog,train,v1\nb.jpg,cat,test,v2\nc.jpg,cat,,\n"
    table = tables.read(written(tmp_path, text.replace(",", separator)))
    assert [row.label for row in table.rows] == ["dog", "cat", "cat"]
    assert [row.part for row in table.rows] == [TRAIN, TEST, UNSET]
    assert [row.group for row in table.rows] == ["v1", "v2", ""]


@pytest.mark.parametrize(
    ("text", "separator", "expected"),
    [
        ("12.5", ",", 12.5),
        ("12,5", ";", 12.5),
        ("1.234,5", ";", 1234.5),
        ("1,234.5", ",", 1234.5),
        ("1,234", ",", 1234.0),
        ("1,234", ";", 1.234),
        ("-3", ",", -3.0),
        ("1e3", ",", 1000.0),
        ("1 234,5".replace(" ", "\u202f"), ";", 1234.5),
        ("", ",", math.nan),
        ("inf", ",", math.nan),
        ("1_000", ",", math.nan),
        ("cheap", ",", math.nan),
    ],
)
def test_numbers_are_read_as_they_are_written_in_either_spelling(
    text: str, separator: str, expected: float
) -> None:
    assert tables.number(text, separator != ",") == pytest.approx(expected, nan_ok=True)


def test_a_german_spreadsheet_is_understood(tmp_path: Path) -> None:
    text = "sep=;\r\nDatei;file;Preis\r\n1;a.jpg;1.250,75\r\n2;b.jpg;99,5\r\n3;c.jpg;7\r\n"
    table = tables.read(written(tmp_path, text, "utf-16"))
    assert table.targets == ("Preis",)
    assert [row.values for row in table.rows] == [(1250.75,), (99.5,), (7.0,)]
    assert table.rows[0].line == 3


def test_what_only_numbers_the_lines_is_not_suggested(tmp_path: Path) -> None:
    text = "house_id,row,file,price\n12,1,a.jpg,5\n7,2,b.jpg,9\n99,3,c.jpg,1\n"
    assert tables.suggested(sheets.read(written(tmp_path, text))).targets == ("price",)


def test_a_missing_number_or_class_costs_one_line_and_its_number_is_told(tmp_path: Path) -> None:
    text = "file,price\n\na.jpg,1\n\nb.jpg,\nc.jpg,cheap\nd.jpg,3\n"
    faults = [row.fault for row in tables.read(written(tmp_path, text)).rows]
    assert [bool(fault) for fault in faults] == [False, True, True, False]
    assert "Line 5" in faults[1]
    assert "Line 6" in faults[2]
    assert "cheap" in faults[2]
    labels = tables.read(written(tmp_path, "file,label\na.jpg,cat\nb.jpg, \n")).rows
    assert "Line 3" in labels[1].fault


def test_columns_may_be_chosen(tmp_path: Path) -> None:
    path = written(tmp_path, "photo name,kind,price\na.jpg,dog,4\n")
    table = tables.read(path, Columns(file="photo name", label="kind"))
    assert (table.targets, table.rows[0].label) == ((), "dog")
    assert tables.read(path, Columns(file="photo name", targets=("price",))).rows[0].values == (4,)
    assert code_of(path, Columns(file="photo name", label="no such")) == "targets-columns"
    assert code_of(path, Columns(file="photo name")) == "targets-columns"


def test_json_lines_are_a_table_too(tmp_path: Path) -> None:
    text = '{"file_name": "a.jpg", "label": "dog"}\n\n{"file_name": "b.jpg", "label": null}\n'
    rows = tables.read(written(tmp_path, text)).rows
    assert [(row.file, row.label, row.line) for row in rows] == [
        ("a.jpg", "dog", 1),
        ("b.jpg", "", 3),
    ]
    listed = tables.read(written(tmp_path, '[{"file": "a.jpg", "price": 2.5}]'))
    assert listed.rows[0].values == (2.5,)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "targets-file"),
        ("file,label\n", "targets-file"),
        ("name,label\na,b\n", "targets-columns"),
        ("file,remark\na.jpg,nice\n", "targets-columns"),
        ("file,label,label\na.jpg,b,c\n", "targets-columns"),
        ("File,label,file\na.jpg,b,c\n", "targets-columns"),
        ("file,label,split\na.jpg,b,sometimes\n", "targets-value"),
        ('{"file": "a.jpg", "label"', "targets-file"),
        ('["a.jpg", "b.jpg"]', "targets-file"),
        ("[" * 100_000, "targets-file"),
    ],
)
def test_unusable_tables_are_refused(text: str, code: str, tmp_path: Path) -> None:
    assert code_of(written(tmp_path, text)) == code


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("latin-1", "Käse"),
        ("cp437", "Käse"),
        ("gbk", "苹果"),
        ("cp932", "りんご"),
        ("cp1251", "Яблоко"),
    ],
)
def test_a_table_in_another_encoding_is_read_as_what_it_looks_like(
    tmp_path: Path, encoding: str, label: str
) -> None:
    table = tables.read(written(tmp_path, f"file,label\na.jpg,{label}\n", encoding))
    assert table.rows[0].label == label
    looked = sheets.beginning(f"file,label\na.jpg,{label}\n".encode(encoding))
    assert looked.lines[0].fields["label"] == label


def test_a_long_table_in_another_encoding_looks_the_same_at_its_beginning(tmp_path: Path) -> None:
    data = ("文件,标签\n" + "图片.jpg,苹果\n" * 10_000).encode("gbk")
    assert len(data) > 2 * sheets.PREVIEW_BYTES
    path = tmp_path / "long.csv"
    path.write_bytes(data)
    assert sheets.beginning(data).header == sheets.read(path).header == ("文件", "标签")


def test_what_is_no_text_at_all_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(bytes(range(256)) * 10)
    assert code_of(path) == "targets-file"


def test_a_table_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert code_of(tmp_path / "no.csv") == "targets-file"


def test_the_beginning_of_a_long_table_is_enough_for_a_look() -> None:
    data = ("file,label\n" + "picture.jpg,cat\n" * 50_000).encode()
    sheet = sheets.beginning(data)
    assert 100 < len(sheet.lines) < 10_000
    assert sheet.lines[-1].fields == {"file": "picture.jpg", "label": "cat"}


@pytest.mark.parametrize(
    "data",
    [
        ("file,label\n" + "kätzchen😀.jpg,cat\n" * 50_000).encode("utf-16"),
        json.dumps([{"file": "kätzchen😀.jpg", "label": "cat"}] * 50_000).encode(),
        json.dumps([{"file": "kätzchen😀.jpg", "label": "cat"}] * 50_000, indent=1).encode(
            "utf-16"
        ),
        json.dumps(
            [{"file": "kätzchen😀.jpg", "label": "cat"}] * 50_000, ensure_ascii=False
        ).encode(),
    ],
    ids=["utf-16", "list", "list in utf-16", "list in utf-8"],
)
def test_a_look_reads_no_more_than_the_beginning_whatever_wrote_the_table(data: bytes) -> None:
    # Nothing behind the beginning can be read: whoever tries, fails.
    sheet = sheets.beginning(data[: sheets.PREVIEW_BYTES] + b"\x00\xd8" * len(data))
    assert 100 < len(sheet.lines) < 10_000
    assert {tuple(line.fields.values()) for line in sheet.lines} == {("kätzchen😀.jpg", "cat")}


def test_a_broken_list_of_objects_is_told_at_the_first_look() -> None:
    with pytest.raises(UserError, match="JSON lines"):
        sheets.beginning(b"[{'file': 1}, " + b" " * sheets.PREVIEW_BYTES + b"]")


def test_a_table_over_the_limit_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "LIMIT_BYTES", 2 * 1024**2)
    data = b"file,label\n" + b"a.jpg,cat\n" * 300_000
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    for look in (lambda: sheets.beginning(data), lambda: sheets.read(path)):
        with pytest.raises(UserError) as caught:
            look()
        assert caught.value.code == "targets-file"
        assert "3 MiB, more than the limit of 2 MiB" in caught.value.message


def test_a_json_table_may_hold_any_number_and_half_characters(tmp_path):
    """As long as 5,000 digits, which Python reads no number from, and what JSON alone can spell."""
    table = tmp_path / "labels.json"
    digits = "9" * 5000
    table.write_text(
        f'[{{"file": "a.png", "label": 7, "size": {digits}}},'
        '{"file": "b.png", "label": "\\ud800x", "size": 1}]',
        "utf-8",
    )
    first, second = tables.read(table).rows
    assert (first.label, second.label) == ("7", "\ufffdx")
    sized = tables.read(table, Columns(file="file", targets=("size",)))
    assert "not a number" in sized.rows[0].fault and not sized.rows[1].fault


def test_what_describes_a_picture_at_length_is_no_class(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text(f"file,label\na.png,{'long ' * 800}\nb.png,{'x' * 255}\n", "utf-8")
    first, second = tables.read(table).rows
    assert "3999 characters" in first.fault
    assert not second.fault
