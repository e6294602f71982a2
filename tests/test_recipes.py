"""The documents are true: every file that a recipe names is there, and every registry has a recipe."""

import ast
import re
from pathlib import Path

import pytest

from tl_core.backbones import families
from tl_core.export.formats import registry as formats
from tl_core.jobs import engines
from tl_core.jobs import registry as jobs
from tl_core.methods import registry as methods
from tl_core.modalities import registry as modalities
from tl_core.tasks import registry as tasks

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("CONTRIBUTING.md", "ARCHITECTURE.md", "README.md")
PLACEHOLDERS = ("STEP", "LANGUAGE", "NAME")
TOP = ("tl_core/", "pages/", "tests/", "assets/", ".ci/", "app.py", "pyproject.toml")
ROOMS_IN_THE_MAP = re.compile(r"^      ([a-z_]+)/ ", re.MULTILINE)
MOST_WORDS = 900


def paths_named(document: str) -> list[str]:
    """Return what is written between backticks and begins like a path of the project."""
    text = (ROOT / document).read_text("utf-8")
    return [
        name
        for name in re.findall(r"`([^`\s]+)`", text)
        if name.startswith(TOP) and not any(word in name for word in PLACEHOLDERS)
    ]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_is_there(document):
    missing = [name for name in paths_named(document) if not (ROOT / name).exists()]
    assert not missing


def test_recipes_name_files_and_each_seam_has_one():
    named = set(paths_named("CONTRIBUTING.md"))
    registries = [families, modalities, tasks, methods, formats, jobs, engines]
    files = {str(Path(module.__file__ or "").relative_to(ROOT)) for module in registries}
    assert files <= named


@pytest.mark.parametrize(
    ("members", "folder"),
    [
        ([type(task) for task in tasks.TASKS], "tl_core/tasks"),
        (methods.METHODS, "tl_core/methods"),
        (formats.FORMATS, "tl_core/export/formats"),
        (jobs.KINDS, "tl_core/jobs/kinds"),
    ],
    ids=["task", "method", "format", "job kind"],
)
def test_a_member_is_one_module_and_one_line_of_its_registry(members, folder):
    registry = Path(folder) / "registry.py"
    if not (ROOT / registry).exists():
        registry = Path(folder).parent / "registry.py"
    text = (ROOT / registry).read_text("utf-8")
    modules = {path.stem for path in (ROOT / folder).glob("*.py")}
    room = folder.replace("/", ".")
    imported = {
        name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{room}.")
        for name in [*(alias.name for alias in node.names), (node.module or "").rpartition(".")[2]]
    }
    assert len(modules & imported) >= len(members)


def test_the_map_of_the_architecture_shows_every_room_and_no_other():
    shown = set(ROOMS_IN_THE_MAP.findall((ROOT / "ARCHITECTURE.md").read_text("utf-8")))
    rooms = {path.parent.name for path in (ROOT / "tl_core").glob("*/__init__.py")}
    assert rooms <= shown
    assert shown - rooms <= {"web", "frame", "shared"}


def test_the_architecture_is_one_page():
    assert len((ROOT / "ARCHITECTURE.md").read_text("utf-8").split()) <= MOST_WORDS
