"""Tables to take away: nothing in them is run as a formula, whatever stands before it."""

import csv
import io

import pytest

from tl_core.base import figures
from tl_core.export import answers, spreadsheet
from tl_core.jobs.predictor import Prediction


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-x",
        "@x",
        "\t=1",
        "\n=1",
        " =1",
        "\u200b=1",
        "＝1",
        "﹢1",
        "－1",
        "＠x",
        "\r-1",
    ],
)
def test_what_a_spreadsheet_could_run_gets_an_apostrophe(text: str) -> None:
    written = spreadsheet.as_csv({"file": [text]}).decode("utf-8-sig")
    _, (cell,) = csv.reader(io.StringIO(written, newline=""))
    assert cell.startswith("'") and cell.replace("'", "") == text


@pytest.mark.parametrize("text", ["a=1", "-1", "-1.5", "猫.jpg", "1.5", "(x)", ""])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert spreadsheet.as_csv({"file": [text]}).decode("utf-8-sig").splitlines()[1] in (text, '""')


def test_numbers_stay_numbers() -> None:
    assert spreadsheet.as_csv({"x": [-1.5]}).decode("utf-8-sig").splitlines()[1] == "-1.5"


def test_answers_stand_beside_file_names_whatever_classes_are_called() -> None:
    told = [Prediction("file", {"file": 0.75, "answer": 0.25})]
    assert answers.columns(["a.png"], told) == {
        "file": ["a.png"],
        "answer": ["file"],
        "probability": [0.75],
        "probability of file": [0.75],
        "probability of answer": [0.25],
    }
    numbers = [Prediction("", {}, {"file": 2.5})]
    assert answers.columns(["a.png"], numbers) == {"file": ["a.png"], "predicted file": [2.5]}


def test_dates_and_ranges_carry_nothing_that_only_holds_lines_together() -> None:
    told = {
        "Date": [figures.moment(0)],
        "Between": [figures.between("55", "87\u202f%")],
        "Name": ["a\u2060b"],
    }
    date, between, name = rows_of(spreadsheet.as_csv(told))[1]
    assert "\u2060" in told["Date"][0] and date == told["Date"][0].replace("\u2060", "")
    assert between == "55–87\u202f%" and name == "a\u2060b"


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
