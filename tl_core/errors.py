"""The only errors a person is shown."""

from tl_core.said import Said


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
        self.message = Said(message, **values) if values else message
        self.hint = Said(hint, **values) if values and hint else hint
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[type["UserError"], tuple[str, str, str]]:
        return type(self), (self.code, self.message, self.hint)
