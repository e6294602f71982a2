"""Nobody but the tasks asks which task it is: whoever needs to know asks the member."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tl_core.tasks import registry

ROOT = Path(__file__).resolve().parents[2]
KINDS = {task.kind for task in registry.TASKS}
MEMBERS = {type(task).__name__ for task in registry.TASKS} | {"ClassGoal", "NumberGoal"}
COLUMNS = {"values", "shows", "targets", "numbers"}
"""Columns and answers that only some tasks have: whether they are there must not be asked."""
OF_DATASETS = {"dataset", "described", "base", "new", "prediction", "answer"}
ALLOWED = {
    "tl_core/intake/tables.py": "reads which columns a person or a table names, before any task is known",
    "tl_core/intake/table_readings.py": "makes readings of the columns named, and names their tasks",
    "pages/parts/data/table_choice.py": "lets a person choose columns, before any task is known",
}


def branches(text: str) -> Iterator[int]:
    """Yield the lines of Python that ask which task it is."""
    for node in ast.walk(ast.parse(text)):
        if _compares_kind(node) or _asks_member(node) or _asks_column(node):
            yield getattr(node, "lineno", 0)


def _compares_kind(node: ast.AST) -> bool:
    """Comparisons with a task's name, matches of it, and tables by it."""
    if isinstance(node, ast.Compare):
        asked: list[ast.expr | None] = [node.left, *node.comparators]
    elif isinstance(node, ast.MatchValue):
        asked = [node.value]
    elif isinstance(node, ast.Dict):
        asked = list(node.keys)
    else:
        return False
    flat = [part for each in asked if each is not None for part in _parts(each)]
    return any(isinstance(part, ast.Constant) and part.value in KINDS for part in flat)


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]


def _asks_member(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    is_question = node.func.id in ("isinstance", "issubclass")
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    names |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    return is_question and bool(names & MEMBERS)


def _asks_column(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        has_none = any(isinstance(c, ast.Constant) and c.value is None for c in node.comparators)
        is_event = isinstance(node.left, ast.Constant) and node.left.value == "val_mae"
        return is_event or (has_none and _is_column(node.left))
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        return _is_column(node.test)
    if isinstance(node, ast.BoolOp):
        return any(map(_is_column, node.values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _is_column(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "bool":
        return any(map(_is_column, node.args))
    return False


def _is_column(node: ast.expr) -> bool:
    if not isinstance(node, ast.Attribute):
        return False
    owner = node.value
    while isinstance(owner, ast.Subscript):
        owner = owner.value
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    is_class = node.attr == "classes" and name in OF_DATASETS
    return is_class or (node.attr in COLUMNS and name != "self")


def places() -> list[Path]:
    found = [*(ROOT / "tl_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    return [path for path in found if "tasks" not in path.relative_to(ROOT).parts]


def test_nobody_outside_the_tasks_asks_which_task_it_is():
    found = {
        f"{name}:{line}"
        for path in places()
        if (name := path.relative_to(ROOT).as_posix()) not in ALLOWED
        for line in branches(path.read_text("utf-8"))
    }
    assert not found, "ask the member of the task instead: " + ", ".join(sorted(found))


def test_what_is_allowed_is_still_needed():
    for name in ALLOWED:
        assert list(branches((ROOT / name).read_text("utf-8"))), f"{name} asks no more: take it out"


@pytest.mark.parametrize(
    "asked",
    [
        'x = 1 if task == "classify" else 2',
        'if metrics.get("task") in ("regress", "other"): pass',
        'match kind:\n    case "regress":\n        pass',
        'words = {"classify": 1, "regress": 2}[task]',
        "isinstance(goal, NumberGoal)",
        "if dataset.values is None: pass",
        "if not dataset.classes: pass",
        "names = dataset.targets or dataset.classes",
        "if told[0].numbers: pass",
        'is_share = "val_mae" not in event',
    ],
)
def test_every_way_to_ask_is_seen(asked):
    assert list(branches(asked))
