"""A new language is a file: the template that translators start from is complete."""

import ast
import gettext
import importlib.util
import re
from pathlib import Path
from string import Formatter
from types import ModuleType

import pytest

from pages.parts.shared.words import t
from tl_core.base.said import Said

ROOT = Path(__file__).resolve().parents[1]


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("texts", ROOT / ".ci" / "texts.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TEXTS = _loaded()


@pytest.fixture
def texts() -> ModuleType:
    return TEXTS


def test_the_template_holds_every_text_of_today(texts):
    kept = texts.TEMPLATE.read_text("utf-8")
    assert kept == texts.template(), "run `make texts` and commit what changed"


@pytest.mark.parametrize("text", ["Start training", "Passes over the training pictures."])
def test_texts_of_pages_and_of_settings_are_in_it(texts, text):
    assert text in texts.TEMPLATE.read_text("utf-8")


def test_another_language_is_a_file(texts, tmp_path, monkeypatch):
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with texts.TEMPLATE.open("rb") as file:
        catalogue = read_po(file, locale="de")
    catalogue["Start training"].string = "Training starten"
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "graft.mo").open("wb") as file:
        write_mo(file, catalogue)
    german = gettext.translation("graft", tmp_path, ["de"])
    assert german.gettext("Start training") == "Training starten"
    assert german.gettext("Runs") == "Runs"


@pytest.fixture(scope="module")
def calls() -> list[tuple[str, ast.Call]]:
    """Every call in the core, with the file where it stands."""
    return [
        (path.relative_to(ROOT).as_posix(), node)
        for path in sorted((ROOT / "tl_core").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]


def test_no_refusal_is_filled_in_before_a_page_can_translate_it(texts, calls):
    filled_in = [
        f"{place}:{value.lineno}"
        for place, call in calls
        for value in texts.wanted(call)
        if any(isinstance(part, ast.JoinedStr) for part in ast.walk(value))
    ]
    told = "give the values by name: UserError(code, '… {name} …', hint, name=name)"
    assert filled_in == [], told


def test_every_refusal_is_given_just_the_values_that_its_text_names(texts, calls):
    checked = 0
    for place, call in calls:
        name = getattr(call.func, "id", "")
        if name not in ("UserError", "Said", "counted") or any(
            k.arg is None for k in call.keywords
        ):
            continue
        own = {"code", "message", "hint"} if name == "UserError" else set()
        counts = {"count"} if name == "counted" else set()
        given = {str(keyword.arg) for keyword in call.keywords} - own
        constant = [text for value in texts.wanted(call) for text in texts.constants(value)]
        if given and constant:
            named = {field for text in constant for _, field, *_ in Formatter().parse(text)}
            assert named - {None} - counts == given, f"{place}:{call.lineno}"
            checked += 1
    assert checked > 50


BREAKABLE = re.compile(r"[0-9}f] %(?:$|[^%a-z(0-9{])")


def test_no_line_ends_between_a_number_and_its_percent_sign(texts):
    """Sentences are written with a plain space, and said with a thin one that does not break."""
    written = [text for message in texts.catalogue() for text in _forms(message.id)]
    assert len([text for text in written if BREAKABLE.search(text)]) > 20
    assert [text for text in written if BREAKABLE.search(t(text))] == []
    assert not BREAKABLE.search(Said("{share} of 95 %: {name}.", share="81", name="x"))
    assert Said("{name}", name="sale 50 %") == "sale 50 %"  # what people wrote stays as it is


def test_pages_write_no_number_of_their_own_that_a_line_may_end_in(texts):
    said = {text for message in texts.catalogue() for text in _forms(message.id)}
    breakable = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in sorted((ROOT / "pages").rglob("*.py"))
        for node in _spoken(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value not in said
        and (BREAKABLE.search(node.value) or node.value.startswith(" %"))
    ]
    assert breakable == [], "write \\u202f before the percent sign"


def _forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _spoken(tree: ast.AST) -> list[ast.AST]:
    """Return every node but docstrings."""
    nodes = list(ast.walk(tree))
    for_readers = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return [node for node in nodes if id(node) not in for_readers]


NUMBER_OF_THINGS = re.compile(
    r"\{(?:count|number|all|some|leaked|size|total|shown|done|n|pictures|classes|epochs)\} "
    r"(?:(?:other|more|test|training|validation|exact|of your) )*"
    r"(?:pictures?|runs?|class(?:es)?|files?|epochs?|copies|copy|lines?|models?|groups?|rows?|columns?|people|data sets)\b"
)


def test_no_text_counts_things_in_one_form_alone(texts):
    """ "1 pictures" is said nowhere: what counts has a form for one and a form for several."""
    single = [message.id for message in texts.catalogue() if isinstance(message.id, str)]
    assert [text for text in single if NUMBER_OF_THINGS.search(text)] == []
