"""Versions of a data set: what was changed, the way back, and making the next one."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts import errors, numbers, state
from pages.parts.text import literal
from pages.parts.words import t, tn
from tl_core.data.edits import Edit
from tl_core.runs import store, versions


def title(row: store.DatasetRow) -> str:
    """Return a data set's name, with its version where there is more than one."""
    if row.version == 1:
        return row.name
    return f"{row.name} · {t('version {number}', number=row.version)}"


def families(project_id: str, chosen: store.DatasetRow) -> list[store.DatasetRow]:
    """Return one version of every data set of a project, newest first.

    It is the newest version; of the data set that is `chosen`, the chosen one.
    """
    newest: dict[str, store.DatasetRow] = {}
    for row in state.usable_datasets(project_id):
        kept = newest.get(row.root_id)
        if kept is None or row.version > kept.version:
            newest[row.root_id] = row
    newest[chosen.root_id] = chosen
    return list(newest.values())


def make(row: store.DatasetRow, change: Edit) -> None:
    """Make the version that `change` turns `row` into, and work with it from now on."""
    with errors.shown():
        token = state.edit_token(row.id, change.model_dump_json())
        state.choose_dataset(versions.edit(row.id, change, token))
        st.rerun()


def latest_change(row: store.DatasetRow) -> None:
    """Say what made this version out of the one before and offer to go back to that."""
    newest = next(iter(store.versions(row.root_id)), row)
    if newest.version > row.version:
        with _line("graft-older"):
            words = t("This is version {number}. There are newer ones.", number=row.version)
            st.markdown(words, width="content")
            if st.button(t("Open the newest"), key="open-newest", icon=":material/redo:"):
                _open(newest.id)
    elif row.parent_id is not None and row.history:
        with _line("graft-changed"):
            st.markdown(literal(t(row.history)), width="content")
            before = _there(row.parent_id)
            if before is not None and st.button(
                t("Undo"),
                key="undo-edit",
                icon=":material/undo:",
                help=t("Goes back to version {number}; this one is kept.", number=before.version),
            ):
                _open(before.id)


def listed(row: store.DatasetRow) -> None:
    """Draw every version of a data set, newest first, each with what it changed."""
    family = store.versions(row.root_id)
    if len(family) < 2:
        return
    st.header(t("Versions"))
    st.caption(
        t("Each change makes a new version. Nothing is lost: open an older one at any time.")
    )
    for version in family:
        with st.container(
            border=True,
            horizontal=True,
            vertical_alignment="center",
            key=f"version-row-{version.id}",
        ):
            st.markdown(
                f"**{t('Version {number}', number=version.version)}** "
                f"{literal(t(version.history)) or t('As it was imported.')}  \n:small[{_about(version)}]",
                width="stretch",
            )
            if version.id == row.id:
                st.badge(t("in use"), color="gray")
            elif st.button(t("Open"), key=f"version-{version.id}", type="tertiary"):
                _open(version.id)


def _about(version: store.DatasetRow) -> str:
    pictures = int((version.counts or {}).get("pictures", 0))
    words = tn("{number} picture", "{number} pictures", pictures, number=numbers.count(pictures))
    runs = len(store.runs(dataset_id=version.id))
    if runs:
        words += " · " + t("{count} trained on it", count=numbers.count(runs))
    return words


def _line(key: str) -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", border=True, key=key)


def _there(dataset_id: str) -> store.DatasetRow | None:
    row = store.dataset(dataset_id)
    return row if row.status == "ready" and row.deleted_at is None else None


def _open(dataset_id: str) -> None:
    state.choose_dataset(dataset_id)
    st.rerun()
