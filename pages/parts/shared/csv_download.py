"""Tables to take away: CSV that no spreadsheet will run as a formula."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from tl_core.export import names
from tl_core.export.spreadsheet import as_csv

__all__ = ["as_csv", "draw"]


Columns = Mapping[str, Sequence[object]]


def draw(label: str, columns: Columns | Callable[[], Columns], file_name: str, *, key: str) -> None:
    """Draw a button that downloads `columns` as CSV; a function is asked for them at the click."""
    st.download_button(
        label,
        lambda: as_csv(columns() if callable(columns) else columns),
        file_name=names.file(file_name),
        mime="text/csv",
        key=key,
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
    )
