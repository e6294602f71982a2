"""The frame around every page: settings of the window, style, navigation, header."""

from pathlib import Path

import streamlit as st

from pages.parts.shared import errors, found_again, frame, header, not_found, places, state, toast
from pages.parts.shared.words import t

ASSETS = Path(__file__).resolve().parents[1] / "assets"

st.set_page_config(
    page_title="Graft",
    page_icon=str(ASSETS / "icon.svg"),
    layout="wide",
    initial_sidebar_state="auto",
)
st.html(ASSETS / "styles.css")
st.logo(str(ASSETS / "logo.svg"), icon_image=str(ASSETS / "icon.svg"), size="large")

page = st.navigation(
    {
        t("Make"): [
            st.Page(places.START, title=t("Start"), icon=":material/potted_plant:", default=True),
            st.Page(places.DATA, title=t("Data"), icon=":material/photo_library:"),
            st.Page(places.TRAIN, title=t("Train"), icon=":material/model_training:"),
            st.Page(places.RUNS, title=t("Runs"), icon=":material/show_chart:"),
            st.Page(places.RESULTS, title=t("Results"), icon=":material/fact_check:"),
            st.Page(places.TRY_IT, title=t("Try it"), icon=":material/photo_camera:"),
            st.Page(places.TAKE_HOME, title=t("Take it home"), icon=":material/home:"),
        ],
        t("Understand"): [
            st.Page(places.LEARN, title=t("Learn"), icon=":material/menu_book:"),
        ],
        t("This computer"): [
            st.Page(places.SETTINGS, title=t("Settings"), icon=":material/settings:"),
        ],
    },
    expanded=True,
)

with errors.shown():
    state.remember_place()
    frame.draw(page)
    header.draw(page)
    toast.draw()
    if state.stay_missing_on(page.url_path):
        not_found.draw()
    else:
        found_again.notice(page.title)
        page.run()
