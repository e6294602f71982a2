"""The report on a run: a button that has it written, then the link to it."""

import streamlit as st

from pages.parts.shared import errors, numbers, run_names
from pages.parts.shared.text import escape
from pages.parts.shared.words import spoken, t
from pages.parts.web import downloads
from tl_core import store
from tl_core.jobs import reporter

REFRESH_S = 1.0


def draw(run: store.RunRow) -> None:
    """Draw what a report is, and the way to it."""
    with st.container(border=True, key="report"):
        st.subheader(t("A report to print"), anchor=False)
        st.markdown(
            t(
                "All of this on one page, as a file that opens in any browser: to hand in, to print, to keep."
            )
        )
        working = reporter.is_working(run.id)
        st.fragment(_panel, run_every=REFRESH_S if working else None)(run, working)


def _panel(run: store.RunRow, was_working: bool) -> None:
    if reporter.is_working(run.id):
        st.markdown(t("The report is being written."))
        if st.button(t("Stop"), key="stop-report"):
            reporter.stop(run.id)
            st.rerun(scope="app")
        return
    if was_working:
        st.rerun(scope="app")
    with errors.shown():
        path = reporter.written(run.id, spoken())
        if path is not None:
            href = escape(downloads.url(path, f"{run_names.stem(run)}-report.html"))
            label = escape(t("Download the report"))
            size = escape(numbers.size(path.stat().st_size))
            st.html(
                f'<div class="graft-links"><a class="graft-download graft-second" href="{href}" download>'
                f"{label} · {size}</a></div>"
            )
            return
    if st.button(t("Write the report"), key="write-report", icon=":material/description:"):
        reporter.start(run.id, spoken())
        st.rerun(scope="app")
