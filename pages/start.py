"""Start: three ways in, or on with what was begun."""

import streamlit as st

from pages.parts.shared import choice_card, errors, page_files, state, tokens
from pages.parts.shared.words import t
from pages.parts.start import arriving, going_on
from tl_core.config import LESSON
from tl_core.jobs import imports

project = state.project()
begun = state.usable_datasets(project.id) if project else []

if begun:
    st.title(t("Welcome back"))
    st.markdown(t("Go on where you were, or begin something new."))
    going_on.draw()
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
    choice_card.choice(
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
                imports.start_intake(
                    state.ensure_project(),
                    "samples",
                    t("Sample pictures"),
                    then_train=LESSON,
                    by=tokens.visitor(),
                )
            )
            st.switch_page(page_files.DATA)
with (
    own,
    choice_card.choice(
        "own",
        t("Bring my own pictures"),
        t(
            "A folder for each thing to tell apart, with at least ten pictures in each. Zipped, or as it is."
        ),
    ),
):
    if st.button(t("Bring my own pictures"), key="bring-own"):
        state.ask_for_new_data()
        st.switch_page(page_files.DATA)
with (
    model,
    choice_card.choice(
        "project",
        t("Open a project file"),
        t("A .graft file from another computer: a whole project to go on with, or a model to try."),
    ),
    errors.shown(),
):
    arriving.draw()
