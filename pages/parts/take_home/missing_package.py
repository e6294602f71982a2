"""A package that a format needs and that is not there or too old: why, and the way to install it."""

import streamlit as st

from pages.parts.shared import errors
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from tl_core.export import installing
from tl_core.export.formats.needed_package import Package
from tl_core.jobs import installer

REFRESH_S = 1.0


def draw(need: Package) -> None:
    """Say what is missing; draw a button where a click may install it, else what to type."""
    st.info(
        f"{literal(t(need.lacking))} {t(need.reason)}",
        icon=":material/extension:",
    )
    if not installing.is_allowed():
        st.markdown(t("To install it, type this in the environment of Graft:"))
        st.code(installing.command(need.name), language=None, wrap_lines=True)
        return
    working = installer.is_working(need.name)
    st.fragment(_panel, run_every=REFRESH_S if working else None)(need, working)


def _panel(need: Package, was_working: bool) -> None:
    if installer.is_working(need.name):
        st.markdown(t("The package is being installed."))
        if st.button(t("Stop"), key=f"stop-install-{need.name}"):
            installer.stop(need.name)
            st.rerun(scope="app")
        return
    if was_working:
        st.rerun(scope="app")
    with errors.shown():
        installer.refusal(need.name)
    if st.button(
        t("Install {package}", package=literal(need.name))
        if not need.is_too_old
        else t("Update {package}", package=literal(need.name)),
        key=f"install-{need.name}",
        icon=":material/download:",
    ):
        installer.start(need.name)
        st.rerun(scope="app")
