"""Try it: give the model a picture and see what it thinks."""

import streamlit as st

from pages.parts.shared import errors, places, run_picker, steps, unlabelled_view
from pages.parts.shared.words import t
from pages.parts.try_it import trying

st.title(t("Try it"))
st.markdown(t("Show it a picture and see what it thinks, and how sure it is."))

run = run_picker.with_result()
if run is None:
    run_picker.nothing_yet("empty-result", t("There is no model to try yet."))
else:
    with errors.shown():
        trying.draw(run)
    with errors.shown():
        unlabelled_view.answered(run)
    steps.next_step(places.TAKE_HOME, t("Take the model home"))
