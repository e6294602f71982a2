"""Every sentence a person reads on a page passes through here.

The English text is the key. Another language is a file,
`assets/translations/LANGUAGE/LC_MESSAGES/graft.mo`, made from `graft.pot`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pages.parts.shared import state
from tl_core.base.figures import unbroken
from tl_core.base.said import Said
from tl_core.base.speech import ENGLISH, languages
from tl_core.base.speech import catalogue as _catalogue

LANGUAGE_NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}

_SPOKEN: ContextVar[str] = ContextVar("spoken", default="")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak this language inside the block, for what is no page of a session."""
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def t(text: str, /, **values: object) -> str:
    """Return `text` in the person's language, with `{name}` replaced by the values.

    A text of the core that is `Said` brings its own values; those that are `Said` are translated.
    What it leaves open is filled by `values`, as of any other text.
    """
    if not text:  # gettext would answer with the catalogue's own header
        return ""
    if isinstance(text, Said):
        own = {name: t(v) if isinstance(v, Said) else v for name, v in text.values.items()}
        values = values | own
        if text.forms:
            others = {name: value for name, value in values.items() if name != "count"}
            return tn(*text.forms, text.values["count"], **others)
        text = text.template
    translated = unbroken(_catalogue(spoken()).gettext(text))
    return translated.format(**values) if values else translated


def tn(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the form of a sentence that fits `count`, which it may name as `{count}`."""
    translated = unbroken(_catalogue(spoken()).ngettext(one, many, count))
    return translated.format(count=count, **values)


def spoken() -> str:
    """Return the language that is spoken: the one asked for where there is such a file, else English."""
    asked = _SPOKEN.get() or state.language()
    return asked if asked in languages() else ENGLISH
