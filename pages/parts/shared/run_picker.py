"""Choosing among the runs of the project that have a model."""

import streamlit as st

from pages.parts.shared import page_files, run_names, state, steps
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t
from tl_core import store


def with_result() -> store.RunRow | None:
    """Draw the choice of runs that have a result and return the chosen one.

    Until one is chosen, the newest stands in for a current run that has no result, such as one that
    trains or failed; the current run stays what it is. Whatever stands in goes on to, when another
    run ends while it is looked at.
    """
    project = state.project()
    if project is None:
        return None
    runs = {run.id: run for run in store.runs(project.id) if run.metrics}
    if not runs:
        return None
    current = state.run()
    shown = current.id if current is not None and current.id in runs else state.stand_in(runs)
    if len(runs) == 1:
        st.caption(literal(run_names.title(runs[shown])))
    else:
        oldest_first = {key: run_names.title(runs[key]) for key in reversed(runs)}
        chosen = st.selectbox(
            t("Run"),
            list(runs),
            index=list(runs).index(shown),
            format_func=distinct(oldest_first, length=140).__getitem__,
            width=720,
        )
        if chosen != shown:
            state.choose_run(chosen)
            st.rerun()
    if current is None:
        _tell_other_data(runs[shown])
    elif current.id != shown:
        st.caption(
            t(
                "This is {name}: {current} has no result yet.",
                name=literal(shortened(runs[shown].name)),
                current=literal(shortened(current.name)),
            )
        )
    return runs[shown]


def _tell_other_data(run: store.RunRow) -> None:
    """Say whose run stands in where nothing was trained on the chosen pictures, which the header names."""
    chosen = state.dataset()
    if chosen is None or chosen.root_id == store.dataset(run.dataset_id).root_id:
        return
    st.caption(
        t(
            "Nothing has been trained on {chosen} yet. This is {name}, which learnt from {data}.",
            chosen=literal(shortened(chosen.name)),
            name=literal(shortened(run.name)),
            data=literal(run_names.data(run)),
        )
    )


def nothing_yet(drawing: str, sentence: str) -> None:
    """Fill a page that needs a result where there is none; lead to the run that may bring one."""
    if state.run() is None:
        steps.empty(drawing, sentence, page_files.TRAIN, t("Go to Train"))
    steps.empty(drawing, sentence, page_files.RUNS, t("Go to Runs"))


def tell_version(run: store.RunRow) -> None:
    """Say that the data were changed since a run learnt from them."""
    learnt_from, chosen = store.dataset(run.dataset_id), state.dataset()
    if chosen is not None and chosen.id != learnt_from.id and chosen.root_id == learnt_from.root_id:
        st.caption(
            t(
                "Learnt from {data}. You have changed the data since; train again to see what that brings.",
                data=literal(run_names.data(run)),
            )
        )
