"""Tables to take away: CSV that no spreadsheet will run as a formula."""

from collections.abc import Mapping, Sequence

import streamlit as st

from tl_core.export import names
from tl_core.export.spreadsheet import as_csv

__all__ = ["as_csv", "draw"]


def draw(label: str, columns: Mapping[str, Sequence[object]], file_name: str, *, key: str) -> None:
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
