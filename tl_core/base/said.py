"""Sentences that remember what they were made of, so that a page can say them in another language."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, Self

from tl_core.base.figures import unbroken

SOURCE = "_from"


class Said(str):
    """An English sentence, with the template and the values that it was filled from.

    It is its English text wherever a text is wanted: in logs, on the command line, in files.
    Pages fill the translated template instead. Values are data and are never read as templates;
    a value that is itself `Said` is translated, too.
    """

    __slots__ = ("forms", "template", "values")
    template: str
    values: Mapping[str, Any]
    forms: tuple[str, str] | None
    """Templates for one and for several, where `counted` chose between them by `count`."""

    def __new__(cls, template: str, /, **values: object) -> Self:
        kept = {name: _plain(value) for name, value in values.items()}
        sentence = unbroken(template)
        text = super().__new__(cls, sentence.format(**kept) if kept else sentence)
        text.template, text.values, text.forms = template, kept, None
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.template, self.values, self.forms)


def counted(one: str, many: str, count: int, /, **values: object) -> Said:
    """Return the form of a sentence that fits `count`, which it may name as `{count}`.

    THE way to say a number of things in the core; on pages it is `tn`.
    """
    text = Said(one if count == 1 else many, count=count, **values)
    text.forms = (one, many)
    return text


def listed(first: str, *others: str) -> str:
    """Return things one after the other, with semicolons between; THE way to join sentences in the core."""
    joined = first
    for other in others:
        joined = Said("{first}; {second}", first=joined, second=other)
    return joined


def packed(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload ready for JSON: beside every text that is `Said` stands its source, under NAME_from.

    Lists of texts have a list of sources beside them, null where a text is only itself.
    """
    ready = dict(told)
    for name, value in told.items():
        if isinstance(value, Said):
            ready[name + SOURCE] = _source(value)
        elif isinstance(value, list | tuple) and any(isinstance(item, Said) for item in value):
            ready[name + SOURCE] = [_source(item) for item in value]
    return ready


def unpacked(read: Mapping[str, Any]) -> dict[str, Any]:
    """Undo `packed`; what has no source, as in older files, stays the text that it is."""
    told = dict(read)
    for name in read:
        source = told.pop(name + SOURCE, None)
        if isinstance(source, dict):
            told[name] = _restored(read[name], source)
        elif isinstance(source, list):
            told[name] = [*map(_restored, read[name], source)]
    return told


def _source(text: object) -> dict[str, Any] | None:
    if not isinstance(text, Said):
        return None
    source = {"template": text.template, "values": packed(text.values)}
    return source | {"forms": list(text.forms)} if text.forms else source


def _restored(text: str, source: dict[str, Any] | None) -> str:
    """Return `text` with its source, which must lead to that very text."""
    if source is None:
        return text
    try:
        values = unpacked(source["values"])
        if forms := source.get("forms"):
            one, many = forms
            said = counted(one, many, values.pop("count"), **values)
        else:
            said = Said(source["template"], **values)
    except (LookupError, ValueError, AttributeError, TypeError):
        return text
    # Files of earlier versions have a plain space before a percent sign.
    return said if unbroken(said) == unbroken(text) else text


def _plain(value: object) -> object:
    """Keep texts and numbers, NumPy's as Python's; anything else counts as its text."""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else str(value)


def _again(template: str, values: Mapping[str, Any], forms: tuple[str, str] | None) -> Said:
    said = Said(template, **values)
    said.forms = forms
    return said
