"""Train: choose a backbone and how much of it learns, see the price, start."""

import streamlit as st

from pages.parts.shared import datasets, errors, next_training, page_files, state, steps, tokens
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from pages.parts.train import (
    backbone_cards,
    changed_copies,
    depth_advice,
    depth_try,
    head_shapes,
    method_choice,
    network_picture,
    price,
    rate_schedule,
    rate_search,
    recommendations,
    setting_widgets,
    time_budget,
)
from tl_core.config import changed
from tl_core.jobs import run_actions
from tl_core.methods import registry as method_registry
from tl_core.tasks import registry as task_registry

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
        page_files.DATA,
        t("Go to Data"),
    )
    st.stop()

dataset = datasets.loaded(row.id)
first = backbone_cards.offer(row, dataset)
config = next_training.settings()
task = task_registry.of(dataset)

# What is drawn below stays when a setting is not possible; only Start waits until it is.
is_possible, inputs = False, {}
with errors.shown():
    st.header(
        t("Backbone"),
        help=t(
            "A network that has learnt to see before, and that yours grows on: most of these from the million pictures of ImageNet, the starter from far fewer, taught by a larger network. Change it when accuracy matters more than time."
        ),
    )
    config = changed(config, backbone=backbone_cards.choose(config, first))
    is_here = backbone_cards.is_here(config)

    st.header(
        t("Method"),
        help=t(
            "How your pictures and what the network has learnt before come together. The first is best nearly always."
        ),
    )
    # The cards price what would be trained, from the first time that they are drawn.
    config = recommendations.follow(row, dataset, config)
    method_choice.choose(dataset, config)
    inputs = method_choice.inputs(row, config)
    config = method_choice.classes(row, dataset, config, inputs)
    config = method_choice.settle(dataset, config, inputs)
    method_choice.warn(dataset, config, inputs)

    st.header(
        t("How much of it learns"),
        help=t("Frozen stages keep what they know. The others adapt to your pictures."),
    )
    if "trainable_stages" in method_registry.of(config).fixes(config):
        network_picture.whole(config)
    else:
        trained = network_picture.freeze_depth(
            config,
            max(2 if task.names_classes else 1, len(task.outputs(dataset))),
            f"network-{next_training.round_number()}",
            recommended=price.recommended(dataset, config),
            brings=depth_advice.in_words(dataset, config),
        )
        config = changed(config, trainable_stages=trained)
    config = recommendations.follow(row, dataset, config)
    depth_try.draw(row, dataset, config)

    st.header(t("How long"))
    if method_registry.of(config).is_solved:
        st.caption(t("This method finds its answer in one step, so there are no epochs to choose."))
    else:
        time_budget.choose(dataset, config)
    config = setting_widgets.for_depth("main", config, task.kind)
    with st.expander(t("More choices"), icon=":material/tune:"):
        config = setting_widgets.for_depth("more", config, task.kind)
    with st.expander(t("Changed copies"), icon=":material/auto_awesome_motion:"):
        config = changed_copies.choose(dataset, config, task.kind)
    head_shapes.presets(config)
    with st.expander(t("Expert choices"), icon=":material/science:"):
        st.subheader(t("How fast it learns"), anchor=False)
        config = rate_schedule.choose(config, task.kind)
        search = st.container()
        st.subheader(t("How it learns"), anchor=False)
        config = setting_widgets.for_depth("expert", config, task.kind)
        # What is searched for depends on the choices below it.
        with search:
            rate_search.draw(row.id, config, is_possible=not price.obstacle(dataset, is_here))

    recommendations.all_of_them(config, task.kind)
    # The picture of the network stands above what sets the rates that it shows.
    drawn = next_training.settings()
    next_training.keep(config)
    if network_picture.shows_other(drawn, config):
        st.rerun()
    is_possible = True

with errors.shown():
    price.draw(dataset, config, inputs)
    price.warn(dataset)
    is_here = backbone_cards.is_here(config)
    why_not = price.obstacle(dataset, is_here, config) or method_choice.missing(config, inputs)
    if why_not:
        st.warning(literal(why_not), icon=":material/block:")
    # Held at the lower edge of the window, however far up the page one chooses.
    with st.container(horizontal=True, vertical_alignment="center", key="start-bar"):
        price.in_short(dataset, config, inputs)
        clicked = st.button(
            t("Start training"),
            type="primary",
            icon=":material/play_arrow:",
            disabled=bool(why_not) or not is_possible,
            key="start-training",
        )
    token = tokens.click_token(clicked=clicked)
    if clicked:
        state.choose_run(run_actions.start_run(row.id, config, token, inputs=inputs))
        st.switch_page(page_files.RUNS)
