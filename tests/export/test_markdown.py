"""What people wrote is shown by Markdown as it is; sentences stay sentences."""

from tl_core.base.figures import Figure
from tl_core.base.said import Said, counted
from tl_core.export import markdown


def test_nothing_that_a_person_wrote_is_obeyed():
    hostile = "# big\n<img src=x> [a](http://b) | `c` \u202e*d*"
    told = markdown.plain(hostile)
    assert "\n" not in told and "\u202e" not in told
    for mark in "#<>[]|`*":
        assert told.count(mark) == told.count(f"\\{mark}")
    assert "http\\://" in told and "www\\.x" in markdown.plain("www.x")
    for begins in ("- a", "+ a", "1. a", "12) a"):
        assert "\\" in markdown.plain(begins)


def test_ordinary_names_stay_readable():
    for name in ("graft-fruit", "2026-11-27", "MobileNetV2 (1.0)", "it's, a: b/c"):
        assert markdown.plain(name) == name


def test_values_of_a_sentence_are_escaped_and_its_own_marks_and_figures_are_not():
    inner = Said("called *{name}*", name="<b>")
    told = Said("{share} of {name}, {inner}", share=Figure("81 %"), name="a|b", inner=inner)
    assert markdown.say(told, "en") == "81 % of a\\|b, called *\\<b\\>*"
    several = counted("{count} of {name}", "{count} of {name}s", 2, name="_x_")
    assert markdown.say(several, "en") == "2 of \\_x\\_s"


def test_a_table_keeps_its_columns_whatever_stands_in_it():
    told = markdown.table([Said("Name"), Said("Count")], [["a | b\nc", Figure("3")]], "en")
    assert told.splitlines() == ["| Name | Count |", "| --- | --- |", "| a \\| b c | 3 |"]
