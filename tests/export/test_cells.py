"""No cell of a table becomes a formula in a spreadsheet, and no number becomes text."""

import csv
import io

import pytest

from pages.parts.shared import csv_download
from tl_core.export.cells import cell

FORMULAS = [
    *("=1", "+1", "@SUM(A1)", "-A1", "-2+3", '=HYPERLINK("http://e")', "=cmd|'/c calc'!A0"),
    *(
        "\n=1",
        "\r=1",
        "\t=1",
        " =1",
        "\u00a0=1",
        "\u3000=1",
        "\ufeff=1",
        "\u200b=1",
        "\x00=1",
        "\x0b=1",
    ),
    *("\tx", "\rx", "\nx"),
    *("'=1", '"=1', "“=1", "' =1", "''=1", "\u202e=1"),
    *("＝1", "＋1", "－1", "＠SUM(A1)", "﹦1", "\n＝1", " ＝1", "−A1"),
]


@pytest.mark.parametrize("text", FORMULAS, ids=repr)
def test_text_like_a_formula_is_told_to_be_text(text):
    told = cell(text)
    assert isinstance(told, str) and told.startswith("'")
    assert told.replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(
    "value",
    [-1.5, 3, 0.1, "-1.5", "-1", "1e-7", "-2,5", "12", "a=b", "a-b", "me@x", "cat", "é", "", "–"],
    ids=repr,
)
def test_numbers_and_plain_words_stay_as_they_are(value):
    assert cell(value) == value


@pytest.mark.parametrize("text", ["a;=1", "a; =1", "a|=1", "a\t=1", "a\n=1", "a;＝1", 'a;"=1'])
def test_where_other_programs_part_a_cell_no_formula_begins(text):
    told = str(cell(text))
    assert "'" in told and told.replace("'", "") == text
    assert not any(
        part.lstrip(' "').startswith(("=", "＝"))
        for part in told.replace("\t", ";").replace("\n", ";").replace("|", ";").split(";")
    )


def test_a_whole_table_is_read_back_with_its_numbers_and_without_formulas():
    raw = csv_download.as_csv({"=name": FORMULAS, "value": [-1.5] * len(FORMULAS)}).decode(
        "utf-8-sig"
    )
    header, *lines = csv.reader(io.StringIO(raw))
    assert header == ["'=name", "value"]
    assert all(name.startswith("'") and value == "-1.5" for name, value in lines)
