"""The numbers that pictures come with: how they are spread, and what to do when they are lopsided."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.parts.shared import charts, next_training, numbers, theme
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core.datasets import targets
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.targets import Spread

MOST_NAMED = 5
EACH_NAMED = 12
"""Bars of one number each of which every one is written below."""


def draw(dataset: Dataset) -> None:
    """Draw the spread of each target of a data set, one at a time."""
    assert dataset.values is not None  # only the task of numbers draws them
    st.header(t("Numbers to learn"))
    chosen = 0
    if len(dataset.targets) > 1:
        titles = distinct(dict(enumerate(dataset.targets)))
        chosen = st.selectbox(
            t("Number"), list(titles), format_func=titles.__getitem__, key="target-shown", width=280
        )
    spreads = [targets.spread(column) for column in dataset.values.T]
    spread = spreads[chosen]
    name = dataset.targets[chosen]
    st.markdown(
        t(
            "**{name}** runs from {lowest} to {highest}; half of the pictures lie at {middle} or below.",
            name=literal(name),
            lowest=numbers.value(spread.lowest),
            highest=numbers.value(spread.highest),
            middle=numbers.value(spread.middle),
        )
    )
    _histogram(dataset.values[:, chosen], name)
    _lopsided(dataset.targets, spreads)


def _histogram(values: np.ndarray, name: str) -> None:
    counts, edges = targets.histogram(values)
    ends = np.column_stack([edges[:-1], edges[1:]])
    if targets.are_whole(values):
        ends += (0.5, -0.5)
    is_one_each = bool((ends[:, 0] == ends[:, 1]).all())
    low, high = "%{customdata[0]:.4~g}", "%{customdata[1]:.4~g}"
    figure = charts.histogram(
        counts,
        edges,
        t("{number}: {count}", count="%{y}", number=low)
        if is_one_each
        else t("{low} to {high}: {count}", count="%{y}", low=low, high=high),
        height=280,
        colour=theme.OKABE_ITO[1],
        ends=ends,
    )
    figure.update_xaxes(title=charts.plain(name), fixedrange=True)
    if is_one_each and len(counts) <= EACH_NAMED:
        figure.update_xaxes(dtick=1)
    figure.update_yaxes(title=t("Pictures"), fixedrange=True)
    alt = t("Histogram: how many pictures have which number")
    charts.draw(figure, "target-histogram", alt, 280)


def _lopsided(names: Sequence[str], spreads: Sequence[Spread]) -> None:
    """Name every number that a few pictures would rule, and offer what helps against it."""
    told = list(zip(names, spreads, strict=True))
    helped = [name for name, spread in told if spread.suggests_log]
    others = [name for name, spread in told if spread.is_skewed and not spread.suggests_log]
    if helped:
        _suggest_log(helped, [name for name, spread in told if spread.lowest > 0])
    if others:
        _suggest_huber(others)


def _suggest_log(names: list[str], above_zero: list[str]) -> None:
    """Offer the logarithm; the setting holds for all numbers that have one."""
    config = next_training.settings()
    if config.objective.target_scale == "log":
        words = t("The next training learns the logarithm of {names}.", names=_listed(above_zero))
        st.success(words, icon=":material/check:")
        return
    words = t(
        "A few pictures have a very large {names}, and they would rule the training. "
        "Learning the logarithm makes misses count in proportion; answers still come in the usual unit.",
        names=_listed(names),
    )
    too = [name for name in above_zero if name not in names]
    if too:
        told = t("All that is above zero is learnt so: {names} as well.", names=_listed(too))
        words += " " + told
    st.warning(words, icon=":material/show_chart:")
    if st.button(
        t("Learn the logarithm"),
        key="learn-log",
        help=t(
            "Sets “Learn numbers as” for the next training, which goes for every number that is "
            "above zero in all pictures. Take it when a miss of ten per cent is as bad at any size."
        ),
    ):
        _take(target_scale="log")


def _suggest_huber(names: list[str]) -> None:
    """Offer to mind large misses less, where the logarithm is no way out."""
    if next_training.settings().objective.loss != "mse":
        words = t("The next training does not let a few large misses rule.")
        st.success(words, icon=":material/check:")
        return
    st.warning(
        t(
            "A few pictures have a {names} far from that of all others, and they would rule the training. "
            "The logarithm is no way out: it exists only above zero, and helps only against numbers that are far too large. "
            "Minding large misses less helps.",
            names=_listed(names),
        ),
        icon=":material/show_chart:",
    )
    if st.button(
        t("Mind large misses less"),
        key="learn-huber",
        help=t(
            "Sets “What counts as far off” to Huber for the next training: small misses count squared, "
            "large ones in proportion. Leave it if the few pictures far off are those that matter."
        ),
    ):
        _take(loss="huber")


def _take(**settings: str) -> None:
    next_training.take(**settings)
    st.rerun()


def _listed(names: list[str]) -> str:
    """Return names for Markdown, the first few of many."""
    words = ", ".join(f"**{literal(shortened(name))}**" for name in names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return words + " " + tn("and {count} more", "and {count} more", more) if more > 0 else words
