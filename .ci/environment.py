"""Make or complete the virtual environment in .venv; does nothing when it is complete.

    python3 .ci/environment.py                      what the app needs
    python3 .ci/environment.py --tests              what the tests and checks need too
    python3 .ci/environment.py --tests --browser    and a Chromium, where there is none

Plain Python without anything installed, so that it runs before anything is.
"""

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "graft.json"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REQUIREMENTS = {"app": ROOT / "requirements.txt", "tests": ROOT / "tests" / "requirements.txt"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OLDEST, TOO_NEW = (3, 11), (3, 14)


def main() -> None:
    wanted = ["app", "tests"] if "--tests" in sys.argv[1:] else ["app"]
    build = gpu_build()
    stamp = read_stamp()
    missing = [part for part in wanted if stamp.get(part) != fingerprint(part, build)]
    if missing:
        make_environment()
        for part in missing:
            install(part, build)
            stamp[part] = fingerprint(part, build)
            STAMP.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    if "--browser" in sys.argv[1:]:
        find_browser()


def gpu_build() -> bool:
    """Say whether TensorFlow's GPU build is of use: Linux with a working NVIDIA driver."""
    if platform.system() != "Linux" or shutil.which("nvidia-smi") is None:
        return False
    asked = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    return asked.returncode == 0 and "GPU" in asked.stdout


def fingerprint(part: str, build: bool) -> str:
    """Return what changes when the part would have to be installed anew."""
    text = REQUIREMENTS[part].read_bytes() + str(VENV).encode() + bytes([build])
    return hashlib.sha256(text).hexdigest()


def read_stamp() -> dict[str, str]:
    if not PYTHON.exists():
        return {}
    try:
        return json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def make_environment() -> None:
    """Make .venv unless it is there and sound."""
    if PYTHON.exists() and run_quietly(PYTHON, "-m", "pip", "--version"):
        return
    if Path(sys.prefix) == VENV:
        # An environment cannot make itself anew; the Python that it was made from can.
        base = getattr(sys, "_base_executable", sys.executable)
        raise SystemExit(subprocess.run([base, *sys.argv], check=False).returncode)
    check_python()
    print(f"Making {VENV} with Python {platform.python_version()}", flush=True)
    venv.create(VENV, clear=True, with_pip=True, symlinks=os.name != "nt")


def check_python() -> None:
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        give_up(
            f"Graft needs Python 3.11, 3.12 or 3.13; this is {platform.python_version()}.",
            "Install one of them and run, for example: make PYTHON=python3.12 run",
        )
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python3.{sys.version_info.minor}-venv"
        give_up(
            "This Python cannot make virtual environments: its part `venv` is not installed.",
            f"On Debian and Ubuntu: sudo apt-get install python3-venv (or {package})",
        )


def install(part: str, build: bool) -> None:
    arguments = ["-r", str(REQUIREMENTS[part])]
    if part == "app" and build:
        print("An NVIDIA driver is there: installing TensorFlow's GPU build.", flush=True)
        arguments.append(gpu_requirement())
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, check=False).returncode:
        give_up(
            f"The libraries in {REQUIREMENTS[part].relative_to(ROOT)} could not be installed.",
            "The lines above say why. Check the internet connection and the free disk space.",
        )


def gpu_requirement() -> str:
    """Return the line for TensorFlow in requirements.txt, with its GPU libraries."""
    lines = REQUIREMENTS["app"].read_text("utf-8").splitlines()
    line = next(line for line in lines if line.startswith("tensorflow"))
    return line.replace("tensorflow", "tensorflow[and-cuda]", 1)


def find_browser() -> None:
    """Make sure that the browser tests find a Chromium."""
    if any(map(shutil.which, BROWSERS)) or playwright_browser():
        return
    if shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
        print("Installing Chromium for the browser tests", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"]
        if subprocess.run(command, env=environment, check=False).returncode == 0:
            return
    command = [str(PYTHON), "-m", "playwright", "install", "chromium"]
    if subprocess.run(command, check=False).returncode:
        give_up(
            "No Chromium was found, and none could be installed.",
            "Install Chromium or Google Chrome, then try again.",
        )


def playwright_browser() -> bool:
    """Say whether Playwright has brought a Chromium of its own."""
    look = (
        "import os; from playwright.sync_api import sync_playwright as s\n"
        "with s() as p: raise SystemExit(not os.path.exists(p.chromium.executable_path))"
    )
    return run_quietly(PYTHON, "-c", look)


def run_quietly(*command: object) -> bool:
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def give_up(what: str, remedy: str) -> None:
    raise SystemExit(f"\n{what}\n{remedy}\n")


if __name__ == "__main__":
    main()
