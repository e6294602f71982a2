"""How a model is used in other programs and places, with the programs that do it, step by step."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.shared.words import t
from pages.parts.take_home import places
from tl_core import store
from tl_core.export import estimate
from tl_core.export.formats import registry
from tl_core.export.formats.device_recipe import Step
from tl_core.export.formats.format import Format, Guide

PROGRAM_PX = 480


def draw(run: store.RunRow) -> None:
    """Draw the programs and recipes of all formats that have some, those of the first opened."""
    offered = _guided(places.offered(run))
    if not offered:
        return
    described = estimate.model_of(run.id)
    st.header(t("How to use it"), anchor=False)
    for number, format_ in enumerate(offered):
        with st.expander(t(format_.title), expanded=number == 0):
            for recipe in format_.recipes:
                if recipe.tells(described):
                    st.markdown(f"**{t(recipe.title)}**")
                    if about := recipe.about(described):
                        st.markdown(t(about))
                    _steps(recipe.steps)
            if format_.guide is not None:
                _program_of(run.id, format_.name, format_.guide)


def _guided(formats: Sequence[Format]) -> list[Format]:
    """Return the formats that are explained, the first of those that are explained alike."""
    found: list[Format] = []
    for known in formats:
        is_told = any((known.guide, known.recipes) == (one.guide, one.recipes) for one in found)
        if (known.guide or known.recipes) and not is_told:
            found.append(known)
    return found


def _steps(steps: Sequence[Step]) -> None:
    """Draw steps one below the other, each with what is to be typed."""
    for number, step in enumerate(steps, 1):
        st.markdown(f"{number}. {t(step.text)}")
        if step.typed:
            st.code(step.typed, language=step.language, wrap_lines=True)


def _program_of(run_id: str, kind: str, guide: Guide) -> None:
    st.markdown(t(guide.text, command=f"`{guide.command}`"))
    st.code(_program(run_id, kind), language="python", height=PROGRAM_PX)


@st.cache_data(max_entries=32, show_spinner=False)
def _program(run_id: str, kind: str) -> str:
    """Return the program of a format's guide, as it is."""
    guide = registry.get(kind).guide
    return guide.program(estimate.model_of(run_id)) if guide else ""
