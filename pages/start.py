"""Start: three ways in, or on with what was begun."""

import streamlit as st

from pages.parts.shared import errors, places, state
from pages.parts.shared.words import t
from pages.parts.start import arriving, cards
from tl_core.config import LESSON
from tl_core.jobs import dispatcher

project = state.project()
begun = state.usable_datasets(project.id) if project else []

if begun:
    st.title(t("Welcome back"))
    st.markdown(t("Go on where you were, or begin something new."))
    cards.go_on()
    st.header(t("Begin something new"))
else:
    st.title(t("Teach your computer to tell pictures apart"))
    st.markdown(
        t(
            "Give it a few pictures of each thing. It learns from them on this computer, shows you how well it does, "
            "and hands you the finished model."
        )
    )

samples, own, model = st.columns(3, gap="medium")
with (
    samples,
    cards.choice(
        "samples",
        t("Use sample pictures"),
        t("Six kinds of fruit. A trained model in about a minute, without the internet."),
    ),
):
    if st.button(
        t("Use sample pictures"), type="secondary" if begun else "primary", key="use-samples"
    ):
        with errors.shown():
            state.choose_dataset(
                dispatcher.start_intake(
                    state.ensure_project(),
                    "samples",
                    t("Sample pictures"),
                    then_train=LESSON,
                    by=state.visitor(),
                )
            )
            st.switch_page(places.DATA)
with (
    own,
    cards.choice(
        "own",
        t("Bring my own pictures"),
        t(
            "A folder for each thing to tell apart, with at least ten pictures in each. Zipped, or as it is."
        ),
    ),
):
    if st.button(t("Bring my own pictures"), key="bring-own"):
        state.ask_for_new_data()
        st.switch_page(places.DATA)
with (
    model,
    cards.choice(
        "project",
        t("Open a project file"),
        t("A .graft file from another computer: a whole project to go on with, or a model to try."),
    ),
    errors.shown(),
):
    arriving.draw()
