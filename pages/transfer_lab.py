"""Transfer lab: what can be carried over from elsewhere to these pictures, and how well it does."""

import streamlit as st

from pages.parts.shared import datasets, errors, page_files, state, steps
from pages.parts.shared.words import t
from pages.parts.transfer_lab import backbone_audition, depth_audition, kinds, search, side_by_side
from tl_core.jobs import auditioner

st.title(t("Transfer lab"))
st.markdown(
    t(
        "A model rarely has to learn from nothing. What was learnt elsewhere can be carried over to your pictures in four ways; here you find out what suits them before you train."
    )
)
row = state.dataset()
kinds.draw(row.id if row else "")
if row is None or row.status != "ready":
    steps.empty(
        "empty-data",
        t("First bring some pictures; then find out which network suits them."),
        page_files.DATA,
        t("Go to Data"),
    )
    st.stop()

dataset = datasets.loaded(row.id)
refused = auditioner.refusal(dataset)
if refused is not None:
    errors.explain(refused.code, refused.message, refused.hint)
    st.stop()
backbone_audition.draw(row, dataset)
depth_audition.draw(row, dataset)
named, renamed = side_by_side.draw(row, dataset)
search.draw(row, dataset, named, renamed)
