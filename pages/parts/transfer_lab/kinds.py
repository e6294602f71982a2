"""The four kinds of transfer, each a card with a drawing that leads to where it can be had."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.shared import drawings, making_small, page_files, run_names
from pages.parts.shared.text import literal
from pages.parts.shared.words import t


def draw(project_id: str = "", dataset_id: str = "") -> None:
    """Draw the four cards; where a run on a project's data set can teach a smaller network, with the way there."""
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
                    "Below: which network describes them best. On Train: their main directions alone; or, for pictures that look otherwise than yours, domain adaptation, which brings both into line: in closed form, by the statistics of the network (AdaBN), or while it learns (Deep CORAL, DANN). What you try can be adapted to as well, without training (Tent)."
                )
            )
            _leads_to(page_files.TRAIN, t("Go to Train"), "features")
            _button(page_files.TRY_IT, t("Go to Try it"), "adapt")
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
            _leads_to(page_files.TRAIN, t("Go to Train"), "relations")
            teacher = making_small.teacher(project_id, dataset_id) if project_id else None
            if teacher is not None:
                making_small.offer(teacher, "lab")
                st.caption(literal(run_names.title(teacher)))


def _card(kind: str, title: str, sentence: str) -> DeltaGenerator:
    card = st.container(border=True, height="stretch", key=f"kind-{kind}")
    with card:
        drawings.draw(f"kind-{kind}")
        st.markdown(f"**{title}**")
        st.markdown(sentence)
    return card


def _leads_to(page: str, label: str, key: str) -> None:
    st.space("stretch")  # on one line, however much stands above
    _button(page, label, key)


def _button(page: str, label: str, key: str) -> None:
    if st.button(label, key=f"kind-{key}-go", type="tertiary", icon=":material/arrow_forward:"):
        st.switch_page(page)
