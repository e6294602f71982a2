"""The only errors a person is shown."""

from collections.abc import Mapping

from tl_core.base.said import Said


class UserError(Exception):
    """Something a person can put right: what is wrong, then what to do.

    Args:
        code: short and stable, lower case with hyphens ("freeze-depth"), or a refusal of an
            upload ("E-PATH"). Tests, translations and the command line rely on it.
        message: what is wrong with the value received, in one sentence.
        hint: what to do about it, in one sentence.
        values: what `{name}` in the two stands for; without any, braces are only braces.
    """

    def __init__(self, code: str, message: str, hint: str = "", **values: object) -> None:
        self.code = code
        self.message, self.hint = _said(message, values), _said(hint, values)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[type["UserError"], tuple[str, str, str]]:
        return type(self), (self.code, self.message, self.hint)


def _said(text: str, values: Mapping[str, object]) -> str:
    """Fill `text`; one that is empty, or filled already, stays as it is."""
    return Said(text, **values) if values and text and not isinstance(text, Said) else text
