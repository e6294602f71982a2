"""Runs: watch the one that trains, look back at those that did."""

import streamlit as st

from pages.parts.runs import comparison, live, run_list
from pages.parts.shared import page_files, run_names, run_state, state, steps
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from tl_core import store

st.title(t("Runs"))
st.markdown(t("Watch your model learn. You may close this tab at any time; the training goes on."))

run = state.run()
project = state.project()
if run is None and project is not None and store.runs(project.id):
    # A data set that nothing learnt from is chosen: those of others are still there.
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(t("Nothing has been trained on these pictures yet."), width="content")
        if st.button(t("Go to Train"), type="primary", key="train-first"):
            st.switch_page(page_files.TRAIN)
    run_list.draw(project.id, "")
elif run is None or project is None:
    steps.empty("empty-run", t("Nothing has been trained yet."), page_files.TRAIN, t("Go to Train"))
else:
    with st.container(key="shown-run"):
        st.header(literal(run.name), anchor=False)
        st.caption(literal(run_names.about(run)))
    live.draw(run)
    run_list.draw(project.id, run.id)
    comparison.draw(project.id)
    if run_state.page_of(run) == page_files.RESULTS:
        steps.next_step(page_files.RESULTS, t("See the results"))
