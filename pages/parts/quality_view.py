"""The quality report: what was found in a data set, shown by pictures, and what can be done about it."""

import streamlit as st

from pages.parts import errors, finding_view, numbers
from pages.parts.words import t, tn
from tl_core.data.datasets import Dataset
from tl_core.quality import findings
from tl_core.quality.findings import Report
from tl_core.runs import ids, inspections, store

REFRESH_S = 1.0


def draw(row: store.DatasetRow, dataset: Dataset) -> None:
    """Draw the report of one version, or how far it is; whoever looks at a version wants one."""
    st.header(t("Quality report"))
    found = inspections.state(row.id)
    if found.status == "none":
        inspections.ask(row.id)
    if found.status == "failed":
        _failed(row, found)
    elif found.status == "done":
        _report(row, dataset)
    else:
        st.fragment(_progress, run_every=REFRESH_S)(row.id)


def _progress(dataset_id: str) -> None:
    found = inspections.state(dataset_id)
    if found.status in ("done", "failed"):
        st.rerun(scope="app")
    if found.status == "working":
        view = found.view
        words = t(view.text) if view.text else t("Getting ready")
        if view.seconds_left is not None:
            words += " · " + t("{time} left", time=numbers.duration(view.seconds_left))
        st.progress(view.fraction, text=words)
    else:
        st.caption(
            t(
                "Your pictures are looked through as soon as nothing is trained, "
                "or beside a long training where there is room."
            )
        )
    st.caption(
        t(
            "Copies, blurred pictures, labels that look wrong: you will see them here. You may go on meanwhile."
        )
    )


def _failed(row: store.DatasetRow, found: inspections.Inspection) -> None:
    told = found.view.ending or {}
    errors.explain(told.get("code", "bug"), told.get("message", ""), told.get("hint", ""))
    if st.button(t("Try again"), key="quality-again", icon=":material/refresh:"):
        inspections.ask(row.id)
        st.rerun()


def _report(row: store.DatasetRow, dataset: Dataset) -> None:
    path = ids.dataset_folder(row.id) / findings.FILE
    report = _loaded(row.id, path.stat().st_mtime_ns)
    if report is None or report.pictures != len(dataset):
        # Another Graft wrote it.
        inspections.ask(row.id)
        st.rerun()
    harms = [finding for finding in report.findings if finding.severity != "fact"]
    st.markdown(
        tn(
            "One thing to look at. Each remedy makes a new version, which you can undo.",
            "{count} things to look at. Each remedy makes a new version, which you can undo.",
            len(harms),
        )
        if harms
        else t("Nothing found that needs you.")
    )
    if not report.backbone:
        st.caption(t("The starter network was not there, so labels and strays were not judged."))
    for finding in report.findings:
        finding_view.draw(row, dataset, report, finding)


@st.cache_resource(max_entries=8, show_spinner=False)
def _loaded(dataset_id: str, written_ns: int) -> Report | None:
    """Return a report, read once for each time that it was written."""
    return findings.load(dataset_id)
