"""Train: choose a backbone and how much of it learns, see the price, start."""

import streamlit as st

from pages.parts.data import dataset_view
from pages.parts.shared import errors, places, state, steps
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from pages.parts.train import (
    backbones,
    changed_copies,
    heads_view,
    network,
    price,
    rate_search,
    schedule_view,
    time_budget,
    widgets,
)
from tl_core.config import parse
from tl_core.jobs import dispatcher

st.title(t("Train"))
st.markdown(
    t(
        "Choose the network to build on and how much of it learns. The suggestions below are good as they are."
    )
)

row = state.dataset()
if row is None or row.status != "ready":
    steps.empty(
        "empty-data",
        t("First bring some pictures, then train on them."),
        places.DATA,
        t("Go to Data"),
    )
    st.stop()

dataset = dataset_view.loaded(row.id)
config = state.train_config()
task = "classify" if dataset.values is None else "regress"

# What is drawn below stays when a setting is not possible; only Start waits until it is.
is_possible = False
with errors.shown():
    st.header(
        t("Backbone"),
        help=t(
            "A network that has learnt to see before, and that yours grows on: most of these from the million pictures of ImageNet, the starter from far fewer, taught by a larger network. Change it when accuracy matters more than time."
        ),
    )
    config = parse(config.model_dump() | {"backbone": backbones.choose(config)})
    is_here = backbones.is_here(config.backbone)

    st.header(
        t("How much of it learns"),
        help=t("Frozen stages keep what they know. The others adapt to your pictures."),
    )
    trained = network.freeze_depth(
        config,
        len(dataset.targets) or max(2, len(dataset.classes)),
        f"network-{state.config_round()}",
    )
    config = parse(config.model_dump() | {"trainable_stages": trained})

    st.header(t("How long"))
    time_budget.choose(dataset, config)
    config = widgets.for_depth("main", config, task)
    with st.expander(t("More choices"), icon=":material/tune:"):
        config = widgets.for_depth("more", config, task)
    with st.expander(t("Changed copies"), icon=":material/auto_awesome_motion:"):
        config = changed_copies.choose(dataset, config, task)
    heads_view.presets(config)
    with st.expander(t("Expert choices"), icon=":material/science:"):
        st.subheader(t("How fast it learns"), anchor=False)
        config = schedule_view.choose(config, task)
        search = st.container()
        st.subheader(t("How it learns"), anchor=False)
        config = widgets.for_depth("expert", config, task)
        # What is searched for depends on the choices below it.
        with search:
            rate_search.draw(row.id, config, is_possible=not price.obstacle(dataset, is_here))

    # The picture of the network stands above what sets the rates that it shows.
    is_stale = network.shows_other(state.train_config(), config)
    state.keep_config(config)
    if is_stale:
        st.rerun()
    is_possible = True

with errors.shown():
    price.draw(dataset, config)
    price.warn(dataset)
    is_here = backbones.is_here(config.backbone)
    why_not = price.obstacle(dataset, is_here, config)
    if why_not:
        st.warning(literal(why_not), icon=":material/block:")
    # Held at the lower edge of the window, however far up the page one chooses.
    with st.container(horizontal=True, vertical_alignment="center", key="start-bar"):
        price.in_short(dataset, config)
        clicked = st.button(
            t("Start training"),
            type="primary",
            icon=":material/play_arrow:",
            disabled=bool(why_not) or not is_possible,
            key="start-training",
        )
    token = state.click_token(clicked=clicked)
    if clicked:
        state.choose_run(dispatcher.start_run(row.id, config, token))
        st.switch_page(places.RUNS)
