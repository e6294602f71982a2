"""An import at work: what is being done, how far it is, and a way to stop it."""

from typing import NoReturn

import streamlit as st

from pages.parts.data import what_to_learn
from pages.parts.shared import errors, numbers, page_files, read_aloud, state, tokens
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base import ids
from tl_core.home import housekeeping
from tl_core.intake import material
from tl_core.jobs import imports, run_queue
from tl_core.signals import progress

REFRESH_S = 0.7


def draw(dataset: store.DatasetRow) -> None:
    """Draw the progress of an import until it ends, then go on; ask what nobody can guess."""
    asked = material.told(dataset.id)
    is_asking = asked is not None and asked.asks and not _answer(dataset)
    if not dataset.is_waiting:
        _watch(dataset.id, is_asking=is_asking)
    if asked is not None and is_asking:
        what_to_learn.ask(dataset, asked)


@st.fragment(run_every=REFRESH_S)
def _watch(dataset_id: str, *, is_asking: bool) -> None:
    dataset = store.dataset(dataset_id)
    if dataset.status != "importing":
        _ended(dataset)
    asked = None if is_asking else material.told(dataset_id)
    if dataset.is_waiting or (asked is not None and asked.asks and not _answer(dataset)):
        st.rerun(scope="app")  # the question has come, or all pictures are there
    before = imports.imports_before(dataset)
    view = progress.state(ids.dataset_folder(dataset_id))
    with st.container(border=True):
        if before is None:
            st.markdown(f"**{literal(t(view.text) or t('Getting ready'))}**")
            st.progress(view.fraction, text=_how_far(view))
            read_aloud.say(f"{t(view.text)} {_how_far(view)}", "import")
        else:
            st.markdown(f"**{t('Waiting for other imports')}**")
            st.progress(0.0, text=_its_turn(before))
        if not is_asking and st.button(t("Stop"), key="stop-import", icon=":material/stop:"):
            imports.stop_intake(dataset_id)
            st.rerun(scope="app")
    st.caption(
        t(
            "Each picture is opened, turned upright and stored once. You may close this tab; the import goes on."
        )
    )


def _its_turn(before: int) -> str:
    if not before:
        return t("It is the next.")
    return tn("{count} other waits before it.", "{count} others wait before it.", before)


def _answer(dataset: store.DatasetRow) -> object:
    return (dataset.request or {}).get("answer")


def _how_far(view: progress.RunView) -> str:
    if not view.total:
        return t("A moment")
    counted = numbers.size if view.phase == "unpack" else numbers.count
    text = t("{done} of {total}", done=counted(view.done), total=counted(view.total))
    if view.seconds_left is not None:
        text += " · " + t("{time} left", time=numbers.duration(view.seconds_left))
    return text


def _ended(dataset: store.DatasetRow) -> None:
    if dataset.status == "ready" and (dataset.request or {}).get("is_project"):
        show_opened(dataset)
    if dataset.status == "ready":
        run_id = run_queue.add_first(dataset)
        if run_id is not None:
            state.choose_run(run_id)
            st.switch_page(page_files.RUNS)
    else:
        state.ask_for_new_data()
    st.rerun(scope="app")


def show_opened(dataset: store.DatasetRow) -> NoReturn:
    """Go to the project that a file brought, once it is there."""
    state.note_opened()
    state.open_project(dataset.project_id)
    st.switch_page(page_files.START)


def tell_failure(project_id: str) -> None:
    """Say why the latest import failed, to whoever made it, until that is waved away.

    An import that succeeds later ends it as well.
    """
    rows = store.datasets(project_id)
    newest = next((row for row in rows if row.status != "failed" or _is_mine(row)), None)
    if newest is None or newest.status != "failed":
        return
    told = newest.error or {}
    if len(rows) > 1:  # what is shown below is another data set, which nothing happened to
        st.caption(t("About the import of “{name}”:", name=literal(shortened(newest.name))))
    errors.explain(told.get("code", "bug"), told.get("message", ""), told.get("hint", ""))
    if st.button(t("Dismiss"), key="dismiss-failure", type="tertiary", icon=":material/close:"):
        for row in rows:
            if row.status == "failed" and _is_mine(row):
                housekeeping.remove("dataset", row.id)
        if (newest.request or {}).get("is_project") and not store.datasets(project_id):
            # It was made for a file that could not be opened.
            housekeeping.remove("project", project_id)
        st.rerun()


def _is_mine(row: store.DatasetRow) -> bool:
    """Say whether this browser made an import; of old ones nobody knows who did."""
    return (row.request or {}).get("by") in (None, tokens.visitor())
