"""Buttons that change what becomes of a run: pause, end, go on, train more, start over."""

from collections.abc import Callable

import streamlit as st

from pages.parts.shared import errors, state, tokens
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.jobs import continuing, run_actions

MORE_EPOCHS = 5


def pause(run: store.RunRow) -> None:
    """Draw the button that pauses a run, to go on later."""
    if st.button(
        t("Pause"),
        key=f"pause-{run.id}",
        icon=":material/pause:",
        disabled=run.status == "stopping",
        help=t(
            "Frees the processor and keeps everything as it is. It goes on later with the very same result."
        ),
    ):
        run_actions.pause(run.id)
        st.rerun(scope="app")


def end(run: store.RunRow) -> None:
    """Draw the button that ends a run and keeps its best weights."""
    if st.button(
        t("End here"),
        key=f"stop-{run.id}",
        icon=":material/stop:",
        disabled=run.status == "stopping",
        help=t("Ends within some seconds, keeps the best weights so far and judges them."),
    ):
        run_actions.stop(run.id)
        st.rerun(scope="app")


def train_more(run: store.RunRow) -> None:
    """Offer to go on with a run that has ended, as a run of its own."""
    if not continuing.can_train_more(run):
        return
    name = tn(
        "{name}, {count} more epoch", "{name}, {count} more epochs", MORE_EPOCHS, name=run.name
    )
    _begin_another(
        tn("Train {count} more epoch", "Train {count} more epochs", MORE_EPOCHS),
        f"more-{run.id}",
        t(
            "Goes on from the last epoch as a new run. The best weights so far are kept unless later ones are better. "
            "Worth it while the validation curve still improves."
        ),
        lambda token: continuing.train_more(run.id, MORE_EPOCHS, token, name=name),
        icon=":material/forward:",
    )


def keep_best(run: store.RunRow) -> None:
    """Draw the button that makes a model of the best epoch of a run that failed."""
    if st.button(
        t("Keep the best epoch so far"),
        key=f"keep-{run.id}",
        icon=":material/bookmark_added:",
        help=t(
            "Makes a model of the best epoch before it failed and judges it, without training any further. "
            "Worth it when the curves looked good until then."
        ),
    ):
        with errors.shown():
            run_actions.keep_best(run.id)
            st.rerun(scope="app")


def start_over(run: store.RunRow) -> None:
    """Let a person choose what becomes of a run whose checkpoints are all damaged."""
    _begin_another(
        t("Start over as a new run"),
        f"over-{run.id}",
        t("Trains from the beginning with the same settings. This run stays in the list."),
        lambda token: continuing.start_over(run.id, token),
        is_main=True,
    )
    if continuing.can_keep_earlier(run) and st.button(
        t("Keep the earlier result"),
        key=f"earlier-{run.id}",
        icon=":material/bookmark_added:",
        help=t(
            "Shows this run as it stood before it was gone on with, with its model and answers."
        ),
    ):
        with errors.shown():
            continuing.keep_earlier(run.id)
            st.rerun(scope="app")


def try_gentler(run: store.RunRow) -> None:
    """Offer a new run that learns more slowly: going on with this one would run away again."""
    _begin_another(
        t("Try again with a tenth of the rate"),
        f"gentler-{run.id}",
        t("Starts a new run with the same settings and a smaller learning rate."),
        lambda token: run_actions.start_gentler(run.id, token),
        is_main=True,
    )


def _begin_another(
    label: str,
    key: str,
    about: str,
    begin: Callable[[str], str],
    *,
    icon: str = ":material/replay:",
    is_main: bool = False,
) -> None:
    """Draw a button that begins another run and goes to it.

    Args:
        label: what the button says.
        key: names the button on its page.
        about: what happens then, said beside the button.
        begin: makes the run once for each token and returns its id.
        icon: a sign on the button.
        is_main: whether it is the one thing to do next.
    """
    clicked = st.button(
        label, key=key, type="primary" if is_main else "secondary", icon=icon, help=about
    )
    token = tokens.click_token(clicked=clicked)
    if clicked:
        with errors.shown():
            state.choose_run(begin(token))
            st.rerun(scope="app")


def go_on(run: store.RunRow) -> None:
    """Draw the button that goes on with a run from its last checkpoint."""
    if st.button(
        t("Go on training"),
        key=f"resume-{run.id}",
        icon=":material/resume:",
        help=t("From the last epoch that was kept."),
    ):
        run_actions.resume(run.id)
        state.choose_run(run.id)
        st.rerun(scope="app")
