"""Where runs stand, read once for everybody who watches."""

import streamlit as st

from tl_core.base import ids
from tl_core.signals import events, progress
from tl_core.signals.progress import RunView


def of_run(run_id: str) -> RunView:
    """Return the view of a run's events so far."""
    path = ids.run_folder(run_id) / events.FILE
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return RunView()
    return _view(run_id, size)


@st.cache_resource(max_entries=32, show_spinner=False)
def _view(run_id: str, size: int) -> RunView:
    """Fold the events once for each length of the file, however many people look."""
    return progress.state(ids.run_folder(run_id))
