"""Only what a format needs is installed, and only where a click may; pip itself is a stand-in."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tl_core.base.errors import UserError
from tl_core.export import installing
from tl_core.export.formats import registry
from tl_core.export.formats.needed_package import Package
from tl_core.jobs import installer, work
from tl_core.jobs.kinds.installing import INSTALL

NEED = Package("graft-needs-this", "graft_needs_this", "it writes such files.")


@pytest.fixture
def place(tmp_path: Path, monkeypatch) -> Path:
    """A folder on the path that a pip of our own installs into; a format needs the package."""
    lacking = replace(registry.FORMATS[0], name="lacking", packages=(NEED,))
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, lacking))
    (folder := tmp_path / "packages").mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(installing, "_is_own_python", lambda: True)
    return folder


def pip(monkeypatch, tmp_path: Path, program: str) -> None:
    """Let a shell program stand in for Python with pip."""
    (file := tmp_path / "python").write_text(f"#!/bin/sh\n{program}\n")
    file.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(file))


def test_a_package_that_no_format_names_is_refused(place):
    with pytest.raises(UserError) as refusal:
        installing.install("requests", lambda: False)
    assert refusal.value.code == "package"
    with pytest.raises(UserError):
        installer.start("requests; rm -rf /")


def test_a_click_installs_nothing_where_graft_is_shared(place, monkeypatch):
    assert installing.is_allowed()
    monkeypatch.setenv("GRAFT_ACCESS_CODE", "a long secret")
    assert not installing.is_allowed()
    with pytest.raises(UserError) as refusal:
        installing.install(NEED.name, lambda: False)
    assert refusal.value.code == "install-refused"
    assert "pip install graft-needs-this" in refusal.value.hint


def test_what_pip_was_asked_for_is_a_wheel_and_is_there_afterwards(place, tmp_path, monkeypatch):
    words = tmp_path / "words"
    pip(monkeypatch, tmp_path, f'echo "$@" > {words}; touch {place}/{NEED.module}.py')
    assert installing.install(NEED.name, lambda: False)
    assert words.read_text().split()[-3:] == ["--only-binary", ":all:", NEED.name]


def test_what_pip_says_last_is_told_when_it_fails(place, tmp_path, monkeypatch):
    pip(monkeypatch, tmp_path, "echo much; echo No matching distribution; exit 1")
    with pytest.raises(UserError) as refusal:
        installing.install(NEED.name, lambda: False)
    assert refusal.value.code == "install-failed"
    assert "No matching distribution" in refusal.value.message


def test_a_stop_ends_pip(place, tmp_path, monkeypatch):
    pip(monkeypatch, tmp_path, "exec sleep 60")
    assert installing.install(NEED.name, lambda: True) is False


def test_the_job_tells_why_it_failed(place, tmp_path, monkeypatch, home, engine):
    pip(monkeypatch, tmp_path, "echo no way; exit 1")
    installer.start(NEED.name)
    assert installer.is_working(NEED.name)
    assert work.do(INSTALL.name, NEED.name) == work.REFUSED
    assert not installer.is_working(NEED.name)
    with pytest.raises(UserError, match="no way"):
        installer.refusal(NEED.name)
