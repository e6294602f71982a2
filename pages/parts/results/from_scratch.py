"""The same network from scratch beside a result: one click, priced, so that the gain of transfer is seen."""

import streamlit as st

from pages.parts.shared import datasets, errors, numbers, page_files, state, tokens
from pages.parts.shared.tasks import registry
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.jobs import control_run
from tl_core.pricing import advice


def draw(run: store.RunRow) -> None:
    """Say what the pretrained weights brought, or offer the training that shows it."""
    if not control_run.has_control(run) or (run.metrics or {}).get("arrived"):
        return
    try:
        control = control_run.find(run)
    except UserError:  # a method or a backbone that this version does not know
        return
    if control is None:
        _offer(run)
    elif not control.metrics:
        st.caption(t("The same network from scratch is being trained; its result comes here."))
    else:
        _beside(run, control)


def _beside(run: store.RunRow, control: store.RunRow) -> None:
    metrics = control.metrics or {}
    reached = registry.of_run(control).score(metrics, metrics.get("test_accuracy"))
    told = t("The same network from scratch reaches {share}.", share=f"**{reached}**")
    found = control_run.gain(run, control) if registry.of_run(run).curve_is_share else None
    if found is not None:
        told += " " + tn(
            "The pretrained weights brought {points} on the same {count} test picture, in 8 of 10 cases.",
            "The pretrained weights brought {points} on the same {count} test pictures, in 8 of 10 cases.",
            found.pictures,
            points=t(advice.between(100 * found.low, 100 * found.high)),
        )
    st.markdown(told)


def _offer(run: store.RunRow) -> None:
    try:
        config = control_run.settings(run)
        seconds = _seconds(run.dataset_id, config.model_dump_json())
    except UserError:  # a backbone or pictures that are not here any more
        return
    clicked = st.button(
        t("Train the same network from scratch: {time}", time=numbers.about(seconds)),
        key=f"from-scratch-{run.id}",
        icon=":material/science:",
        help=t(
            "With random weights and the same pictures. Its result stands here when it is finished, and shows what "
            "the pretrained weights were worth."
        ),
    )
    token = tokens.click_token(clicked=clicked)
    if clicked:
        with errors.shown():
            state.choose_run(control_run.start(run.id, token))
            st.switch_page(page_files.RUNS)


@st.cache_data(max_entries=32, show_spinner=False, ttl=600)
def _seconds(dataset_id: str, settings: str) -> float:
    config = TrainConfig.model_validate_json(settings)
    return control_run.price_s(datasets.loaded(dataset_id), config)
