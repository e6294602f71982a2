"""Making, renaming, switching and deleting: projects, data sets and runs, with undo."""

import streamlit as st

from pages.parts.shared import errors, notices, numbers
from pages.parts.shared.text import shortened
from pages.parts.shared.words import t
from tl_core import store
from tl_core.home import housekeeping

NAME_LENGTH = 28


def draw(kind: store.Kind, identifier: str, name: str) -> None:
    """Draw the small menu of a data set or run: rename, delete."""
    with st.popover(
        t("Manage"), icon=":material/more_horiz:", type="tertiary", key=f"menu-{identifier}"
    ):
        room(kind, identifier)
        rename_form(kind, identifier, name)
        delete_button(kind, identifier, name)


def room(kind: store.Kind, identifier: str) -> None:
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
                notices.tell(t("Renamed to “{name}”.", name=shortened(wanted, NAME_LENGTH)))
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
            notices.tell(words, undo=notices.Deleted(kind, identifier, name))
            st.rerun()
