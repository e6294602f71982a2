"""Texts of the core come to the page with whatever values they have."""

from pages.parts.shared.words import t, tn
from tl_core.base.said import Said, counted


def test_values_may_be_called_as_the_forms_of_a_sentence_are():
    told = counted("{count} {one} {many}", "{count} {one} {many} each", 2, one="a", many="b")
    assert t(told) == "2 a b each"
    assert t(Said("{text}", text="x")) == t("{text}", text="x") == "x"
    assert tn("{one}", "{many}", 1, one="a", many="b") == "a"


def test_what_a_text_of_the_core_leaves_open_is_filled_by_the_page():
    assert t(Said("Run {command}."), command="`this`") == "Run `this`."
    assert t(Said("{a} and {b}", a="x", b="y"), a="z") == "x and y"
