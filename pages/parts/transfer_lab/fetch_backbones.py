"""Backbones whose weights are not on this computer: the size of their download, and a button that fetches them."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.shared import at_work, errors, numbers
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core.backbones import catalogue
from tl_core.jobs import fetching

REFRESH_S = 1.0


def draw(names: Sequence[str], *, alone: bool) -> None:
    """Draw the others, the smallest first.

    Args:
        names: in the catalogue.
        alone: whether there is nothing yet to compare with.
    """
    if not names:
        return
    if alone:
        st.info(
            t(
                "Only one network is on this computer, so there is nothing to compare. Download another one first."
            ),
            icon=":material/info:",
        )
    is_busy = any(fetching.is_working(name) for name in names)
    title = tn(
        "{count} more, not on this computer", "{count} more, not on this computer", len(names)
    )
    with st.expander(title, icon=":material/cloud_download:", expanded=alone or is_busy):
        st.fragment(_rows, run_every=REFRESH_S if is_busy else None)(tuple(names), is_busy)


def _rows(names: tuple[str, ...], was_busy: bool) -> None:
    if was_busy != any(fetching.is_working(name) for name in names):
        st.rerun(scope="app")
    for name in names:
        record = catalogue.get(name)
        with st.container(horizontal=True, vertical_alignment="center", key=f"fetch-row-{name}"):
            st.markdown(f"**{record.title}** · {literal(t(record.sentence))}", width="stretch")
            if not fetching.is_working(name):
                _button(name, numbers.size(record.download_bytes))
        if fetching.is_working(name):
            at_work.draw(fetching.view(name), lambda name=name: fetching.stop(name), f"stop-{name}")
        elif (failed := fetching.failure(name)) is not None:
            errors.explain(failed.code, failed.message, failed.hint)


def _button(name: str, size: str) -> None:
    if st.button(t("Download {size}", size=size), key=f"fetch-{name}", icon=":material/download:"):
        with errors.shown():
            fetching.start(name)
            st.rerun(scope="app")
