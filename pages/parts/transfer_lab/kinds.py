"""The four kinds of transfer, each a card with a drawing that leads to where it can be had."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.shared import drawings, making_small, page_files
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t
from tl_core.jobs import making_small as teaching


def draw(dataset_id: str) -> None:
    """Draw the four cards; a run on the data set ("" for none) that can teach a smaller network is named."""
    with st.grid(min_column_width=185, row_height="content", key="transfer-kinds"):
        with _card(
            "instances",
            t("Pictures"),
            t(
                "Other people's pictures are learnt from together with yours: the more alike, the more they count."
            ),
        ):
            st.caption(t("Below: whether it helps. On Train it is a method of its own."))
            _leads_to(page_files.TRAIN, t("Go to Train"), "instances")
        with _card(
            "features",
            t("Features"),
            t(
                "A trained network describes your pictures; only how to read that description is learnt."
            ),
        ):
            st.caption(
                t(
                    "Below: which network describes them best. On Train: their main directions alone; or, for pictures that look otherwise than yours, domain adaptation (bringing both into line, AdaBN, Deep CORAL, DANN). Try it adapts at use (Tent)."
                )
            )
            _button(page_files.TRY_IT, t("Go to Try it"), "adapt")
            _leads_to(page_files.TRAIN, t("Go to Train"), "features")
        with _card(
            "models",
            t("Models"),
            t(
                "A trained network is taken over whole, and some of it goes on learning from your pictures."
            ),
        ):
            st.caption(
                t(
                    "Below: how much of it should learn. On Train: all of it at once, one stage after another, or one block."
                )
            )
            _leads_to(page_files.TRAIN, t("Go to Train"), "models")
        with _card(
            "relations",
            t("Relations"),
            t(
                "Not the things themselves are carried over but what is near to what: a large network shows it to a small one."
            ),
        ):
            st.caption(
                t(
                    "On Train it is a method. Graft's own starter learnt like this, from MobileNetV2."
                )
            )
            _make_small(dataset_id)
            _leads_to(page_files.TRAIN, t("Go to Train"), "relations")


def _card(kind: str, title: str, sentence: str) -> DeltaGenerator:
    card = st.container(border=True, height="stretch", key=f"kind-{kind}")
    with card:
        drawings.draw(f"kind-{kind}")
        st.markdown(f"**{title}**")
        st.markdown(sentence)
    return card


def _make_small(dataset_id: str) -> None:
    teacher = teaching.teacher(dataset_id) if dataset_id else None
    if teacher is not None and making_small.offer(teacher, "lab"):
        st.caption(t("Teacher: {name}", name=literal(shortened(teacher.name))))


def _leads_to(page: str, label: str, key: str) -> None:
    st.space("stretch")  # on one line, however much stands above
    _button(page, label, key)


def _button(page: str, label: str, key: str) -> None:
    if st.button(label, key=f"kind-{key}-go", type="tertiary", icon=":material/arrow_forward:"):
        st.switch_page(page)
