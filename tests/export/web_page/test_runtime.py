"""The runtime of web pages: only the published one is taken, and what is missing is said."""

from pathlib import Path

import pytest

from tl_core.base.errors import UserError
from tl_core.export.web_page import runtime


@pytest.fixture
def place(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "runtime"
    folder.mkdir()
    monkeypatch.setenv(runtime.FOLDER, str(folder))
    return folder


def test_what_packing_would_fetch_is_said_before(place: Path) -> None:
    told = runtime.still_to_fetch()
    assert told is not None and "33 MB from registry.npmjs.org" in told


def test_another_package_is_thrown_away(place: Path) -> None:
    with pytest.raises(UserError, match="not the published package"):
        runtime.keep(b"something else")
    assert not list(place.iterdir())


def test_a_changed_file_is_not_put_into_a_page(place: Path) -> None:
    for name in runtime.SHA256:
        (place / name).write_bytes(b"changed")
    assert runtime.still_to_fetch() is None
    with pytest.raises(UserError, match="is not the published file"):
        runtime.files()


def test_a_missing_file_is_named_with_the_way_out(place: Path) -> None:
    with pytest.raises(UserError, match=runtime.SCRIPT) as caught:
        runtime.files()
    assert runtime.URL in caught.value.hint and runtime.FOLDER in caught.value.hint
