"""Tables that a command writes where a person asked for them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tl_core.base.errors import UserError
from tl_core.base.files import write_whole
from tl_core.export import spreadsheet


def write_csv(file: Path, columns: Mapping[str, Sequence[object]]) -> None:
    """Write columns as CSV that no spreadsheet runs as a formula.

    Raises:
        UserError: "csv-write" when nothing can be written there.
    """
    try:
        write_whole(file, spreadsheet.as_csv(columns))
    except OSError as error:
        raise UserError(
            "csv-write",
            "The table cannot be written to {path}: {why}.",
            "Choose another place with --csv.",
            path=file,
            why=error.strerror or error,
        ) from error
