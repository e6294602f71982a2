"""What `make run` installs on which machine, and what it says where it cannot."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKING = "echo 'GPU 0: NVIDIA H100 (UUID: GPU-0)'"
ASLEEP = "echo 'NVIDIA-SMI has failed because it could not talk to the driver.'; exit 9"
WITHOUT_CARD = "echo 'No devices were found'"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the GPU build is for Linux")


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A fresh clone as far as installing goes."""
    folder = tmp_path / "clone"
    for file in ("Makefile", ".ci/environment.py", "requirements.txt", "tests/requirements.txt"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, folder / file)
    return folder


@pytest.fixture
def clone(fresh: Path) -> Path:
    """One with an environment whose Python only notes what it is to install."""
    program(
        fresh / ".venv/bin/python", f'case "$*" in *install*) echo "$*" >> {fresh}/asked;; esac'
    )
    return fresh


def program(file: Path, script: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def install(clone: Path, path: Path) -> str:
    """Run what `make run` runs first; return what was asked of pip, empty for nothing."""
    asked = clone / "asked"
    asked.unlink(missing_ok=True)
    script = [sys.executable, "-S", str(clone / ".ci/environment.py")]
    subprocess.run(script, env={"PATH": str(path)}, check=True)
    return asked.read_text() if asked.exists() else ""


@pytest.mark.parametrize(
    ("driver", "is_gpu_build"),
    [(WORKING, True), (ASLEEP, False), (WITHOUT_CARD, False), ("", False)],
    ids=["working", "asleep", "without a card", "none"],
)
def test_the_gpu_build_is_installed_where_a_driver_works(clone, tmp_path, driver, is_gpu_build):
    path = tmp_path / "bin"
    if driver:
        program(path / "nvidia-smi", driver)
    asked = install(clone, path)
    assert f"-r {clone}/requirements.txt" in asked
    assert ("tensorflow[and-cuda]" in asked) is is_gpu_build
    assert install(clone, path) == ""


def test_a_driver_that_came_later_brings_the_gpu_build(clone, tmp_path):
    path = tmp_path / "bin"
    assert "and-cuda" not in install(clone, path)
    program(path / "nvidia-smi", WORKING)
    assert "and-cuda" in install(clone, path)


def test_a_python_that_cannot_make_environments_is_told_the_package_to_install(fresh, tmp_path):
    path, without = tmp_path / "bin", tmp_path / "without"
    without.mkdir()
    (without / "sitecustomize.py").write_text("import sys; sys.modules['ensurepip'] = None")
    program(path / "python3", f'PYTHONPATH={without} exec {sys.executable} "$@"')
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "run"], cwd=fresh, env={"PATH": str(path)}, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "its part `venv` is not installed" in done.stderr
    assert f"apt-get install python3-venv (or python3.{sys.version_info.minor}-venv)" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (fresh / ".venv").exists()
