"""Finding a learning rate: a button, progress, the curve, and a button that takes what was found."""

import streamlit as st

from pages.parts.shared import at_work, errors, next_training
from pages.parts.shared.words import t
from pages.parts.train import rate_curve
from tl_core.config import TrainConfig
from tl_core.jobs import rate_finder

REFRESH_S = 1.0


def draw(dataset_id: str, config: TrainConfig, *, is_possible: bool) -> None:
    """Draw the search for a rate that suits a data set and settings."""
    working = rate_finder.is_working(rate_finder.key_of(dataset_id, config))
    st.fragment(_panel, run_every=REFRESH_S if working else None)(
        dataset_id, config, is_possible, working
    )


def _panel(dataset_id: str, config: TrainConfig, is_possible: bool, was_working: bool) -> None:
    key = rate_finder.key_of(dataset_id, config)
    if rate_finder.is_working(key):
        at_work.draw(rate_finder.view(key), lambda: rate_finder.stop(key), "stop-find-rate")
        return
    if was_working:
        st.rerun(scope="app")
    is_found = False
    with errors.shown():
        is_found = _found(key)
    # Also after one that failed: it may succeed the next time.
    if not is_found and st.button(
        t("Find a learning rate"),
        key="find-rate",
        icon=":material/troubleshoot:",
        disabled=not is_possible,
        help=t(
            "Tries rates from tiny to huge for a few seconds and watches when the loss runs away. "
            "Use it when training is slow or jumps about, or after you have changed the optimiser."
        ),
    ):
        with errors.shown():
            rate_finder.start(dataset_id, config)
            st.rerun(scope="app")


def _found(key: str) -> bool:
    """Draw what was found; return whether there is something."""
    swept = rate_finder.found(key)
    if swept is None:
        return False
    rate_curve.draw(swept)
    if swept.suggested is None:
        st.caption(t("Too few steps were possible to tell. Choose smaller batches."))
        return True
    if swept.runs_away:
        about = t(
            "The loss at each learning rate, one step each. The suggestion is a tenth of the rate at which the loss runs away."
        )
    else:
        about = t(
            "The loss at each learning rate, one step each. It ran away at none of them, so the suggestion is a tenth of the highest; a lower one is as safe."
        )
    st.caption(about)
    rate = f"{swept.suggested:g}"
    if next_training.settings().rate.learning_rate == swept.suggested:
        st.markdown(f":material/check: {t('Your learning rate is {rate}.', rate=rate)}")
    elif st.button(t("Use {rate}", rate=rate), key="use-rate", icon=":material/check:"):
        next_training.take(learning_rate=swept.suggested)
        st.rerun(scope="app")
    return True
