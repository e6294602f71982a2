"""The zip for a server: what it holds, and that it answers where nothing but its requirements can be imported.

No container is made here: what the recipe copies, sets and starts is done by hand, from its own text.
"""

import json
import re
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.jobs.test_predictor import png
from tests.serving.conftest import light  # noqa: F401 - a fixture
from tl_core.base.errors import UserError
from tl_core.export.formats import server_zip
from tl_core.export.formats.format import Subject
from tl_core.export.server import contents
from tl_core.jobs import predictor
from tl_core.models import persist

ROOT = Path(contents.ROOT)


@pytest.fixture(scope="module")
def zipped(light, tmp_path_factory) -> Path:  # noqa: F811
    out = tmp_path_factory.mktemp("server")
    return server_zip.write(Subject("1" * 24, "t", light.parent), out).file


@pytest.fixture(scope="module")
def unpacked(zipped, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("srv")
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    return folder


def recipe_of(unpacked: Path) -> str:
    return (unpacked / "Dockerfile").read_text("utf-8")


def test_all_that_the_recipe_copies_is_there_and_nothing_is_left_to_fill_in(unpacked):
    recipe = recipe_of(unpacked)
    copied = re.findall(r"^COPY (?:--\S+ )?(\S+)", recipe, re.MULTILINE)
    assert copied == ["requirements.txt", "app/", "model/", "home/"]
    assert all((unpacked / name).exists() for name in copied)
    assert not re.search(r"(?<!\$)\{", recipe)
    assert f"python:{sys.version_info.major}.{sys.version_info.minor}-slim" in recipe
    assert "USER 1000" in recipe and "HEALTHCHECK" in recipe


def test_the_composition_asks_for_a_token_and_opens_to_this_computer_alone(unpacked):
    told = yaml.safe_load((unpacked / "compose.yaml").read_text("utf-8"))
    (service,) = told["services"].values()
    assert service["environment"]["GRAFT_SERVE_TOKEN"].startswith("${GRAFT_SERVE_TOKEN:?")
    assert service["ports"] == ["127.0.0.1:8600:8600"] and service["cap_drop"] == ["ALL"]
    assert (unpacked / service["build"] / "Dockerfile").is_file()
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
def test_it_answers_as_the_app_with_nothing_else_installed(zipped, light, tmp_path):  # noqa: F811
    """Started by its own recipe where nothing but its requirements can be imported, and asked over HTTP."""
    pictures = [tmp_path / f"{name}.png" for name in ("red", "green")]
    for picture in pictures:
        picture.write_bytes(png(picture.stem))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    described = persist.describe(light)
    told = server_zip.ask(zipped, (*pictures, tmp_path / "broken.png"), described)
    expected = predictor.predict_with(light, [png(picture.stem) for picture in pictures])
    own = [[reply.probabilities[name] for name in described.classes] for reply in expected]
    assert np.abs(told.outputs[:2] - np.array(own)).max() < 1e-5
    assert told.refused == (2,) and np.isnan(told.outputs[2]).all()
    assert told.seconds_each and told.with_opening
    assert {"Python", "LiteRT", "Pillow"} <= {*told.versions}


def test_a_server_that_does_not_start_is_no_proof(zipped, light, tmp_path):  # noqa: F811
    broken = tmp_path / "server.zip"
    with zipfile.ZipFile(zipped) as whole, zipfile.ZipFile(broken, "w") as made:
        for name in ("Dockerfile", "requirements.txt"):
            made.writestr(name, whole.read(name))
    with pytest.raises(UserError) as refusal:
        server_zip.ask(broken, (), persist.describe(light))
    assert refusal.value.code == "export-unreadable"
    assert "did not start" in str(refusal.value.message)


def test_the_container_is_made_by_the_rules_that_checkers_of_such_files_know(unpacked):
    """Every rule has a number in hadolint: pinned tag, fixed folders, no cache, exec form, no root, one command."""
    recipe = recipe_of(unpacked)
    logical = re.sub(r"\\\n\s*", " ", recipe)
    lines = [line for line in logical.splitlines() if line.strip() and not line.startswith("#")]
    words = [line.split()[0] for line in lines]
    assert words[0] == "FROM" and re.fullmatch(
        r"FROM python:3\.\d+-slim", lines[0]
    )  # DL3006, DL3007
    assert all(Path(line.split()[1]).is_absolute() for line in lines if line.startswith("WORKDIR"))
    assert "ADD" not in words and "MAINTAINER" not in words  # DL3020, DL4000
    assert all("--no-cache-dir" in line for line in lines if "pip install" in line)  # DL3042
    assert not re.search(r"\b(sudo|apt-get|curl|wget|cd)\b", logical)  # DL3004, DL3003
    assert words.count("CMD") == 1 and words.count("HEALTHCHECK") == 1  # DL4003, DL3012
    assert words[-1] == "CMD" and json.loads(lines[-1].removeprefix("CMD "))  # DL3025
    assert words.index("USER") < words.index("CMD") and "USER root" not in lines  # DL3002
    assert words.index("USER") > max(n for n, word in enumerate(words) if word == "RUN")
