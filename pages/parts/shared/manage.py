"""Making, renaming, switching and deleting: projects, data sets and runs, with undo."""

import streamlit as st

from pages.parts.shared import errors, numbers, places, state
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t
from tl_core.home import housekeeping
from tl_core.store import store

PROJECTS_SHOWN = 12
NAME_LENGTH = 28


def project_menu(project: store.Project) -> None:
    """Draw the menu of projects: switch, make, rename, delete."""
    with st.popover(
        literal(shortened(project.name, NAME_LENGTH)),
        icon=":material/folder_open:",
        type="tertiary",
        key="project-menu",
    ):
        others = [other for other in store.projects() if other.id != project.id]
        if others:
            st.caption(t("Switch to"))
        for other in others[:PROJECTS_SHOWN]:
            if st.button(
                literal(shortened(other.name, NAME_LENGTH)),
                key=f"switch-{other.id}",
                type="tertiary",
                icon=":material/folder:",
            ):
                state.open_project(other.id)
                st.switch_page(places.START)
        _further_projects(others[PROJECTS_SHOWN:])
        _new_project()
        _room("project", project.id)
        rename_form("project", project.id, project.name)
        delete_button("project", project.id, project.name)


def _further_projects(others: list[store.Project]) -> None:
    """Draw a list to search in, for those that the buttons leave out."""
    if not others:
        return
    names = distinct({other.id: other.name for other in others}, NAME_LENGTH)
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
        st.switch_page(places.START)


def _new_project() -> None:
    with st.form("new-project", border=False, clear_on_submit=True):
        name = st.text_input(t("New project"), placeholder=t("Name"), max_chars=store.NAME_LIMIT)
        if st.form_submit_button(t("Make project"), icon=":material/add:"):
            with errors.shown():
                state.open_project(store.create_project(name))
                st.switch_page(places.START)


def thing_menu(kind: store.Kind, identifier: str, name: str) -> None:
    """Draw the small menu of a data set or run: rename, delete."""
    with st.popover(
        t("Manage"), icon=":material/more_horiz:", type="tertiary", key=f"menu-{identifier}"
    ):
        _room(kind, identifier)
        rename_form(kind, identifier, name)
        delete_button(kind, identifier, name)


def _room(kind: store.Kind, identifier: str) -> None:
    """Tell what a thing takes on the disk, once somebody asks: it looks at every file."""
    if st.button(
        t("How much room does it take?"),
        key=f"room-{identifier}",
        type="tertiary",
        icon=":material/hard_drive:",
    ):
        taken = housekeeping.bytes_of(kind, identifier)
        st.caption(t("{size} on the disk", size=numbers.size(taken)))


def rename_form(kind: store.Kind, identifier: str, name: str) -> None:
    """Draw a field with the name and a button that keeps it."""
    with st.form(f"rename-{identifier}", border=False):
        wanted = st.text_input(t("Name"), value=name, max_chars=store.NAME_LIMIT)
        if st.form_submit_button(t("Rename"), icon=":material/edit:"):
            with errors.shown():
                store.rename(kind, identifier, wanted)
                state.tell(t("Renamed to “{name}”.", name=shortened(wanted, NAME_LENGTH)))
                st.rerun()


def delete_button(kind: store.Kind, identifier: str, name: str) -> None:
    """Draw the button that asks once, deletes, and offers to undo."""
    sure = st.checkbox(t("Yes, delete it"), key=f"sure-{identifier}")
    if st.button(
        t("Delete"), key=f"delete-{identifier}", icon=":material/delete:", disabled=not sure
    ):
        with errors.shown():
            store.delete(kind, identifier)
            words = t("{name} was deleted.", name=shortened(name, NAME_LENGTH))
            state.tell(words, undo=state.Deleted(kind, identifier, name))
            st.rerun()
