"""How fast it learns: the choices, and the learning rate over the training as a small curve."""

import base64

import streamlit as st

from pages.parts.shared import theme
from pages.parts.shared.text import escape
from pages.parts.shared.words import t
from pages.parts.train import setting_widgets
from tl_core.config import TrainConfig
from tl_core.training import rates

WIDTH, HEIGHT = 240, 64


def choose(config: TrainConfig, task: str) -> TrainConfig:
    """Draw the choices about the learning rate beside its curve; return the settings."""
    choices, picture = st.columns([3, 2], gap="large")
    with choices:
        config = setting_widgets.for_depth("expert", config, task, group="rate")
    with picture:
        _curve(config)
    return config


def _curve(config: TrainConfig) -> None:
    """Draw the rate from the first step to the last, 0 at the bottom."""
    shares = rates.curve(config)
    points = " ".join(
        f"{index * WIDTH / (len(shares) - 1):.1f},{4 + (1 - share) * (HEIGHT - 8):.1f}"
        for index, share in enumerate(shares)
    )
    alt = {
        "constant": t("Curve: the learning rate stays the same all along"),
        "cosine": t("Curve: the learning rate rises for a short while, then falls to zero"),
        "plateau": t("Curve: the learning rate falls in steps whenever validation stops improving"),
    }[config.rate.schedule]
    now = theme.colours()
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path d="M0 {HEIGHT - 4}H{WIDTH}" stroke="{now.line}"/>'
        f'<polyline points="{points}" fill="none" stroke="{now.accent}" stroke-width="2.5"/></svg>'
    )
    # It travels as an image: the page's own HTML is cleaned of SVG before it is shown.
    encoded = base64.b64encode(svg.encode()).decode()
    st.html(
        f'<img class="graft-schedule" alt="{escape(alt)}" src="data:image/svg+xml;base64,{encoded}">'
    )
    told = {
        "constant": t("The learning rate from the first step to the last: it stays."),
        "cosine": t("The learning rate from the first step to the last."),
        "plateau": t("An example: when the steps come depends on validation."),
    }
    st.caption(told[config.rate.schedule])
