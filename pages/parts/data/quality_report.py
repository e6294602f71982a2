"""The quality report: what was found in a data set, shown by pictures, and what can be done about it."""

import streamlit as st

from pages.parts.data import finding_card
from pages.parts.shared import errors, numbers, read_aloud
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base import ids
from tl_core.datasets.manifest import Dataset
from tl_core.jobs import looking_through
from tl_core.quality import findings
from tl_core.quality.findings import Report

REFRESH_S = 1.0


def draw(row: store.DatasetRow, dataset: Dataset) -> None:
    """Draw the report of one version, or how far it is; whoever looks at a version wants one."""
    st.header(t("Quality report"))
    found = looking_through.state(row.id)
    if found.status == "none":
        looking_through.ask(row.id)
    if found.status == "failed":
        _failed(row, found)
    elif found.status == "done":
        _report(row, dataset)
    else:
        st.fragment(_progress, run_every=REFRESH_S)(row.id)
        _carried(row, dataset)


def _progress(dataset_id: str) -> None:
    found = looking_through.state(dataset_id)
    if found.status in ("done", "failed"):
        st.rerun(scope="app")
    if found.status == "none":  # it gave way to a newer version
        looking_through.ask(dataset_id)
    if found.status == "working":
        view = found.view
        words = t(view.text) if view.text else t("Getting ready")
        if view.seconds_left is not None:
            words += " · " + t("{time} left", time=numbers.duration(view.seconds_left))
        st.progress(view.fraction, text=words)
        read_aloud.say(words, "report")
    else:
        st.caption(
            t(
                "Your pictures are looked through as soon as nothing is trained and no other data set is looked "
                "through, or beside a long training where there is room."
            )
        )
    st.caption(
        t(
            "Copies, blurred pictures, labels that look wrong: you will see them here. You may go on meanwhile."
        )
    )


def _failed(row: store.DatasetRow, found: looking_through.Inspection) -> None:
    told = found.view.ending or {}
    errors.explain(told.get("code", "bug"), told.get("message", ""), told.get("hint", ""))
    if st.button(t("Try again"), key="quality-again", icon=":material/refresh:"):
        looking_through.ask(row.id)
        st.rerun()


def _report(row: store.DatasetRow, dataset: Dataset) -> None:
    report = _loaded(row.id, _written_ns(row.id, findings.FILE))
    if report is None or report.pictures != len(dataset):
        # Another Graft wrote it.
        looking_through.ask(row.id)
        st.rerun()
    _findings(row, dataset, report)


def _carried(row: store.DatasetRow, dataset: Dataset) -> None:
    """Draw what was found in the version before and is not settled by the change."""
    written = _written_ns(row.id, findings.CARRIED_FILE)
    report = _loaded(row.id, written, carried=True) if written else None
    if report is not None and report.pictures == len(dataset):
        st.caption(
            t("Until then, what was found before your change and is not settled by it stays here.")
        )
        _findings(row, dataset, report)


def _findings(row: store.DatasetRow, dataset: Dataset, report: Report) -> None:
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
        finding_card.draw(row, dataset, report, finding)


def _written_ns(dataset_id: str, file: str) -> int:
    """Return when a report was written, 0 when there is none."""
    path = ids.dataset_folder(dataset_id) / file
    return path.stat().st_mtime_ns if path.exists() else 0


@st.cache_resource(max_entries=8, show_spinner=False)
def _loaded(dataset_id: str, written_ns: int, *, carried: bool = False) -> Report | None:
    """Return a report, read once for each time that it was written."""
    return findings.load(dataset_id, carried=carried)
