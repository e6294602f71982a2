"""Cards: the choices of the first page, and what was begun before."""

import streamlit as st

from pages.parts.shared import page_files, run_names, run_state, scores, state
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store

SHOWN = 3


def draw() -> None:
    """Draw the latest runs and data sets of the open project, each a way on."""
    project = state.project()
    if project is None:
        return
    runs = store.runs(project.id)[:SHOWN]
    for run in runs:
        kind = "primary" if run is runs[0] else "secondary"
        with st.container(
            horizontal=True, vertical_alignment="center", border=True, key=f"go-on-{run.id}"
        ):
            st.markdown(
                f"**{literal(shortened(run.name))}** · {run_state.word(run)}{_score(run)}"
                f"  \n:small[{literal(run_names.about(run))}]",
                width="stretch",
            )
            if st.button(t("Open"), key=f"open-{run.id}", type=kind):
                state.choose_run(run.id)
                st.switch_page(run_state.page_of(run))
    if not runs:
        _newest_dataset(project)


def _newest_dataset(project: store.Project) -> None:
    for dataset in state.usable_datasets(project.id)[:SHOWN]:
        with st.container(
            horizontal=True, vertical_alignment="center", border=True, key=f"go-on-{dataset.id}"
        ):
            st.markdown(f"**{literal(dataset.name)}** · {_pictures(dataset)}", width="stretch")
            if st.button(t("Open"), key=f"open-{dataset.id}"):
                state.choose_dataset(dataset.id)
                st.switch_page(page_files.DATA)


def _pictures(dataset: store.DatasetRow) -> str:
    number = int((dataset.counts or {}).get("pictures", 0))
    return tn("{count} picture", "{count} pictures", number)


def _score(run: store.RunRow) -> str:
    score = scores.short(run)
    return f" · {score}" if score else ""
