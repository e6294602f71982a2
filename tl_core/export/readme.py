"""The README in a zip: how to run the model in three lines, and what the other files are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export import markdown

if TYPE_CHECKING:
    from tl_core.export.formats.format import Handover


def text(made: Handover) -> str:
    """Return the README in the language of what is packed."""
    language, format_ = made.subject.language, made.format

    def said(sentence: object) -> str:
        return markdown.say(sentence, language)

    parts = [f"# {markdown.plain(made.subject.title)}", said(Said(format_.sentence))]
    if format_.guide is not None:
        steps = [(Said("Unpack this zip."), "")]
        if format_.guide.install:
            steps.append((Said("Install what it needs:"), format_.guide.install))
        steps.append((Said("Run it:"), format_.guide.command))
        parts.append(f"## {said(Said('How to run it'))}")
        parts += [
            f"{number}. {said(step)}" + (f"\n\n{markdown.code(typed)}" if typed else "")
            for number, (step, typed) in enumerate(steps, 1)
        ]
    parts.append(f"## {said(Said('What else lies here'))}")
    told = [f"- `{made.file.name}`: {said(Said('the model'))}"]
    told += [f"- `{each.name}`: {said(each.about)}" for each in made.files if each.about]
    parts.append("\n".join(told))
    return "\n\n".join(parts) + "\n"
