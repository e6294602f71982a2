"""Data: bring pictures, watch them being read, see what there is."""

import streamlit as st

from pages.parts import dataset_view, errors, importing, manage, new_data, places, state, steps
from pages.parts.text import shortened
from pages.parts.words import t
from tl_core.runs import store

st.title(t("Data"))
st.markdown(t("The pictures your model learns from: one class for each thing it is to tell apart."))

dataset = state.dataset()
project = state.project()

if dataset is not None and project is not None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rows = {row.id: row for row in store.datasets(project.id)}
        chosen = st.selectbox(
            t("Data set"),
            list(rows),
            index=list(rows).index(dataset.id),
            format_func=lambda key: shortened(
                rows[key].name
                if rows[key].version == 1
                else f"{rows[key].name} · {t('version {number}', number=rows[key].version)}"
            ),
            width=360,
        )
        if chosen != dataset.id:
            state.choose_dataset(chosen)
            state.ask_for_new_data(False)
            st.rerun()
        manage.thing_menu("dataset", dataset.id, dataset.name)
        if not state.wants_new_data() and st.button(
            t("Add another data set"), icon=":material/add:", type="tertiary"
        ):
            state.ask_for_new_data()
            st.rerun()

if dataset is None or state.wants_new_data():
    new_data.draw()
elif dataset.status == "importing":
    importing.draw(dataset)
elif dataset.status == "failed":
    told = dataset.error or {}
    errors.explain(told.get("code", "bug"), told.get("message", ""), told.get("hint", ""))
    new_data.draw()
else:
    dataset_view.draw(dataset)
    if (dataset.counts or {}).get("pictures"):
        steps.next_step(places.TRAIN, t("Train a model"))
