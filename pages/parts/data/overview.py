"""What a data set holds: counts, what stands in the way, pictures, what was set aside, versions."""

import streamlit as st

from pages.parts.data import (
    division,
    editing_gallery,
    further_pictures,
    long_lists,
    map_chart,
    name_encoding,
    quality_report,
    unlabelled_pictures,
    version_history,
    what_to_learn,
)
from pages.parts.shared import datasets, numbers, page_files, state, steps, tables
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.datasets import manifest, notes
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import NAMES
from tl_core.modalities import registry as modalities
from tl_core.modalities.picture.greys import Greys

NOTES_SHOWN = 5
PROBLEMS_SHOWN = 5


def purpose(row: store.DatasetRow | None) -> str:
    """Say what the pictures of a data set are for."""
    return registry.of_counts(row.counts if row else None).purpose()


SCALE_DIGITS = 5


def draw(row: store.DatasetRow) -> None:
    """Draw a data set that is ready."""
    dataset = datasets.loaded(row.id)
    if not len(dataset):
        st.info(
            t("This data set came with a model file. Its pictures stayed where it was trained."),
            icon=":material/info:",
        )
        return
    version_history.elsewhere(row)
    version_history.latest_change(row)
    name_encoding.draw(row)
    needs_classes = further_pictures.serves(row)
    _figures(row, dataset)
    what_to_learn.taken(row)
    _problems(row, dataset, needs_classes=needs_classes)
    _greys(dataset)
    what_to_learn.name_loose(row)
    division.draw(row, dataset)
    registry.of_dataset(dataset).draw_answers(dataset)
    map_chart.draw(dataset, part_names())
    quality_report.draw(row, dataset)
    st.header(t("Gallery"))
    editing_gallery.draw(row, dataset)
    unlabelled_pictures.draw(row, dataset)
    further_pictures.draw(row, dataset)
    _set_aside(row)
    version_history.listed(row)


def lead_on(row: store.DatasetRow) -> None:
    """Draw the button that leads on: to the training of these pictures under way, else to a new one."""
    run = state.run()
    if run is not None and run.dataset_id == row.id and run.status in store.UNDONE:
        steps.next_step(page_files.RUNS, t("Watch it train"))
    else:
        steps.next_step(page_files.TRAIN, t("Train a model"))


def part_names() -> tuple[str, str, str]:
    """Return what the three parts are called."""
    return t("training"), t("validation"), t("test")


def _figures(row: store.DatasetRow, dataset: Dataset) -> None:
    parts = (row.counts or {}).get("splits", {})
    said = modalities.of(dataset).phrases
    with st.container(horizontal=True, gap="medium"):
        st.metric(t(said.several), numbers.count(len(dataset)), width="content")
        title, count = registry.of_dataset(dataset).outputs(dataset)
        st.metric(title, numbers.count(count), width="content")
        for name, title, help_text in zip(
            NAMES,
            (
                t("Training, to learn from"),
                t("Validation, to choose by"),
                t("Test, to report on"),
            ),
            (
                t(said.learnt_from),
                t(said.chosen_by),
                t(said.reported_on),
            ),
            strict=True,
        ):
            st.metric(title, numbers.count(parts.get(name, 0)), width="content", help=help_text)


def _problems(row: store.DatasetRow, dataset: Dataset, *, needs_classes: bool) -> None:
    found = manifest.problems(dataset)
    if not needs_classes:
        found = [problem for problem in found if problem.code != "one-class"]
    for problem in long_lists.first(found, PROBLEMS_SHOWN, f"problems-{dataset.id}"):
        show = st.error if problem.blocks else st.warning
        show(
            f"**{literal(t(problem.message))}** {literal(t(problem.hint))}",
            icon=":material/warning:",
        )
        if problem.code == "one-class" and st.button(
            t("Add pictures of something else"), icon=":material/add:", key="add-other-class"
        ):
            state.ask_for_new_data(to_add=True)
            st.rerun()
    told = _notes(row.id, (row.request or {}).get("source") == "edit")
    for note in told[:NOTES_SHOWN]:
        st.info(literal(t(note)), icon=":material/info:")
    rest = told[NOTES_SHOWN:]
    if rest:  # there may be one for each class
        with st.expander(tn("{count} more note", "{count} more notes", len(rest))):
            st.dataframe({t("Note"): [t(note) for note in rest]}, hide_index=True)


def _named(row: store.DatasetRow, count: int) -> str:
    """Name the files that were skipped, as far as their names are known."""
    kept = list((row.counts or {}).get("junk_names") or [])
    if not kept:
        return ""
    told = ", ".join(literal(shortened(name, 60)) for name in kept)
    rest = count - len(kept)
    if rest > 0:
        told += " " + tn("and {count} more", "and {count} more", rest)
    return f" {told}"


@st.cache_data(max_entries=32, show_spinner=False)
def _notes(dataset_id: str, is_edited: bool) -> tuple[str, ...]:
    return notes.shown(datasets.loaded(dataset_id), is_edited=is_edited)


def _greys(dataset: Dataset) -> None:
    """Say by which scale greys of more than 8 bits were read, where there are any."""
    greys = dataset.read_by
    if not isinstance(greys, Greys):
        return
    kinds = {
        "whole": t("Grey pictures of more than 8 bits share one scale"),
        "real": t("Grey pictures of real numbers share one scale"),
    }
    for kind in greys.found:
        black, white = greys.scales()[kind]
        st.caption(
            t(
                "{pictures}: {black} is black and {white} is white, so how bright one is beside another still counts. "
                "A model that you take home reads its pictures by the same scale.",
                pictures=kinds[kind],
                black=numbers.value(black, SCALE_DIGITS),
                white=numbers.value(white, SCALE_DIGITS),
            )
        )


def _set_aside(row: store.DatasetRow) -> None:
    aside = manifest.set_aside(row.id)
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
        st.dataframe(table, hide_index=True, height=tables.height_px(len(aside), 420))
    if junk:
        st.caption(
            tn(
                "{count} file that is no picture was skipped.",
                "{count} files that are no pictures were skipped.",
                junk,
            )
            + _named(row, junk)
        )
