"""The page is one file that a class called anything cannot break."""

import json
import re
from pathlib import Path

import pytest

from tests.export.web_page import small_model
from tl_core.base.errors import UserError
from tl_core.export.web_page import compose, runtime, words
from tl_core.modalities.picture.member import Picture
from tl_core.serving import documents


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(runtime, "files", lambda: (b"script", b"wasm"))
    return compose.page(b"model", small_model.described(tmp_path / "m"), None)


def test_the_page_loads_nothing_from_anywhere(page: str) -> None:
    assert not re.findall(r'\s(?:src|href)="', page)
    assert "default-src 'none'" in page and "connect-src" not in page


def test_a_class_called_like_markup_stays_text(page: str) -> None:
    told = re.findall(r'id="told">(.*?)</script>', page, re.DOTALL)
    assert tuple(json.loads(told[0])["names"]) == small_model.CLASSES
    assert "red </script>" not in page


def test_shares_read_as_in_the_app_with_a_narrow_space_that_does_not_break(page: str) -> None:
    served = (Path(documents.FOLDER) / "ask.js").read_text("utf-8")
    for program in (page, served):
        assert "${Math.round(100 * share)}\\u202f%" in program and '"percent"' not in program


def test_where_browsers_forbid_the_live_camera_a_photo_can_be_taken(page: str) -> None:
    assert 'capture="environment"' in page
    assert 'find(".shoot").hidden = isSecureContext' in page


def test_the_model_inside_is_found_again(page: str) -> None:
    assert compose.model_in(page) == b"model"


def test_every_text_that_the_program_asks_for_is_there(page: str) -> None:
    asked = set(re.findall(r"\bwords\.(\w+)", page))
    assert asked == set(words.WORDS)


def test_examples_that_no_browser_opens_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Picture, "in_browser", lambda self: "")
    with pytest.raises(UserError, match="pictures only"):
        compose.page(b"", small_model.described(tmp_path / "m"), None)
