"""Try it: give the model a picture and see what it thinks."""

import streamlit as st

from pages.parts.shared import errors, page_files, run_picker, steps
from pages.parts.shared.words import t
from pages.parts.try_it import answers_to_unlabelled, pictures_and_answers

st.title(t("Try it"))
st.markdown(t("Show it a picture and see what it thinks, and how sure it is."))

run = run_picker.with_result()
if run is None:
    run_picker.nothing_yet("empty-result", t("There is no model to try yet."))
else:
    with errors.shown():
        pictures_and_answers.draw(run)
    with errors.shown():
        answers_to_unlabelled.draw(run)
    steps.next_step(page_files.TAKE_HOME, t("Take the model home"))
