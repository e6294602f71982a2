"""What a data set holds: counts, what stands in the way, pictures, what was set aside, versions."""

import streamlit as st

from pages.parts import (
    charts,
    division,
    editing,
    map_view,
    name_reading,
    numbers,
    quality_view,
    targets_view,
    unlabelled_view,
    versions_view,
)
from pages.parts.text import literal
from pages.parts.words import t, tn
from tl_core.data import datasets
from tl_core.data.datasets import Dataset
from tl_core.data.splits import NAMES
from tl_core.runs import store

NOTES_SHOWN = 5


def draw(row: store.DatasetRow) -> None:
    """Draw a data set that is ready."""
    dataset = loaded(row.id)
    if not len(dataset):
        st.info(
            t("This data set came with a model file. Its pictures stayed where it was trained."),
            icon=":material/info:",
        )
        return
    versions_view.latest_change(row)
    name_reading.draw(row)
    _figures(row, dataset)
    _problems(dataset)
    division.draw(row, dataset)
    if dataset.classes:
        st.header(t("Pictures in each class"))
        charts.class_counts(dataset.classes, dataset.counts())
    targets_view.draw(dataset)
    map_view.draw(dataset, part_names())
    quality_view.draw(row, dataset)
    st.header(t("Gallery"))
    editing.gallery(row, dataset)
    unlabelled_view.listed(row)
    _set_aside(row)
    versions_view.listed(row)


@st.cache_resource(max_entries=8, show_spinner=False)
def loaded(dataset_id: str) -> Dataset:
    """Return a data set, read once; data sets never change."""
    return datasets.load(dataset_id)


def part_names() -> tuple[str, str, str]:
    """Return what the three parts are called."""
    return t("training"), t("validation"), t("test")


def _figures(row: store.DatasetRow, dataset: Dataset) -> None:
    parts = (row.counts or {}).get("splits", {})
    with st.container(horizontal=True, gap="large"):
        st.metric(t("Pictures"), numbers.count(len(dataset)), width="content")
        if dataset.classes:
            st.metric(t("Classes"), numbers.count(len(dataset.classes)), width="content")
        else:
            st.metric(t("Numbers for each"), numbers.count(len(dataset.targets)), width="content")
        for name, title, help_text in zip(
            NAMES,
            (t("To learn from"), t("To choose by"), t("To report on")),
            (
                t("Training pictures: the model adjusts itself to these."),
                t("Validation pictures: they decide when to stop and which weights to keep."),
                t("Test pictures: looked at once, at the end, for the honest number."),
            ),
            strict=True,
        ):
            st.metric(title, numbers.count(parts.get(name, 0)), width="content", help=help_text)


def _problems(dataset: Dataset) -> None:
    found = datasets.problems(dataset)
    for problem in found[:5]:
        show = st.error if problem.blocks else st.warning
        show(
            f"**{literal(t(problem.message))}** {literal(t(problem.hint))}",
            icon=":material/warning:",
        )
    if len(found) > 5:
        st.caption(
            tn("and {count} more of the kind", "and {count} more of the kind", len(found) - 5)
        )
    for note in dataset.notes[:NOTES_SHOWN]:
        st.info(literal(t(note)), icon=":material/info:")
    rest = dataset.notes[NOTES_SHOWN:]
    if rest:  # there may be one for each class
        with st.expander(tn("{count} more note", "{count} more notes", len(rest))):
            st.dataframe({t("Note"): [t(note) for note in rest]}, hide_index=True)


def _set_aside(row: store.DatasetRow) -> None:
    aside = datasets.set_aside(row.id)
    junk = int((row.counts or {}).get("junk", 0))
    if not aside and not junk:
        return
    st.header(t("Set aside"))
    if aside:
        st.markdown(
            tn(
                "{count} file could not be used. The rest is not affected.",
                "{count} files could not be used. The rest is not affected.",
                len(aside),
            )
        )
        table = {
            t("File"): [entry.name for entry in aside],
            t("Why"): [t(entry.reason) for entry in aside],
            t("What to do"): [t(entry.hint) for entry in aside],
        }
        st.dataframe(table, hide_index=True, height=min(420, 38 + 36 * len(aside)))
    if junk:
        st.caption(
            tn(
                "{count} file that is no picture was passed over.",
                "{count} files that are no pictures were passed over.",
                junk,
            )
        )
