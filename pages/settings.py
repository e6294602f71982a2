"""Settings: what is kept and how much room it takes, this computer, the language, what Graft is."""

import streamlit as st

from pages.parts import errors, found_again, house
from pages.parts.words import t

st.title(t("Settings"))
st.markdown(t("What Graft keeps on this computer, and what this computer offers."))

with errors.shown():
    found_again.section()
    house.disk()
    house.trash()
    house.computer()
    house.language()
    house.sign_out()
    house.about()
