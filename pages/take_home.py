"""Take it home: the model as a file, proved to answer as the app does."""

import streamlit as st

from pages.parts import errors, home, places, run_picker, steps
from pages.parts.words import t

st.title(t("Take it home"))
st.markdown(t("Your model as a file, for your own programs or for Graft on another computer."))

run = run_picker.with_result()
if run is None:
    steps.empty("project", t("There is no model to take home yet."), places.TRAIN, t("Go to Train"))
else:
    with errors.shown():
        home.draw(run)
