"""Choosing among the runs of the project that have a model."""

import streamlit as st

from pages.parts import header, scores, state, versions_view
from pages.parts.text import distinct, literal, shortened
from pages.parts.words import t
from tl_core.runs import store


def with_result() -> store.RunRow | None:
    """Draw the choice of runs that have a result and return the chosen one."""
    project = state.project()
    if project is None:
        return None
    runs = {run.id: run for run in store.runs(project.id) if run.metrics}
    if not runs:
        return None
    current = state.run()
    index = list(runs).index(current.id) if current is not None and current.id in runs else 0
    if len(runs) == 1:
        return _opened(next(iter(runs)), current)
    oldest_first = {key: _title(runs[key]) for key in reversed(runs)}
    chosen = st.selectbox(
        t("Run"),
        list(runs),
        index=index,
        format_func=distinct(oldest_first, length=90).__getitem__,
        width=420,
    )
    return _opened(chosen, current)


def _opened(run_id: str, current: store.RunRow | None) -> store.RunRow:
    if current is None or current.id != run_id:
        state.choose_run(run_id)
        st.rerun()
    return store.run(run_id)


def tell_version(run: store.RunRow) -> None:
    """Say which version of the data a run learnt from, where that is not the one chosen."""
    learnt_from, chosen = store.dataset(run.dataset_id), state.dataset()
    words = t("Learnt from {data}.", data=literal(versions_view.title(learnt_from)))
    if chosen is not None and chosen.id != learnt_from.id:
        words += " " + t("You have changed the data since; train again to see what that brings.")
    st.caption(words)


def _title(run: store.RunRow) -> str:
    facts = (shortened(run.name), scores.short(run), header.status_word(run))
    return " · ".join(fact for fact in facts if fact)
