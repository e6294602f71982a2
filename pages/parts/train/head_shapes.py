"""The head, which is the new end of the network: three shapes to take with one click."""

from typing import Any

import streamlit as st

from pages.parts.shared import next_training
from pages.parts.shared.words import t
from tl_core.base.said import Said
from tl_core.config import TrainConfig

PRESETS: dict[Said, tuple[Said, dict[str, Any]]] = {
    Said("Linear"): (
        Said(
            "Straight from the average of the last map to the answers. Hard to beat with few pictures."
        ),
        {"pooling": "average", "hidden_units": (), "dropout": 0.0},
    ),
    Said("Classic"): (
        Said(
            "Flatten, a layer of 1024 neurons, then the answers: how it is often taught. It has many weights and takes many pictures."
        ),
        {"pooling": "flatten", "hidden_units": (1024,), "dropout": 0.5},
    ),
    Said("Small hidden layer"): (
        Said("One layer of 128 neurons in between. Try it when a linear head is not enough."),
        {"pooling": "average", "hidden_units": (128,), "dropout": 0.2},
    ),
}


def presets(config: TrainConfig) -> None:
    """Draw the shapes as a row of buttons; the one in use is marked. A click takes another."""
    st.markdown(
        f"**{t('The head')}**",
        help=t(
            "What is grafted on: the new part that turns what the network sees into your answers."
        ),
    )
    with st.container(horizontal=True, key="head-presets"):
        for name, (about, values) in PRESETS.items():
            is_used = values == {field: getattr(config.head, field) for field in values}
            if st.button(
                t(name),
                key=f"head-{name}",
                help=t(about),
                icon=":material/check_circle:" if is_used else None,
                disabled=is_used,
            ):
                next_training.keep(config)
                next_training.take(**values)
                st.rerun()
