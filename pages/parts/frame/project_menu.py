"""The menu of the open project in the header: its name, other projects, a new one."""

import streamlit as st

from pages.parts.shared import errors, manage_menu, page_files, state
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t
from tl_core import store

PROJECTS_SHOWN = 12


def draw(project: store.Project) -> None:
    """Draw the menu of projects: switch, make, rename, delete."""
    with st.popover(
        literal(shortened(project.name, manage_menu.NAME_LENGTH)),
        icon=":material/folder_open:",
        type="tertiary",
        key="project-menu",
    ):
        others = [other for other in store.projects() if other.id != project.id]
        if others:
            st.caption(t("Switch to"))
        for other in others[:PROJECTS_SHOWN]:
            if st.button(
                literal(shortened(other.name, manage_menu.NAME_LENGTH)),
                key=f"switch-{other.id}",
                type="tertiary",
                icon=":material/folder:",
            ):
                state.open_project(other.id)
                st.switch_page(page_files.START)
        _further_projects(others[PROJECTS_SHOWN:])
        _new_project()
        manage_menu.room("project", project.id)
        manage_menu.rename_form("project", project.id, project.name)
        manage_menu.delete_button("project", project.id, project.name)


def _further_projects(others: list[store.Project]) -> None:
    """Draw a list to search in, for those that the buttons leave out."""
    if not others:
        return
    names = distinct({other.id: other.name for other in others}, manage_menu.NAME_LENGTH)
    chosen = st.selectbox(
        t("More projects"),
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder=t("Find a project"),
        key="further-projects",
    )
    if chosen is not None:
        state.open_project(chosen)
        st.switch_page(page_files.START)


def _new_project() -> None:
    with st.form("new-project", border=False, clear_on_submit=True):
        name = st.text_input(t("New project"), placeholder=t("Name"), max_chars=store.NAME_LIMIT)
        if st.form_submit_button(t("Make project"), icon=":material/add:"):
            with errors.shown():
                state.open_project(store.create_project(name))
                st.switch_page(page_files.START)
