"""A new language is a file: the template that translators start from is complete."""

import gettext
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

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
