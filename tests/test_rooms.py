"""The house as a whole: imports never run in circles, and a long file says why it is long."""

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

ROOT = Path(__file__).parents[1]
MOST_LINES = 400
REASON = "Longer than 400 lines because "


def modules(root: Path) -> dict[str, Path]:
    """Return the file of every module of ours below `root`, by the module's name."""
    files = [*root.glob("*.py"), *root.glob("tl_core/**/*.py"), *root.glob("pages/**/*.py")]
    return {name_of(file.relative_to(root)): file for file in files}


def name_of(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(file: Path, name: str, known: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of ours that a file imports, at its head or inside a function.

    What only type checkers read is left out: it is never run.
    """
    left: list[ast.AST] = [ast.parse(file.read_text("utf-8"))]
    while left:
        node = left.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            left += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        if isinstance(node, ast.ImportFrom):
            base = whole_name(node, file, name)
            for alias in node.names:
                found = f"{base}.{alias.name}"
                if found in known:
                    yield found
                elif base in known:
                    yield base
        left += ast.iter_child_nodes(node)


def whole_name(node: ast.ImportFrom, file: Path, name: str) -> str:
    if not node.level:
        return node.module or ""
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, node.module] if node.module else package)


def circles(known: dict[str, Path]) -> list[list[str]]:
    """Return every set of modules that import one another in a circle."""
    names = sorted(known)
    number = {name: index for index, name in enumerate(names)}
    pairs = np.array(
        [
            (number[name], number[other])
            for name in names
            for other in imported(known[name], name, known)
            if other != name
        ],
        np.int64,
    ).reshape(-1, 2)
    graph = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(names), len(names)))
    _, labels = connected_components(graph, directed=True, connection="strong")
    told = [[name for name in names if labels[number[name]] == label] for label in set(labels)]
    return sorted(members for members in told if len(members) > 1)


def test_no_import_runs_in_a_circle_not_even_at_run_time():
    known = modules(ROOT)
    assert len(known) > 300
    assert circles(known) == []


@pytest.mark.parametrize(
    "text",
    [
        "from tl_core import b",
        "import tl_core.b",
        "from tl_core.b import thing",
        "from . import b",
        "from .b import thing",
        "def late():\n    from tl_core.b import thing",
    ],
)
def test_a_circle_is_seen_however_it_is_written(tmp_path, text):
    (tmp_path / "tl_core").mkdir()
    (tmp_path / "tl_core/__init__.py").write_text("")
    (tmp_path / "tl_core/a.py").write_text(text)
    (tmp_path / "tl_core/b.py").write_text("from tl_core.c import other")
    (tmp_path / "tl_core/c.py").write_text("from tl_core import a")
    assert circles(modules(tmp_path)) == [["tl_core.a", "tl_core.b", "tl_core.c"]]


def test_an_import_for_type_checkers_alone_makes_no_circle(tmp_path):
    (tmp_path / "tl_core").mkdir()
    (tmp_path / "tl_core/a.py").write_text("from tl_core import b")
    (tmp_path / "tl_core/b.py").write_text("if TYPE_CHECKING:\n    from tl_core import a")
    (tmp_path / "tl_core/__init__.py").write_text("")
    assert circles(modules(tmp_path)) == []


def long_without_reason(known: dict[str, Path]) -> list[str]:
    """Return the files that are longer than they should be and do not say why in their heads."""
    found = []
    for file in known.values():
        text = file.read_text("utf-8")
        head = ast.get_docstring(ast.parse(text)) or ""
        if len(text.splitlines()) > MOST_LINES and REASON not in " ".join(head.split()):
            found.append(file)
    return [str(file) for file in sorted(found)]


def test_a_file_above_400_lines_says_why_in_its_head():
    assert long_without_reason(modules(ROOT)) == []


def test_a_long_file_is_noticed_and_a_reason_accepted(tmp_path):
    long, told = tmp_path / "long.py", tmp_path / "told.py"
    long.write_text('"""Things."""\n' + "x = 1\n" * MOST_LINES)
    told.write_text(f'"""Things.\n\n{REASON}it is a table.\n"""\n' + "x = 1\n" * MOST_LINES)
    assert long_without_reason({"long": long, "told": told}) == [str(long)]
