"""Versions of a data set: what was changed, the way back, and making the next one."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.shared import errors, notices, numbers, scrolling, state, tokens
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.datasets.edits import Edit
from tl_core.home import versions

ELSEWHERE_S = 4.0


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
        latest = versions.newest(row)
        token = tokens.edit_token(row.id, change.model_dump_json())
        made = store.dataset(versions.edit(row.id, change, token))
        _tell_made(row, made, latest)
        state.choose_dataset(made.id)
        st.rerun()


def _tell_made(row: store.DatasetRow, made: store.DatasetRow, latest: store.DatasetRow) -> None:
    """Say what was done, and whether somebody else changed the data set meanwhile."""
    if latest.version <= notices.newest_known(row.root_id, latest.version):
        notices.tell(t(made.history), notices.Version(row.id, row.version, leaves=made.id))
        return
    words = t(
        "Yours is version {made}, made from version {before}. Version {other} was made elsewhere meanwhile and is kept.",
        made=made.version,
        before=row.version,
        other=latest.version,
    )
    notices.tell(words, notices.Version(latest.id, latest.version))


def latest_change(row: store.DatasetRow) -> None:
    """Say what was changed to make this version, with Undo and Redo."""
    newest = versions.newest(row)
    notices.newest_known(row.root_id, newest.version)
    is_newest = newest.version <= row.version
    before = _there(row.parent_id) if row.parent_id and row.history else None
    after = versions.next_of(row, notices.undone())
    if is_newest and before is None and after is None:
        return
    words = literal(t(row.history)) if is_newest else _older(row)
    with _line("graft-changed" if is_newest else "graft-older"):
        st.markdown(words, width="content")
        if before is not None and st.button(
            t("Undo"),
            key="undo-edit",
            icon=":material/undo:",
            help=t(
                "Goes back to version {number}; this one is kept. Also Ctrl and Z.",
                number=before.version,
            ),
        ):
            notices.note_undone(row.id)
            _open(before)
        if after is not None and st.button(
            t("Redo"),
            key="redo-edit",
            icon=":material/redo:",
            help=t(
                "Goes on to version {number} again: {change} Also Ctrl, Shift and Z.",
                number=after.version,
                change=literal(t(after.history)),
            ),
        ):
            notices.note_redone(after.id)
            _open(after)
        if not is_newest and st.button(
            t("Open the newest"), key="open-newest", type="tertiary", icon=":material/last_page:"
        ):
            _open(newest)


def _older(row: store.DatasetRow) -> str:
    words = t("This is version {number}. There are newer ones.", number=row.version)
    return f"{words} {literal(t(row.history))}" if row.history else words


@st.fragment(run_every=ELSEWHERE_S)
def elsewhere(row: store.DatasetRow) -> None:
    """Say so when a version was made in another tab or by somebody else while this one is open."""
    newest = versions.newest(row)
    if newest.version <= notices.newest_known(row.root_id, newest.version):
        return
    with _line("graft-elsewhere"):
        st.markdown(
            t(
                "**Version {other} was made elsewhere meanwhile:** {change} What you change here starts from version {here}.",
                other=newest.version,
                change=literal(t(newest.history)),
                here=row.version,
            ),
            width="stretch",
        )
        if st.button(t("Open version {number}", number=newest.version), key="open-elsewhere"):
            _open(newest)
        if st.button(t("Stay here"), key="stay-here", type="tertiary"):
            notices.note_known(row.root_id, newest.version)
            st.rerun(scope="app")


def listed(row: store.DatasetRow) -> None:
    """Draw every version of a data set, newest first, each with what it changed."""
    family = store.versions(row.root_id)
    if len(family) < 2:
        return
    numbered = {version.id: version.version for version in family}
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
                f"{literal(t(version.history)) or t('As it was imported.')}  \n:small[{_about(version, numbered)}]",
                width="stretch",
            )
            if version.id == row.id:
                st.badge(t("in use"), color="gray")
            elif st.button(t("Open"), key=f"version-{version.id}", type="tertiary"):
                scrolling.scroll_to("graft-header")
                _open(version)


def _about(version: store.DatasetRow, numbered: dict[str, int]) -> str:
    """Say what a version holds, and from which it was made where that is not the one before."""
    pictures = int((version.counts or {}).get("pictures", 0))
    words = tn("{number} picture", "{number} pictures", pictures, number=numbers.count(pictures))
    parent = numbered.get(version.parent_id or "")
    if parent is not None and parent != version.version - 1:
        words = t("from version {number}", number=parent) + " · " + words
    runs = len(store.runs(dataset_id=version.id))
    if runs:
        words += " · " + t("{count} trained on it", count=numbers.count(runs))
    return words


def _line(key: str) -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", border=True, key=key)


def _there(dataset_id: str) -> store.DatasetRow | None:
    row = store.dataset(dataset_id)
    return row if row.status == "ready" and row.deleted_at is None else None


def _open(version: store.DatasetRow) -> None:
    state.choose_dataset(version.id)
    notices.tell(t("Version {number} is open.", number=version.version))
    st.rerun(scope="app")
