"""What the curves show, in words, with the training that would help at one click."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.shared import next_training, numbers, page_files, state
from pages.parts.shared.tasks import registry
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.evaluation import learning_curve
from tl_core.jobs import run_actions
from tl_core.methods import registry as methods
from tl_core.signals.progress import RunView

COPIES: Mapping[str, Any] = {"shift": 0.1, "brightness": 0.2, "contrast": 0.2, "views": 4}
"""What few pictures of a class are recommended, without mirroring: a mirrored sign is another one."""
LONGER = 2
MOST_EPOCHS = 500


def draw(run: store.RunRow, view: RunView) -> None:
    """Name over- and underfitting, and offer the settings of the next training; nothing where the task has no share right."""
    metrics = run.metrics or {}
    judged = int((metrics.get("val") or {}).get("count") or 0)
    if not registry.of_run(run).curve_is_share or "accuracy" not in (metrics.get("val") or {}):
        return
    found = learning_curve.diagnose(view.epochs, judged, did_all=metrics.get("ended") == "epochs")
    shares = {"own": numbers.percent(found.own), "others": numbers.percent(found.others)}
    match found.shape:
        case "few":
            st.caption(
                tn(
                    "{count} validation picture is too few to say more about these curves.",
                    "{count} validation pictures are too few to say more about these curves.",
                    judged,
                )
            )
        case "by_heart":
            _by_heart(run, shares)
        case "still_learning":
            _still_learning(run, shares)


def _by_heart(run: store.RunRow, shares: Mapping[str, str]) -> None:
    st.markdown(
        t(
            "The network knows its own pictures better than others: it is right on {own} of those that it learnt "
            "from, and on {others} of the validation pictures (this is called overfitting).",
            **shares,
        )
    )
    if int(run.setting("views") or 1) > 1:
        st.markdown(
            t(
                "It has learnt from changed copies already; what helps most now are more pictures of each class."
            )
        )
        return
    st.markdown(
        t(
            "More pictures of each class help most. Changed copies, shifted and in other light, help too."
        )
    )
    _again(run, t("Train again with changed copies"), "copies", COPIES)


def _still_learning(run: store.RunRow, shares: Mapping[str, str]) -> None:
    st.markdown(
        t(
            "It was still learning when it ended: its loss on validation pictures had not come to rest, at {own} right of "
            "those that it learnt from and {others} of the others (this is called underfitting). More epochs may bring more.",
            **shares,
        )
    )
    epochs = min(MOST_EPOCHS, LONGER * int(run.setting("epochs") or 1))
    label = tn("Train again with {count} epoch", "Train again with {count} epochs", epochs)
    _again(run, label, "epochs", {"epochs": epochs})


def _again(run: store.RunRow, label: str, key: str, values: Mapping[str, Any]) -> None:
    """Offer the Train page with the run's settings but for `values`."""
    if st.button(label, key=f"again-{key}-{run.id}", icon=":material/replay:"):
        config = methods.as_far_as_known(run_actions.settings_of(run.id))
        state.choose_data_of(run)
        next_training.go_back_to(config.but(**values))
        st.switch_page(page_files.TRAIN)
    st.caption(t("This opens the Train page with the settings of this run and only that changed."))
