"""Tables to take away: CSV that no spreadsheet will run as a formula."""

import csv
import io
from collections.abc import Mapping, Sequence

import streamlit as st

from tl_core.export import names
from tl_core.export.cells import cell

# Spreadsheets read UTF-8 only with this mark.
BYTE_ORDER_MARK = "\ufeff"


def download_csv(
    label: str, columns: Mapping[str, Sequence[object]], file_name: str, *, key: str
) -> None:
    """Draw a button that downloads `columns` as CSV."""
    st.download_button(
        label,
        lambda: as_csv(columns),
        file_name=names.file(file_name),
        mime="text/csv",
        key=key,
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
    )


def as_csv(columns: Mapping[str, Sequence[object]]) -> bytes:
    """Return `columns` as CSV in UTF-8; text that begins like a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return (BYTE_ORDER_MARK + out.getvalue()).encode("utf-8", "replace")
