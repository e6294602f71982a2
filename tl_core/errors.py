"""The only errors a person is shown."""


class UserError(Exception):
    """Something a person can put right: what is wrong, then what to do.

    Args:
        code: short and stable, lower case with hyphens ("freeze-depth"), or a refusal of an
            upload ("E-PATH"). Tests, translations and the command line rely on it.
        message: what is wrong with the value received, in one sentence.
        hint: what to do about it, in one sentence.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[type["UserError"], tuple[str, str, str]]:
        return type(self), (self.code, self.message, self.hint)
