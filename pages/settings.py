"""Settings: what is kept and how much room it takes, this computer, the language, what Graft is."""

import streamlit as st

from pages.parts.settings import sections
from pages.parts.shared import errors, found_again
from pages.parts.shared.words import t

st.title(t("Settings"))
st.markdown(t("What Graft keeps on this computer, and what this computer offers."))

with errors.shown():
    found_again.section()
    sections.disk()
    sections.trash()
    sections.computer()
    sections.language()
    sections.sign_out()
    sections.about()
