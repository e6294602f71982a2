"""Build on it: the model becomes a backbone that the next training begins with."""

from functools import partial

import streamlit as st

from pages.parts.shared import at_work, errors, next_training, page_files
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from tl_core import store
from tl_core.backbones.card import LONGEST_TITLE
from tl_core.home import own_backbones
from tl_core.jobs import backbone_maker

REFRESH_S = 1.0


def draw(run: store.RunRow) -> None:
    """Offer to make a run's model a backbone, say that it is one, or why it would be none."""
    st.header(t("Build on it"), anchor=False)
    if backbone_maker.is_working(run.id):
        st.fragment(_working, run_every=REFRESH_S)(run.id)
        return
    with errors.shown():
        made = own_backbones.made_of(run)
        if made is not None:
            _made(made.name, made.title)
        elif (no := own_backbones.refusal(run)) is not None:
            st.markdown(literal(f"{t(no.message)} {t(no.hint)}"))
        else:
            _offer(run)


def _working(run_id: str) -> None:
    if not backbone_maker.is_working(run_id):
        st.rerun(scope="app")
    stop = partial(backbone_maker.stop, run_id)
    at_work.draw(backbone_maker.view(run_id), stop, f"stop-backbone-{run_id}")


def _made(name: str, title: str) -> None:
    st.markdown(
        t(
            "{title} is among your backbones on the Train page. It stays there when this run is deleted.",
            title=f"**{literal(title)}**",
        )
    )
    if st.button(t("Train on it"), key="train-on-it", icon=":material/model_training:"):
        next_training.choose_backbone(name)
        st.switch_page(page_files.TRAIN)


def _offer(run: store.RunRow) -> None:
    st.markdown(
        t(
            "A further task on pictures that look like these can begin with what this model has learnt, instead of with "
            "the published network. It becomes a backbone, which you choose on the Train page like any other."
        ),
        help=t(
            "Its stages keep what they learnt and the head is left away, so that the new task may have other classes. "
            "Whether it helps depends on how alike the pictures are: compare backbones in the Transfer lab."
        ),
    )
    if (fault := backbone_maker.failure(run.id)) is not None:
        st.warning(literal(f"{t(fault.message)} {t(fault.hint)}"), icon=":material/warning:")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.text_input(
            t("What to call it"),
            own_backbones.suggested_title(run),
            max_chars=LONGEST_TITLE,
            key=f"backbone-title-{run.id}",
            help=t("Letters, digits, spaces and , ' ( ) -"),
            width=320,
        )
        is_asked = st.button(
            t("Use it as a backbone"), key=f"use-as-backbone-{run.id}", icon=":material/layers:"
        )
    if is_asked:
        with errors.shown():
            backbone_maker.start(run.id, title)
            st.rerun()
