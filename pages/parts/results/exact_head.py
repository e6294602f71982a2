"""The exact solution beside a trained head: which reaches more, and one button that makes it the model."""

from functools import partial
from typing import Any

import streamlit as st

from pages.parts.shared import at_work, errors
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from tl_core import store
from tl_core.jobs import exact_head_chooser

REFRESH_S = 1.0


def draw(run: store.RunRow) -> None:
    """Say that the exact solution reaches more, with a button that swaps, or that it was swapped, with a way back."""
    if exact_head_chooser.is_working(run.id):
        st.fragment(_working, run_every=REFRESH_S)(run.id)
        return
    if exact_head_chooser.can_be_undone(run):
        _swapped(run)
        return
    if not exact_head_chooser.is_better(run):
        return
    st.markdown(_more(run), help=_why())
    if (fault := exact_head_chooser.failure(run.id)) is not None:
        st.warning(literal(f"{t(fault.message)} {t(fault.hint)}"), icon=":material/warning:")
    if st.button(
        t("Make the exact solution the model"),
        key=f"use-exact-{run.id}",
        icon=":material/swap_horiz:",
        help=t("Takes some seconds. The trained head is kept, and can be brought back."),
    ):
        with errors.shown():
            exact_head_chooser.start(run.id)
            st.rerun()


def _working(run_id: str) -> None:
    if not exact_head_chooser.is_working(run_id):
        st.rerun(scope="app")
    view, stop = exact_head_chooser.view(run_id), partial(exact_head_chooser.stop, run_id)
    at_work.draw(view, stop, f"stop-exact-{run_id}")


def _more(run: store.RunRow) -> str:
    return t(
        "The trained head is the model. The exact solution reaches more on validation pictures: "
        "{exact} beside {trained}.",
        exact=f"**{_score(run, 'closed_form_val_accuracy')}**",
        trained=f"**{_score(run, 'val_accuracy')}**",
    )


def _why() -> str:
    return t(
        "The best last layer on the frozen network can be solved for exactly, in one step. A head that "
        "begins at random comes near it epoch by epoch, and has not arrived yet."
    )


def _swapped(run: store.RunRow) -> None:
    st.markdown(
        t(
            "You made the exact solution the model: {exact} on validation pictures, where the trained head "
            "reached {trained}. What was packed of the former model was removed.",
            exact=f"**{_score(run, 'closed_form_val_accuracy')}**",
            trained=f"**{_score(run, 'trained_val_accuracy')}**",
        )
    )
    if st.button(
        t("Bring the trained head back"), key=f"undo-exact-{run.id}", icon=":material/undo:"
    ):
        with errors.shown():
            exact_head_chooser.undo(run.id)
            st.rerun()


def _score(run: store.RunRow, name: str) -> str:
    metrics: dict[str, Any] = run.metrics or {}
    return registry.of_run(run).score(metrics, metrics.get(name))
