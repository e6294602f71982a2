"""What lies in Graft's folder without being in its store: told on every page, taken in again on Settings."""

import streamlit as st

from pages.parts.shared import notices, page_files
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core.base import settings
from tl_core.home import adoption


def notice(page_title: str) -> None:
    """Say on every page but Settings that something is missing from the lists, and where it is."""
    if page_title == t("Settings") or not adoption.is_needed():
        return
    st.space("small")
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="found-again"):
        st.markdown(
            t(
                "Some of your data sets or runs are not in the lists, but their files are here. Nothing of them is removed."
            ),
            width="stretch",
        )
        st.page_link(
            page_files.SETTINGS,
            label=t("Take them in again"),
            icon=":material/settings_backup_restore:",
        )


def section() -> None:
    """Draw what could be taken in again, where there is any, with the button that does it."""
    found = adoption.found()
    if not found.total:
        return
    has_parted = adoption.is_needed()
    st.header(t("Found again"))
    with st.container(border=True, key="found-again-section"):
        st.markdown(_told(found))
        if has_parted:
            st.caption(
                t(
                    "They lie in {folder}, but the store does not know them: it is new, is an older copy, or belongs to another folder. Until this is settled nothing is removed for good.",
                    folder=f"`{settings.current().home}`",
                )
            )
        else:
            st.caption(
                t("They are kept for a week from when they were found, then they go for good.")
            )
        if not st.button(
            t("Take them in again"), type="primary", icon=":material/settings_backup_restore:"
        ):
            return
        bar = st.progress(0.0, t("Reading what the folders tell"))
        taken = adoption.adopt(lambda done, total: bar.progress(done / max(1, total)))
    notices.forget()
    st.toast(
        tn(
            "{count} thing is back in its place",
            "{count} things are back in their place",
            taken.projects + taken.datasets + taken.runs,
        ),
        icon=":material/check:",
    )
    st.rerun()


def _told(found: adoption.Taken) -> str:
    parts = []
    if found.datasets:
        parts.append(tn("{count} data set", "{count} data sets", found.datasets))
    if found.runs:
        parts.append(tn("{count} run", "{count} runs", found.runs))
    told = " · ".join(parts)
    return f"**{literal(told)}**"
