"""Write assets/translations/graft.pot: every text that the app can show, for translators.

    make texts

Texts of pages are found where `t` and `tn` are called; those of settings, backbones and refusals
stand in tables and errors of the core, from where pages hand them to `t`. Wherever a text stands
that is neither, it is `Said`.
"""

import ast
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "assets" / "translations" / "graft.pot"
PLURALS = ("tn", "counted")
PAGE_CALLS = {"t": 1, "tn": 2, "Said": 1, "counted": 2}
"""Calls of pages whose first arguments are texts."""
CORE_CALLS = {
    "Said": (0,),
    "counted": (0, 1),
    "UserError": (1, 2),
    "Problem": (1, 2),
    "SetAside": (2, 3),
    "Words": (1, 2, 3),
    "phase": (1,),
}
"""Calls whose positional arguments, by place, are texts for people."""
CORE_NAMES = (
    "title",
    "description",
    "sentence",
    "message",
    "hint",
    "reason",
    "explanation",
    "text",
    "notice",
)
"""Arguments by name that are."""

sys.path.insert(0, str(ROOT))


def template() -> str:
    """Return the whole template as text, the same for the same code."""
    from babel.messages.pofile import write_po

    out = io.BytesIO()
    write_po(out, catalogue(), width=100, sort_by_file=True, omit_header=True, include_lineno=False)
    return out.getvalue().decode("utf-8")


@cache
def catalogue() -> "Catalog":
    """Return every text, with the files where it stands."""
    from babel.messages.catalog import Catalog

    catalogue = Catalog(project="Graft", header_comment="# Texts of Graft, made by `make texts`.")
    for text, place in (*_of("pages", _on_page), *_of("tl_core", wanted), *_of_drawings()):
        catalogue.add(text, locations=[(place, 0)])
    return catalogue


def _of(
    folder: str, wanted: Callable[[ast.Call], Iterable[ast.expr]]
) -> Iterator[tuple[str | tuple[str, ...], str]]:
    """Yield the texts among the `wanted` arguments of all calls, also of those inside f-strings."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        calls = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            texts = [text for value in wanted(call) for text in constants(value)]
            place = path.relative_to(ROOT).as_posix()
            if _called(call) in PLURALS and texts:
                yield tuple(texts), place
            else:
                yield from ((text, place) for text in texts)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _on_page(call: ast.Call) -> Iterable[ast.expr]:
    return call.args[: PAGE_CALLS.get(_called(call), 0)]


def wanted(call: ast.Call) -> Iterable[ast.expr]:
    """Yield the arguments of a call in the core that are texts for people."""
    yield from (call.args[at] for at in CORE_CALLS.get(_called(call), ()) if at < len(call.args))
    yield from (keyword.value for keyword in call.keywords if keyword.arg in CORE_NAMES)


def constants(value: ast.expr) -> Iterator[str]:
    """Yield the text that an expression is, or both of those that it chooses from."""
    match value:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.IfExp():
            yield from constants(value.body)
            yield from constants(value.orelse)
        case ast.BoolOp():
            for part in value.values:
                yield from constants(part)


def _of_drawings() -> Iterator[tuple[str, str]]:
    """What a drawing shows, for those who cannot see it."""
    for path in sorted((ROOT / "assets" / "drawings").glob("*.svg")):
        for label in re.findall('aria-label="([^"]*)"', path.read_text("utf-8")):
            yield label, path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    TEMPLATE.parent.mkdir(parents=True, exist_ok=True)
    TEMPLATE.write_text(template(), "utf-8")
    print(f"{TEMPLATE.relative_to(ROOT)}: {TEMPLATE.read_text('utf-8').count('msgid ')} texts")
