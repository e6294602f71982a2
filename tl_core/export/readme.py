"""The README in a zip: how to run the model, recipe by recipe, and what the other files are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export import markdown
from tl_core.export.formats.device_recipe import Step

if TYPE_CHECKING:
    from tl_core.export.formats.format import Handover


def text(made: Handover) -> str:
    """Return the README in the language of what is packed."""
    language, format_ = made.subject.language, made.format

    def said(sentence: object) -> str:
        return markdown.say(sentence, language)

    def headed(title: str, about: str, steps: Sequence[Step]) -> list[str]:
        numbered = [
            f"{number}. {said(step.text)}"
            + (f"\n\n{markdown.code(step.typed)}" if step.typed else "")
            for number, step in enumerate(steps, 1)
        ]
        return [f"## {said(title)}", *([said(about)] if about else []), *numbered]

    parts = [f"# {markdown.plain(made.subject.title)}", said(Said(format_.sentence))]
    if format_.guide is not None:
        steps = [Step(Said("Unpack this zip."))]
        if format_.guide.install:
            steps.append(Step(Said("Install what it needs:"), format_.guide.install))
        steps.append(Step(Said("Run it:"), format_.guide.command))
        parts += headed(Said("How to run it"), "", steps)
    for recipe in format_.recipes:
        if recipe.tells(made.described):
            parts += headed(recipe.title, recipe.about(made.described), recipe.steps)
    parts.append(f"## {said(Said('What else lies here'))}")
    written = made.holds or {made.file.name: Said("the model")}
    told = [f"- `{name}`: {said(about)}" for name, about in written.items()]
    told += [f"- `{each.name}`: {said(each.about)}" for each in made.files if each.about]
    parts.append("\n".join(told))
    return "\n\n".join(parts) + "\n"
