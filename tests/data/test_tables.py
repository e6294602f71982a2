"""Tables that name classes or numbers for each picture."""

from pathlib import Path

import pytest

from tl_core.data import tables
from tl_core.data.splits import TEST, TRAIN, UNSET
from tl_core.errors import UserError


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding)
    return path


def code_of(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        tables.read(path)
    return caught.value.code


def test_numeric_columns_become_targets(tmp_path: Path) -> None:
    table = tables.read(
        written(tmp_path, "file,price,area,remark\na.jpg,10.5,3,nice\nb.jpg,7,4,\n")
    )
    assert table.targets == ("price", "area")
    assert table.classes == ()
    assert table.rows[0].values == (10.5, 3.0)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_labels_parts_and_groups_are_read(separator: str, tmp_path: Path) -> None:
    text = "\ufeffImage,Label,Split,Group\na.jpg,dog,train,v1\nb.jpg,cat,test,v2\nc.jpg,cat,,\n"
    table = tables.read(written(tmp_path, text.replace(",", separator)))
    assert table.classes == ("cat", "dog")
    assert [row.label for row in table.rows] == [1, 0, 0]
    assert [row.part for row in table.rows] == [TRAIN, TEST, UNSET]
    assert [row.group for row in table.rows] == ["v1", "v2", ""]


def test_pictures_match_by_path_or_by_name(tmp_path: Path) -> None:
    table = tables.read(written(tmp_path, "file,label\nx/a.jpg,one\nb.jpg,two\n"))
    rows = tables.match(table, ["set/x/a.jpg", "set/y/b.jpg", "set/y/c.jpg"])
    assert [row and table.classes[row.label] for row in rows] == ["one", "two", None]


def test_faults_are_named_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Line 3") as caught:
        tables.read(written(tmp_path, "file,price\na.jpg,1\nb.jpg,cheap\n"))
    assert caught.value.code == "targets-value"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "targets-file"),
        ("file,label\n", "targets-file"),
        ("name,label\na,b\n", "targets-columns"),
        ("file,remark\na.jpg,nice\n", "targets-columns"),
        ("file,label,label\na.jpg,b,c\n", "targets-columns"),
        ("file,price\na.jpg,1\nb.jpg,nan\n", "targets-value"),
        ("file,label,split\na.jpg,b,sometimes\n", "targets-value"),
    ],
)
def test_unusable_tables_are_refused(text: str, code: str, tmp_path: Path) -> None:
    assert code_of(written(tmp_path, text)) == code


def test_a_table_in_another_encoding_is_refused(tmp_path: Path) -> None:
    assert code_of(written(tmp_path, "file,label\na.jpg,Käse\n", "latin-1")) == "targets-file"


def test_a_table_that_names_no_picture_is_refused(tmp_path: Path) -> None:
    table = tables.read(written(tmp_path, "file,label\na.jpg,x\n"))
    with pytest.raises(UserError) as caught:
        tables.match(table, ["b.jpg"])
    assert caught.value.code == "targets-none"
