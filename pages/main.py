"""The frame around every page: settings of the window, style, navigation, header."""

from pathlib import Path

import streamlit as st

from pages.parts.frame import browser, header, not_found, toast
from pages.parts.shared import errors, found_again, page_files, state
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
            st.Page(
                page_files.START, title=t("Start"), icon=":material/potted_plant:", default=True
            ),
            st.Page(page_files.DATA, title=t("Data"), icon=":material/photo_library:"),
            st.Page(page_files.TRAIN, title=t("Train"), icon=":material/model_training:"),
            st.Page(page_files.RUNS, title=t("Runs"), icon=":material/show_chart:"),
            st.Page(page_files.RESULTS, title=t("Results"), icon=":material/fact_check:"),
            st.Page(page_files.TRY_IT, title=t("Try it"), icon=":material/photo_camera:"),
            st.Page(page_files.TAKE_HOME, title=t("Take it home"), icon=":material/home:"),
        ],
        t("Understand"): [
            st.Page(page_files.TRANSFER_LAB, title=t("Transfer lab"), icon=":material/experiment:"),
            st.Page(page_files.LEARN, title=t("Learn"), icon=":material/menu_book:"),
        ],
        t("This computer"): [
            st.Page(page_files.SETTINGS, title=t("Settings"), icon=":material/settings:"),
        ],
    },
    expanded=True,
)

with errors.shown():
    state.remember_place()
    browser.draw(page)
    header.draw(page)
    toast.draw()
    if state.stay_missing_on(page.url_path):
        not_found.draw()
    else:
        found_again.notice(page.title)
        page.run()
