"""Data: bring pictures, watch them being read, see what there is."""

import streamlit as st

from pages.parts.data import importing, new_data, overview, version_history
from pages.parts.shared import datasets, manage_menu, state
from pages.parts.shared.text import distinct
from pages.parts.shared.words import t

st.title(t("Data"))
dataset = state.dataset()
project = state.project()
st.markdown(overview.purpose(dataset))

if dataset is not None and project is not None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # The oldest first takes the plain name; the newest stands on top.
        oldest_first = reversed(version_history.families(project.id, dataset))
        titles = distinct({row.id: datasets.title(row) for row in oldest_first})
        options = list(reversed(titles))
        chosen = st.selectbox(
            t("Data set"),
            options,
            index=options.index(dataset.id),
            format_func=titles.__getitem__,
            width=360,
        )
        if chosen != dataset.id:
            state.choose_dataset(chosen)
            st.rerun()
        manage_menu.draw("dataset", dataset.id, dataset.name)
        if not state.wants_new_data() and st.button(
            t("Add another data set"), icon=":material/add:", type="tertiary"
        ):
            state.ask_for_new_data()
            st.rerun()

if project is not None:
    importing.tell_failure(project.id)
if dataset is None or state.wants_new_data():
    new_data.draw()
elif dataset.status == "ready" and state.is_opening(dataset.id):
    importing.show_opened(dataset)  # it was there before this page could watch it come
elif dataset.status == "importing":
    importing.draw(dataset)
else:
    overview.draw(dataset)
    if (dataset.counts or {}).get("pictures"):
        overview.lead_on(dataset)
