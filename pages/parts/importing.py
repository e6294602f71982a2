"""An import at work: what is being done, how far it is, and a way to stop it."""

import streamlit as st

from pages.parts import numbers, places, state
from pages.parts.words import t
from tl_core.config import TrainConfig
from tl_core.runs import dispatcher, ids, progress, store

REFRESH_S = 0.7


def draw(dataset: store.DatasetRow) -> None:
    """Draw the progress of an import until it ends, then go on."""
    _watch(dataset.id)


@st.fragment(run_every=REFRESH_S)
def _watch(dataset_id: str) -> None:
    dataset = store.dataset(dataset_id)
    if dataset.status != "importing":
        _ended(dataset)
    view = progress.state(ids.dataset_folder(dataset_id))
    with st.container(border=True):
        st.markdown(f"**{t(view.text) if view.text else t('Getting ready')}**")
        st.progress(view.fraction, text=_how_far(view))
        if st.button(t("Stop"), key="stop-import", icon=":material/stop:"):
            dispatcher.stop_intake(dataset_id)
            st.rerun(scope="app")
    st.caption(
        t(
            "Each picture is opened, turned upright and stored once. You may close this tab; the import goes on."
        )
    )


def _how_far(view: progress.RunView) -> str:
    if not view.total:
        return t("A moment")
    counted = numbers.size if view.phase == "unpack" else numbers.count
    text = t("{done} of {total}", done=counted(view.done), total=counted(view.total))
    if view.seconds_left is not None:
        text += " · " + t("{time} left", time=numbers.duration(view.seconds_left))
    return text


def _ended(dataset: store.DatasetRow) -> None:
    if dataset.status == "ready" and state.trains_when_ready(dataset.id):
        state.trained_when_ready()
        # The data set's id as the click: however many tabs wait for it, it is one run.
        run_id = dispatcher.start_run(dataset.id, TrainConfig(), f"first-{dataset.id}")
        state.choose_run(run_id)
        st.switch_page(places.RUNS)
    st.rerun(scope="app")
