"""The numbers that pictures come with: how they are spread, and what to do when they are lopsided."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.parts import charts, numbers, state, theme
from pages.parts.text import distinct, literal
from pages.parts.words import t
from tl_core.data import targets
from tl_core.data.datasets import Dataset


def draw(dataset: Dataset) -> None:
    """Draw the spread of each target of a data set, one at a time."""
    if dataset.values is None:
        return
    st.header(t("Numbers to learn"))
    chosen = 0
    if len(dataset.targets) > 1:
        titles = distinct(dict(enumerate(dataset.targets)))
        chosen = st.selectbox(
            t("Number"), list(titles), format_func=titles.__getitem__, key="target-shown", width=280
        )
    spread = targets.spread(dataset.values[:, chosen])
    name = dataset.targets[chosen]
    st.markdown(
        t(
            "**{name}** runs from {lowest} to {highest}; half of the pictures lie below {middle}.",
            name=literal(name),
            lowest=numbers.value(spread.lowest),
            highest=numbers.value(spread.highest),
            middle=numbers.value(spread.middle),
        )
    )
    _histogram(dataset.values[:, chosen], name)
    if spread.suggests_log:
        _suggest_log(name)


def _histogram(values: np.ndarray, name: str) -> None:
    counts, edges = targets.histogram(values)
    now = theme.colours()
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            marker={"color": theme.OKABE_ITO[1], "line": {"color": now.background, "width": 1}},
            customdata=np.column_stack([edges[:-1], edges[1:]]),
            hovertemplate=t(
                "{count} pictures from {low} to {high}",
                count="%{y}",
                low="%{customdata[0]:.4~g}",
                high="%{customdata[1]:.4~g}",
            )
            + "<extra></extra>",
        )
    )
    figure.update_layout(**theme.plotly_layout(280, bargap=0))
    figure.update_xaxes(title=charts.plain(name), fixedrange=True)
    figure.update_yaxes(title=t("Pictures"), fixedrange=True)
    alt = t("Histogram: how many pictures have which number")
    charts.draw(figure, "target-histogram", alt, 280)


def _suggest_log(name: str) -> None:
    config = state.train_config()
    if config.target_scale == "log":
        st.success(t("The next training learns the logarithm."), icon=":material/check:")
        return
    st.warning(
        t(
            "A few pictures have a very large {name}, and they would rule the training. "
            "Learning the logarithm makes misses count in proportion; answers still come in the usual unit.",
            name=literal(name),
        ),
        icon=":material/show_chart:",
    )
    if st.button(t("Learn the logarithm"), key="learn-log"):
        state.replace_config(config.model_copy(update={"target_scale": "log"}))
        st.rerun()
