"""Classes from elsewhere are matched by name; what a person says comes before it."""

import pytest

from tl_core.datasets.class_matching import NONE, corrected, matched, read, written


def test_the_very_name_comes_first_and_case_and_spaces_do_not_count():
    found = matched(("Sea gull", "sea_gull", "dog", "Bee"), ("sea gull", "Dog", "bee"))
    assert found == {"Sea gull": "sea gull", "sea_gull": "sea gull", "dog": "Dog", "Bee": "bee"}
    assert matched(("A",), ("A", "a")) == {"A": "A"}


def test_nothing_is_guessed_where_two_are_alike_or_none_is():
    assert matched(("A b", "cat"), ("a-b", "a_b", "dog")) == {"A b": NONE, "cat": NONE}


def test_names_of_other_scripts_and_of_signs_alone_are_matched():
    assert matched(("苹果", "ＡＢ", "+"), ("苹果", "ab", "-", "+")) == {
        "苹果": "苹果",
        "ＡＢ": "ab",
        "+": "+",
    }
    assert matched(("?",), ("!",)) == {"?": NONE}


def test_what_a_person_says_comes_before_names():
    ours = ("cat", "dog")
    found = corrected(("cat", "hound", "cow"), ours, {"cat": NONE, "hound": "dog", "cow": "horse"})
    assert found == {"cat": NONE, "hound": "dog", "cow": NONE}


def test_corrections_go_through_one_line_whatever_names_hold():
    renamed = {'a=b, "c"': "d", "苹果": NONE}
    assert read(written(renamed)) == renamed and written({}) == "" and read("") == {}
    assert read("cats=cat, kitten = cat,cow=") == {"cats": "cat", "kitten": "cat", "cow": NONE}


@pytest.mark.parametrize("line", ["cats", '{"cats": 1}', "{cats"])
def test_what_is_no_correction_is_refused(line):
    with pytest.raises(ValueError):
        read(line)
