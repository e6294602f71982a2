"""Optional packages of export formats: whether this Python may take one in, and taking it in.

Only what a format names is ever installed, as a finished wheel: nothing of it runs while it is put
into its place.
"""

import importlib
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.export.formats import registry
from tl_core.export.formats.needed_package import Package

LOOK_EVERY_S = 0.3


def command(name: str) -> str:
    """Return what a person types to install a package that a format needs by hand."""
    wanted = needed(name).wanted
    return f"python -m pip install {shlex.quote(wanted)}"


def is_allowed() -> bool:
    """Say whether a click may install: Graft is one person's own, and its Python is theirs to change."""
    now = settings.current()
    is_shared = bool(now.access_code.get_secret_value() or now.database_url)
    return not is_shared and find_spec("pip") is not None and _is_own_python()


def needed(name: str) -> Package:
    """Return the package of this name that a format needs.

    Raises:
        UserError: "package" where no format needs such a package.
    """
    for format_ in registry.FORMATS:
        for need in format_.packages:
            if need.name == name:
                return need
    raise UserError(
        "package",
        "No format needs a package called {name!r}.",
        "Choose one of those that Take it home names.",
        name=name,
    )


def install(name: str, should_stop: Callable[[], bool]) -> bool:
    """Install a package that a format needs; return whether it is there now, False when stopped.

    Raises:
        UserError: "package", "install-refused" where a click may not, "install-failed" with what
            pip said last.
    """
    need = needed(name)
    if not is_allowed():
        raise UserError(
            "install-refused",
            "Packages cannot be installed from here: Graft is shared, or its Python is not its own.",
            "Type in its environment: {command}",
            command=command(name),
        )
    words = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        child = subprocess.Popen(
            [*words, "--only-binary", ":all:", need.wanted],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            while child.poll() is None:
                if should_stop():
                    return False
                time.sleep(LOOK_EVERY_S)
        finally:
            child.kill()
            child.wait()
        log.seek(0)
        told = log.read()
    importlib.invalidate_caches()
    if child.returncode or not need.is_here:
        print(told)  # the log of the job keeps it
        raise UserError(
            "install-failed",
            "The package {name} could not be installed: {last}",
            "Check the internet connection, or type: {command}",
            name=name,
            last=(told.strip().splitlines() or ["?"])[-1],
            command=command(name),
        )
    return True


def _is_own_python() -> bool:
    """Say whether it is an environment, or a Python that no system looks after, and may be written to."""
    is_environment = sys.prefix != sys.base_prefix
    marker = Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED"
    packages = sysconfig.get_path("purelib")
    return (is_environment or not marker.exists()) and os.access(packages, os.W_OK)
