"""Tables that are not UTF-8, made so before anything reads them."""

from pathlib import Path

from tl_core.datasets.naming import Reader
from tl_core.intake import sheets
from tl_core.intake.listing import Listing


def readable(found: Listing, given: Path | None, scratch: Path, reader: Reader) -> Path | None:
    """See to it that all tables of an import are UTF-8; return where the one that was `given` lies.

    Files as they came are never changed: copies are written into `scratch`.
    """
    found.tables = [
        (name, _copy(path, scratch / f"table-{number}", reader, came_along=True))
        for number, (name, path) in enumerate(found.tables)
    ]
    return None if given is None else _copy(given, scratch / "table", reader, came_along=False)


def _copy(path: Path, target: Path, reader: Reader, *, came_along: bool) -> Path:
    """Return `path`, or a copy in UTF-8 where it is another; what cannot be read is told later."""
    try:
        if path.stat().st_size > sheets.LIMIT_BYTES:
            return path
        data = path.read_bytes()
    except OSError:
        return path
    if data.startswith(sheets.WIDE) or sheets.is_utf8(data):
        return path
    target.write_text(reader.table(data, came_along=came_along), "utf-8", newline="")
    return target
