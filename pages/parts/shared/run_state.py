"""How far a run is and where to look at it; its events are read once for everybody who watches."""

import streamlit as st

from pages.parts.shared import page_files
from pages.parts.shared.words import t
from tl_core import store
from tl_core.base import ids
from tl_core.jobs import run_actions
from tl_core.signals import events, progress
from tl_core.signals.progress import RunView


def progress_of(run_id: str) -> RunView:
    """Return how far a run is, as its events so far tell."""
    path = ids.run_folder(run_id) / events.FILE
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return RunView()
    return _read(run_id, size)


@st.cache_resource(max_entries=32, show_spinner=False)
def _read(run_id: str, size: int) -> RunView:
    """Read the events once for each length of their file, however many people look."""
    return progress.state(ids.run_folder(run_id))


def page_of(run: store.RunRow) -> str:
    """Return the page where a run is to be looked at: its result, or how it stands and why."""
    has_result = run.status in ("finished", "cancelled") and bool(run.metrics)
    return page_files.RESULTS if has_result else page_files.RUNS


ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/play_circle:",
    "stopping": ":material/stop_circle:",
    "paused": ":material/pause_circle:",
    "judging": ":material/do_not_disturb_on:",
    "finished": ":material/check_circle:",
    "cancelled": ":material/do_not_disturb_on:",
    "failed": ":material/error:",
}


def word(run: store.RunRow) -> str:
    """Return a run's status as one plain word."""
    if run_actions.is_pausing(run):
        return t("pausing")
    words = {
        "queued": t("waiting"),
        "running": t("training"),
        "stopping": t("stopping"),
        "paused": t("paused"),
        "judging": t("stopped"),
        "finished": t("finished"),
        "cancelled": t("stopped"),
        "failed": t("failed"),
    }
    return words[run.status]
