"""Text that people wrote is shown as it is."""

import re

import pytest

from pages.parts.shared import charts, csv_download
from pages.parts.shared.text import (
    WORD_JOINER,
    distinct,
    distinct_literal,
    escape,
    literal,
    literal_with_links,
    shortened,
)

NASTY = [
    "<img src=x onerror=alert(1)>",
    "**bold**",
    "$x^2$",
    ":smile: :red[x]",
    "a_b_c",
    "`code`",
    "[a](http://e)",
    "# h",
]


@pytest.mark.parametrize("text", NASTY)
def test_every_sign_that_markdown_could_read_is_escaped(text):
    shown = literal(text).replace(WORD_JOINER, "")
    for index, sign in enumerate(shown):
        if sign.isascii() and not sign.isalnum() and sign not in " \\":
            assert shown[index - 1] == "\\", f"{sign!r} is not escaped in {shown!r}"
    assert shown.replace("\\", "") == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "https://evil.example/x",
            "HTTP://evil.example",
            "see www.evil.example now",
            "ftp://e.example",
        ),
        *(
            "me@evil.example",
            "a.b+c@evil.example",
            "mailto:me@evil.example",
            "xmpp:me@evil.example",
        ),
        *("(www.evil.example)", "*www.evil.example", "x@y", "WWW.EVIL.EXAMPLE"),
    ],
)
def test_an_address_is_parted_so_that_it_becomes_no_link(text):
    shown = re.sub(r"\\(.)", r"\1", literal(text))
    assert shown.replace(WORD_JOINER, "") == text
    # What the browser side looks for, as its library writes it.
    assert not re.search(r"(https?://|www(?=\.))([-.\w]+)", shown, re.IGNORECASE)
    assert not re.search(r"[-.\w+]+@[-\w]+", shown)


def test_only_an_address_of_our_own_can_be_followed():
    own = "https://storage.example/a_b.h5"
    shown = literal_with_links(f"Get {own}, not https://evil.example", [own, "https://other"])
    assert shown.startswith(f"Get <{own}>")
    assert "https://evil" not in re.sub(r"\\(.)", r"\1", shown)


def test_an_emoji_code_is_parted_so_that_no_emoji_is_drawn():
    assert WORD_JOINER in literal(":smile:")


def test_other_scripts_stay_as_they_are():
    assert literal("猫 قط แมว é") == "猫 قط แมว é"


def test_html_is_escaped_in_content_and_in_attributes():
    assert escape("<b a=\"x\" c='y'>&") == "&lt;b a=&quot;x&quot; c=&#x27;y&#x27;&gt;&amp;"


def test_chart_labels_show_tags_instead_of_obeying_them():
    assert charts.plain("<b>x</b>") == "&lt;b&gt;x&lt;/b&gt;"


def test_a_long_name_is_cut_in_the_middle():
    assert shortened("a" * 30 + "b" * 30, 11) == "aaaaa…bbbbb"


def test_a_cell_that_begins_like_a_formula_gets_an_apostrophe():
    columns = {
        "class": ['=HYPERLINK("http://e")', "+1", "-1", "@x", "\tx", "plain", " =1"],
        "n": [1, -2, 3, 4, 5, 6, 7],
    }
    lines = csv_download.as_csv(columns).decode("utf-8-sig").splitlines()
    assert lines[1] == '"\'=HYPERLINK(""http://e"")",1'
    assert lines[2] == "'+1,-2"
    assert lines[6] == "plain,6"
    assert lines[7] == "' =1,7"


def test_names_to_choose_from_are_all_different():
    names = {1: "cups", 2: "cups", 3: "cups · 2", 4: "cups"}
    assert distinct(names) == {1: "cups", 2: "cups · 3", 3: "cups · 2", 4: "cups · 4"}
    long = {"a": "x" * 50 + "1" + "y" * 50, "b": "x" * 50 + "2" + "y" * 50}
    assert len(set(distinct(long).values())) == 2


def test_names_to_choose_from_are_no_markdown():
    told = distinct_literal({0: ":red[price]", 1: "$x$", 2: "![x](http://host/p.png)"})
    assert told == {
        key: literal(name)
        for key, name in distinct(
            {0: ":red[price]", 1: "$x$", 2: "![x](http://host/p.png)"}
        ).items()
    }
    assert all(sign not in text for text in told.values() for sign in (":red[", "$x$", "]("))


def test_spaces_that_do_not_break_stay_and_all_others_become_one():
    assert literal("56\u202f% of\n 264\u202f000\t x") == "56\u202f\\% of 264\u202f000 x"
