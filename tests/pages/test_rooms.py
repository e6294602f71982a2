"""Pages lie by step: no step reaches into another, and what is shared has several users."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ROOT / "pages" / "parts"
FRAME = {"main": "frame"}
"""The page around every page; the others are called after their step."""


def modules(*folders: str) -> dict[str, Path]:
    """Return every module below `folders` by its dotted name."""
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): file
        for file in files
        if file.stem != "__init__"
    }


def imported(file: Path) -> set[str]:
    """Return the dotted names that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def step_of(module: str) -> str:
    """Return the step that a module of the pages belongs to."""
    parts = module.split(".")
    return parts[2] if parts[1:2] == ["parts"] else FRAME.get(parts[-1], parts[-1])


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """What each module of the pages, and the app itself, imports of the pages."""
    pages = modules("pages")
    found = {name: imported(file) & set(pages) for name, file in pages.items()}
    return found | {"app": imported(ROOT / "app.py") & set(pages)}


def test_a_step_imports_itself_and_what_is_shared(imports):
    strangers = {
        (module, other)
        for module, others in imports.items()
        for other in others
        if step_of(other) not in {step_of(module), "shared", "web"} and module != "app"
    }
    assert strangers == set()


def test_what_is_shared_serves_two_steps_at_least(imports):
    users = defaultdict(set)
    for module, others in imports.items():
        for other in others:
            users[other].add(module)
    assert {
        module: steps
        for module in imports
        if step_of(module) == "shared" and len(steps := served(module, users)) < 2
    } == {}


def served(module: str, users: dict[str, set[str]]) -> set[str]:
    """Return the steps that use a module, directly or through others that are shared."""
    seen, ahead = {module}, [module]
    while ahead:
        for user in users[ahead.pop()] - seen:
            seen.add(user)
            if step_of(user) == "shared":
                ahead.append(user)
    return {"app" if user == "app" else step_of(user) for user in seen} - {"shared"}


def test_no_two_modules_differ_by_an_s():
    names = {name.rpartition(".")[2] for name in modules("pages/parts", "tl_core")}
    # `config.setting` declares one setting of a training, `base.settings` are those of the process.
    assert {name for name in names if f"{name}s" in names} <= {"setting"}


def test_no_file_of_the_pages_is_long():
    long = {
        name: count
        for name, file in modules("pages").items()
        if (count := len(file.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}
