"""Why an archive is refused: said by what knows no name of it, see `archives.unpack`."""

from typing import NoReturn

from tl_core.base.said import Said

BOMB_BYTES = 256 * 1024**2
BOMB_RATIO = 100
"""An archive that grows this much, to more than BOMB_BYTES, holds no photographs."""


class RefusalError(Exception):
    """Why an archive is not taken, said by what knows no name.

    Attributes:
        code: of the `UserError` that comes of it.
        what: what the archive does, to stand behind its name; values as of `Said`.
        hint: what to do.
    """

    def __init__(self, code: str, what: Said, hint: str) -> None:
        super().__init__(code, what, hint)
        self.code, self.what, self.hint = code, what, hint


def is_bomb(unpacked: int, packed: int, limit: int) -> bool:
    """Say whether so many bytes grow to more than honest pictures do, or than is allowed."""
    swells = unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * max(1, packed)
    return swells or unpacked > limit


def entry(name: str) -> str:
    """Return an entry's name as a person may be shown it, whatever signs are in it."""
    return repr(name[:80])


def bomb(name: str = "") -> RefusalError:
    """Return the refusal of what unpacks to far too much; `name` is the entry to blame."""
    to_blame = Said(" ({entry} alone does)", entry=entry(name)) if name else ""
    return RefusalError(
        "E-BOMB",
        Said("unpacks to far more than it should{who}, so nothing was taken.", who=to_blame),
        hint="If it is honest, split it, or raise GRAFT_UNPACKED_LIMIT_BYTES.",
    )


def link(name: str) -> RefusalError:
    """Return the refusal of a link."""
    return RefusalError(
        "E-LINK",
        Said("holds a link ({entry}), so nothing was taken.", entry=entry(name)),
        hint="Put the pictures themselves into the archive.",
    )


def device(name: str) -> RefusalError:
    """Return the refusal of what is neither a file nor a folder."""
    return RefusalError(
        "E-DEVICE",
        Said(
            "holds something that is no ordinary file ({entry}), so nothing was taken.",
            entry=entry(name),
        ),
        hint="Make the archive again from the folder that holds your pictures.",
    )


def damaged(cause: BaseException | None, name: str = "") -> NoReturn:
    """Refuse an archive that is damaged or cut short."""
    where = Said(" (at {entry})", entry=entry(name)) if name else ""
    raise RefusalError(
        "E-ARCHIVE",
        Said("is damaged or was cut short{where}.", where=where),
        hint="Make it again, or copy it again from where it came.",
    ) from cause


def unsupported(cause: BaseException | None, name: str = "") -> NoReturn:
    """Refuse an archive that is packed in another way."""
    where = Said(" ({entry})", entry=entry(name)) if name else ""
    raise RefusalError(
        "E-ARCHIVE",
        Said("is packed in a way that Graft does not open{where}.", where=where),
        hint="Make it again with ordinary zip compression.",
    ) from cause
