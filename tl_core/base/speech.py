"""What the core says, in a person's language.

The English text is the key. Another language is a file,
`assets/translations/LANGUAGE/LC_MESSAGES/graft.mo`, made from `graft.pot`.
"""

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tl_core.base.figures import Figure, unbroken
from tl_core.base.said import Said

TRANSLATIONS = Path(__file__).resolve().parents[2] / "assets" / "translations"
ENGLISH = "en"


@cache
def languages() -> tuple[str, ...]:
    """Return the languages there are, English first."""
    found = sorted(path.parents[1].name for path in TRANSLATIONS.glob("*/LC_MESSAGES/graft.mo"))
    return (ENGLISH, *(name for name in found if name != ENGLISH))


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the translations into a language; without such a file texts stay English."""
    return gettext.translation("graft", TRANSLATIONS, [language], fallback=True)


@cache
def decimal_sign(language: str) -> str:
    """Return what stands before the decimals of a number."""
    if language == ENGLISH:
        return "."
    from babel import UnknownLocaleError  # only where another language is spoken
    from babel.numbers import get_decimal_symbol

    try:
        return get_decimal_symbol(language)
    except (UnknownLocaleError, ValueError):  # a language of tests
        return "."


def say(text: object, language: str) -> str:
    """Return a sentence or a figure in a language; any other text stays as it is, for it is data."""
    if isinstance(text, Figure):
        return text.with_sign(decimal_sign(language))
    if not isinstance(text, Said) or not text:
        return str(text)
    known, values = catalogue(language), _spoken(text.values, language)
    if text.forms:
        told = known.ngettext(*text.forms, int(text.values["count"]))
    else:
        told = known.gettext(text.template)
    told = unbroken(told)
    return told.format(**values) if values else told


def _spoken(values: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {
        name: say(value, language) if isinstance(value, str) else value
        for name, value in values.items()
    }
