"""Lines of a table find their pictures, and what is in doubt is set aside and named."""

import unicodedata

import pytest

from tl_core.base.errors import UserError
from tl_core.datasets.splits import UNSET
from tl_core.intake import matching
from tl_core.intake.tables import Row


def rows(*pairs: tuple[str, str]) -> list[Row]:
    return [
        Row(line, file, label, (), UNSET, "", "" if label else "no class")
        for line, (file, label) in enumerate(pairs, start=2)
    ]


def labels(matched: matching.Matched) -> list[str | None]:
    return [row and row.label for row in matched.rows]


@pytest.mark.parametrize(
    ("file", "picture"),
    [
        ("a.jpg", "set/cats/a.jpg"),
        ("cats/a.jpg", "set/cats/a.jpg"),
        ("cats/a.jpg", "a.jpg"),
        ("./cats//a.jpg", "set/cats/a.jpg"),
        ("images/a.jpg", "photos/a.jpg"),
        ("a", "set/a.jpg"),
        ("a.jpg", "set/A.JPG"),
        ("A", "a.jpeg"),
        ("1", "1.png"),
        (unicodedata.normalize("NFD", "Käse.jpg"), unicodedata.normalize("NFC", "Käse.jpg")),
        (unicodedata.normalize("NFC", "Käse.jpg"), unicodedata.normalize("NFD", "x/Käse.jpg")),
    ],
)
def test_a_picture_is_found_however_its_name_is_written(file: str, picture: str) -> None:
    assert labels(matching.match(rows((file, "cat")), [picture])) == ["cat"]


def test_what_the_table_tells_apart_stays_apart() -> None:
    found = matching.match(
        rows(("a.jpg", "one"), ("A.jpg", "two"), ("a.png", "three")), ["a.jpg", "A.jpg", "a.png"]
    )
    assert labels(found) == ["one", "two", "three"]


def test_a_bare_name_means_no_picture_of_several() -> None:
    found = matching.match(
        rows(("a.jpg", "cat"), ("y/b.jpg", "dog")), ["x/a.jpg", "y/a.jpg", "y/b.jpg"]
    )
    assert labels(found) == [None, None, "dog"]
    assert [(aside.name, aside.code) for aside in found.aside] == [
        ("x/a.jpg", "table-ambiguous"),
        ("y/a.jpg", "table-ambiguous"),
    ]


def test_the_table_s_own_folder_decides_between_equal_names() -> None:
    found = matching.match(rows(("a.jpg", "cat")), ["train/a.jpg", "test/a.jpg"], folder="train")
    assert labels(found) == ["cat", None]


def test_two_lines_for_one_picture_must_agree() -> None:
    same = matching.match(rows(("a.jpg", "cat"), ("x/a.jpg", "cat")), ["x/a.jpg"])
    assert labels(same) == ["cat"]
    torn = matching.match(
        rows(("a.jpg", "cat"), ("x/a.jpg", "dog"), ("b.jpg", "cat")), ["x/a.jpg", "b.jpg"]
    )
    assert labels(torn) == [None, "cat"]
    assert torn.aside[0].code == "table-two-rows"
    assert "2 and 3" in torn.aside[0].reason


def test_gaps_and_lines_without_a_picture_are_told() -> None:
    found = matching.match(
        rows(("a.jpg", ""), ("b.jpg", "cat"), ("gone.jpg", "dog")), ["a.jpg", "b.jpg", "c.jpg"]
    )
    assert labels(found) == [None, "cat", None]
    assert [aside.code for aside in found.aside] == ["table-gap", "picture-unlisted"]
    assert [row.file for row in found.unused] == ["gone.jpg"]


def test_a_table_that_names_no_picture_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        matching.match(rows(("a.jpg", "x")), ["b.jpg"])
    assert caught.value.code == "targets-none"
