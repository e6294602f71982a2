"""Numbers as English writes them: none is torn apart where a line ends."""

import ast
import time
from pathlib import Path

from tl_core.base import figures, speech
from tl_core.base.said import Said

ROOT = Path(__file__).resolve().parents[2]
WRITTEN_HERE = {"tl_core/base/figures.py", "tl_core/backbones/stage_names.py"}
"""THE place where ranges are written; and names of stages, which are kept as they are."""


def test_no_line_ends_after_the_dash_of_a_range():
    assert figures.between("55", "87\u202f%") == "55–\u206087\u202f%"
    assert figures.percent_within(0.8, 0.7059, 0.8696) == "80\u202f% (71–\u206087\u202f%)"
    assert figures.value_within(11.048, 8.11, 14.48)[1] == "8.1–\u206014.5"


def test_no_line_ends_between_plus_minus_and_its_number():
    assert figures.percent_within(0.81, 0.77, 0.85) == "81\u202f% ±\u202f4"
    assert figures.value_within(11.048, 9.9, 12.2)[1] == "±\u202f1.1"
    told = speech.say(Said("It reaches {mean} ± {spread}.", mean="75", spread="5"), "en")
    assert told == "It reaches 75 ±\u202f5."


def test_what_lies_below_zero_has_a_minus_sign_and_no_hyphen():
    minus = "\u2212"
    assert figures.fixed(-1234.56, 1) == f"{minus}1\u202f234.6"
    assert figures.fixed(-0.04, 1) == "0.0"
    assert figures.value(-4) == f"{minus}4" and figures.value(-0.0123) == f"{minus}0.0123"
    assert figures.value(-264_000) == f"{minus}264\u202f000" and figures.count(-3) == f"{minus}3"
    assert figures.hundredths(-0.5) == f"{minus}0.50"
    assert figures.value_within(-11.048, -14.48, -8.11)[1] == f"{minus}14.5–\u2060{minus}8.1"


def test_no_line_ends_within_a_date():
    told = figures.moment(0)
    day = told.split(" ")[0]
    assert day.count("-") == day.count("-\u2060") == 2
    time.strptime(told.replace("\u2060", ""), "%Y-%m-%d %H:%M")


def test_what_a_person_wrote_keeps_its_spaces_and_dashes():
    name = "x ± 1, 2019–2020"
    assert speech.say(Said("Data set {name}", name=name), "en") == f"Data set {name}"


def test_nobody_else_joins_two_numbers_to_a_range():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("tl_core", "pages")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if str(path.relative_to(ROOT)) not in WRITTEN_HERE
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.JoinedStr) and _joins_by_a_dash(node)
    ]
    assert found == [], "figures.between writes it so that it stays together"


def _joins_by_a_dash(text: ast.JoinedStr) -> bool:
    between = text.values[1:-1]
    return any(
        isinstance(part, ast.Constant) and str(part.value).strip() == "–" for part in between
    )
