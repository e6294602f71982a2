"""Write assets/translations/graft.pot: every text that the app can show, for translators.

    make texts

Texts of pages are found where `t` and `tn` are called; those of settings, backbones and refusals
stand in tables and errors of the core, from where pages hand them to `t`.
"""

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "assets" / "translations" / "graft.pot"
CORE_CALLS = {"UserError": (1, 2), "Problem": (1, 2), "Finding": (), "SetAside": (2, 3)}
"""Calls whose positional arguments, by place, are texts for people."""
CORE_NAMES = (
    "title",
    "description",
    "sentence",
    "message",
    "hint",
    "reason",
    "explanation",
    "notice",
)
"""Arguments by name that are."""

sys.path.insert(0, str(ROOT))


def template() -> str:
    """Return the whole template as text, the same for the same code."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_dir
    from babel.messages.pofile import write_po

    catalogue = Catalog(project="Graft", header_comment="# Texts of Graft, made by `make texts`.")
    keywords = {"t": None, "tn": (1, 2)}
    found = extract_from_dir(str(ROOT / "pages"), [("**.py", "python")], keywords=keywords)
    for file, line, message, comments, context in found:
        place = (f"pages/{Path(file).as_posix()}", line)
        catalogue.add(message, locations=[place], auto_comments=comments, context=context)
    for text, place in _of_core():
        catalogue.add(text, locations=[place])
    out = io.BytesIO()
    write_po(out, catalogue, width=100, sort_by_file=True, omit_header=True, include_lineno=False)
    return out.getvalue().decode("utf-8")


def _of_core() -> Iterator[tuple[str, tuple[str, int]]]:
    for path in sorted((ROOT / "tl_core").rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            asked = [node.args[at] for at in CORE_CALLS.get(name, ()) if at < len(node.args)]
            asked += [keyword.value for keyword in node.keywords if keyword.arg in CORE_NAMES]
            for value in asked:
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                    yield value.value, (place, node.lineno)


if __name__ == "__main__":
    TEMPLATE.parent.mkdir(parents=True, exist_ok=True)
    TEMPLATE.write_text(template(), "utf-8")
    print(f"{TEMPLATE.relative_to(ROOT)}: {TEMPLATE.read_text('utf-8').count('msgid ')} texts")
