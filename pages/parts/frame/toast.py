"""Short messages at the lower edge, where they are seen wherever one clicked; with Undo where there is one."""

import streamlit as st

from pages.parts.shared import notices, state
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t
from tl_core import store
from tl_core.backbones import own

NAME_LENGTH = 40


def draw() -> None:
    """Draw the latest message, until it is waved away or its time is over."""
    gone = state.gone()
    if gone is not None:
        words = t("{name} was deleted elsewhere.", name=shortened(gone.name, NAME_LENGTH))
        notices.tell(words, undo=gone)
    notice = notices.latest()
    if notice is None:
        return
    # Two names in turn: a message that follows another begins its time anew.
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        gap="small",
        key=f"graft-toast-{'even' if notice.number % 2 == 0 else 'odd'}",
    ):
        st.markdown(literal(notice.text), width="stretch")
        if isinstance(notice.undo, notices.Deleted):
            _bring_back(notice.undo)
        elif isinstance(notice.undo, notices.Removed):
            _bring_back_backbone(notice.undo)
        elif notice.undo is not None:
            _other_version(notice.undo)
        if st.button(t("Dismiss"), key="toast-dismiss", type="tertiary", icon=":material/close:"):
            notices.forget()
            st.rerun()


def _bring_back(gone: notices.Deleted) -> None:
    if st.button(t("Undo"), key="undo-delete", icon=":material/undo:"):
        store.restore(gone.kind, gone.id)
        _go_back_to(gone)
        notices.tell(t("{name} is back.", name=shortened(gone.name, NAME_LENGTH)))
        st.rerun()


def _bring_back_backbone(removed: notices.Removed) -> None:
    if st.button(t("Undo"), key="undo-remove", icon=":material/undo:"):
        own.bring_back(removed.backbone)
        notices.tell(t("{name} is back.", name=removed.title))
        st.rerun()


def _go_back_to(restored: notices.Deleted) -> None:
    if restored.kind == "project":
        state.open_project(restored.id)
    elif restored.kind == "dataset":
        state.choose_dataset(restored.id)
    else:
        state.choose_run(restored.id)


def _other_version(version: notices.Version) -> None:
    """Offer to go to another version: back to the one before, or to one made elsewhere."""
    is_undo = version.leaves is not None
    label = t("Undo") if is_undo else t("Open version {number}", number=version.number)
    icon = ":material/undo:" if is_undo else ":material/open_in_new:"
    if st.button(label, key="toast-version", icon=icon):
        if version.leaves is not None:
            notices.note_undone(version.leaves)
        state.choose_dataset(version.id)
        notices.tell(t("Version {number} is open.", number=version.number))
        st.rerun()
