"""Take it home: the model as a file, proved to answer as the app does."""

import streamlit as st

from pages.parts import errors, home, run_picker
from pages.parts.words import t

st.title(t("Take it home"))
st.markdown(t("Your model as a file, for your own programs or for Graft on another computer."))

run = run_picker.with_result()
if run is None:
    run_picker.nothing_yet("project", t("There is no model to take home yet."))
else:
    with errors.shown():
        home.draw(run)
