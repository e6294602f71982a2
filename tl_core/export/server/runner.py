"""Starts the server in a zip by the zip's own recipe and sends it pictures; run as a script itself.

Knows nothing of Graft, and the server finds nothing but what the zip holds and what a Python has that its
requirements name. Standard input is one JSON object {"zip": FILE, "names": [NAME OF AN OUTPUT, …], "pictures": [FILE, …],
"hidden": [MODULE THAT THE SERVER MUST NOT FIND, …]}; the answers go to the `.npy` file named as argument, NaN for a picture
that the server refuses, and to `measured.json` beside it which these are and what was measured.
"""

import json
import os
import pathlib
import platform
import re
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

AT_ONCE = 4
TIMED = 20
LONGEST_S = 3.0
TIMEOUT_S = 60.0
WAIT_S = 0.2
REFUSED = range(400, 500)
BUSY = 429
HIDING = """
import sys

class Hiding:
    def __init__(self, finder):
        self._finder = finder

    def __getattr__(self, name):
        return getattr(self._finder, name)

    def find_spec(self, name, path=None, target=None):
        return None if name.split(".")[0] in {hidden!r} else self._finder.find_spec(name, path, target)

sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path]
"""
"""Read by Python itself when it starts: packages that the container lacks cannot be imported."""
PASSED_ON = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG")


class Server:
    """A server that listens.

    Args:
        address: of it.
        token: that it wants.
    """

    def __init__(self, address: str, token: str) -> None:
        self._address, self._token = address, token
        # No proxy of the machine's own stands between.
        self._ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def answer(self, content: bytes) -> dict | None:
        """Return what it says of a picture, None where it refuses it."""
        headers = {"authorization": f"Bearer {self._token}", "content-type": "image/*"}
        address = f"{self._address}predict"
        request = urllib.request.Request(address, content, headers)  # noqa: S310 - begins with http
        for _ in range(round(TIMEOUT_S / WAIT_S)):
            try:
                with self._ask(request, timeout=TIMEOUT_S) as found:
                    return json.load(found)
            except urllib.error.HTTPError as error:
                if error.code not in REFUSED:
                    raise SystemExit(f"the server failed: {error.code} {error.read()!r}") from error
                if error.code != BUSY:
                    return None
                time.sleep(WAIT_S)
        raise SystemExit("the server is busy all the time")


def main(answers_file: str) -> None:
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="graft-server-") as folder:
        place = pathlib.Path(folder)
        with zipfile.ZipFile(asked["zip"]) as archive:
            archive.extractall(place / "srv")
        (place / "sitecustomize.py").write_text(HIDING.format(hidden=set(asked["hidden"])), "utf-8")
        pictures = [pathlib.Path(picture) for picture in asked["pictures"]]
        with serving(place) as server:
            rows = answers(server, pictures, asked["names"])
            first = next((n for n, row in enumerate(rows) if not np.isnan(row).all()), None)
            spent = None if first is None else seconds(server, pictures[first].read_bytes())
        lines = (place / "srv" / "requirements.txt").read_text("utf-8").split()
    np.save(answers_file, rows)
    measured = {
        "seconds_each": spent,
        "versions": {"Python": platform.python_version(), **versions(lines)},
        "refused": np.flatnonzero(np.isnan(rows).all(axis=1)).tolist(),
    }
    pathlib.Path(answers_file).with_name("measured.json").write_text(json.dumps(measured), "utf-8")


@contextmanager
def serving(place: pathlib.Path) -> Iterator[Server]:
    """Start the command of the recipe in `srv` of a folder, at a free port of this computer alone."""
    token, command, environment = secrets.token_hex(16), words(place / "srv"), {}
    environment |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {
        "GRAFT_HOME": str(place / "srv" / "home"),
        "GRAFT_SERVE_TOKEN": token,
        "PYTHONPATH": f"{place / 'srv' / 'app'}{os.pathsep}{place}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    log = place / "log.txt"
    with log.open("w") as written:
        server = subprocess.Popen(command, cwd=place / "srv", env=environment, stderr=written)
    try:
        yield Server(listening(server, log), token)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def words(folder: pathlib.Path) -> list[str]:
    """Return the command of the recipe in a folder, for this Python, a free port and this computer alone."""
    (command,) = re.findall(r"^CMD (\[.*\])$", (folder / "Dockerfile").read_text("utf-8"), re.M)
    told = [sys.executable, *json.loads(command)[1:]]
    told[told.index("--host") + 1] = "127.0.0.1"
    told[told.index("--port") + 1] = "0"
    return told


def listening(server: subprocess.Popen, log: pathlib.Path) -> str:
    """Wait until a server says where it listens, and return its address."""
    until = time.monotonic() + TIMEOUT_S
    while time.monotonic() < until:
        found = re.search(r"listening at (http://\S+/)", log.read_text("utf-8"))
        if found:
            return found[1]
        if server.poll() is not None:
            break
        time.sleep(0.05)
    last = " ".join(log.read_text("utf-8").strip().splitlines()[-1:])
    raise SystemExit(f"the server did not start: {last}")


def answers(server: Server, pictures: list[pathlib.Path], names: list[str]) -> np.ndarray:
    """Return what a server says of pictures, float32 (pictures, outputs), NaN where it refuses one."""

    def row(picture: pathlib.Path) -> list[float]:
        told = server.answer(picture.read_bytes())
        values = None if told is None else told["probabilities"] or told["numbers"]
        return [float("nan") if values is None else values[name] for name in names]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        rows = list(threads.map(row, pictures))
    return np.asarray(rows, np.float32).reshape(-1, len(names))


def seconds(server: Server, content: bytes) -> float:
    """Return how long a server takes for one picture, in the middle of several; the first ones warmed it up."""
    spent: list[float] = []
    while len(spent) < TIMED and sum(spent) < LONGEST_S:
        begun = time.perf_counter()
        server.answer(content)
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


def versions(lines: list[str]) -> dict[str, str]:
    """Return the versions of what answers, out of the requirements."""
    known = dict(line.split("==") for line in lines)
    wanted = {"LiteRT": "ai-edge-litert", "NumPy": "numpy", "Pillow": "pillow"}
    return {name: known[package] for name, package in wanted.items() if package in known}


if __name__ == "__main__":
    main(sys.argv[1])
