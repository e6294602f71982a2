"""A result: the number with its interval beside the baselines, then where it goes wrong, by task."""

import streamlit as st

from pages.parts.results import (
    beside_teacher,
    curves_in_words,
    exact_head,
    from_scratch,
    next_examples,
    second_opinions,
    source_pictures,
    unknowns,
)
from pages.parts.shared import (
    datasets,
    endings,
    live_charts,
    making_small,
    negative_transfer,
    run_method,
    run_names,
    run_state,
)
from pages.parts.shared.tasks import registry
from pages.parts.shared.words import t
from tl_core import store


def draw(run: store.RunRow) -> None:
    """Draw everything that is known of how good a run's model is."""
    metrics = run.metrics or {}
    test = metrics.get("test") or {}
    run_method.draw(run)
    if metrics.get("arrived"):
        st.info(
            t("This model came from a file. Its test results stayed where it was trained."),
            icon=":material/info:",
        )
        return
    if not test.get("count"):
        st.info(
            t(
                "There were no test pictures, so there is no honest number. Divide the pictures anew on the Data page."
            ),
            icon=":material/info:",
        )
        _why_it_ended(run)
        return
    panels = registry.of_run(run)
    chosen = panels.draw_score(run)
    _why_it_ended(run)
    negative_transfer.draw(run)
    exact_head.draw(run)
    beside_teacher.draw(run)
    run_method.additions(run)
    from_scratch.draw(run)
    making_small.offer(run, "results")
    second_opinions.draw(run)
    panels.draw_details(run, run_names.stem(run), chosen)
    source_pictures.draw(run)
    next_examples.draw(run)
    unknowns.draw(run)
    _curves(run)
    panels.draw_after_curves(run)


def _why_it_ended(run: store.RunRow) -> None:
    """Say why training ended where it did, and whether it or the exact head is the model."""
    if why := endings.sentence(run, run_state.progress_of(run.id)):
        st.markdown(why)


def _curves(run: store.RunRow) -> None:
    """Draw how it learnt, as it was drawn while it did."""
    view = run_state.progress_of(run.id)
    if len(view.epochs) < 2:
        return
    st.header(t("How it learnt"))
    dataset = datasets.loaded(run.dataset_id)
    panels = registry.of_dataset(dataset)
    live_charts.draw(
        view, view.epoch, lambda seen, epochs: panels.draw_curve(seen, epochs, dataset)
    )
    curves_in_words.draw(run, view)
