"""How several runs learnt, in one chart: the same look as the curves of one run."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.shared import axes, live_charts, theme
from pages.parts.shared.words import t
from tl_core.signals.progress import RunView


def draw(views: Mapping[str, RunView]) -> None:
    """Draw the validation loss and score of runs by their names; nothing where none has two epochs."""
    told = {name: view for name, view in views.items() if len(view.epochs) > 1}
    if not told:
        return
    st.markdown(f"**{t('How they learnt')}**")
    loss, beside = st.columns(2, gap="medium")
    with loss:
        _chart(t("Validation loss"), told, "val_loss", is_share=False)
    with beside:
        _chart(t("Validation score"), told, "val_accuracy", is_share=True)
    if left := len(views) - len(told):
        st.caption(t("Without curves: {count}. The exact solution needs no epochs.", count=left))


def _chart(title: str, views: Mapping[str, RunView], field: str, *, is_share: bool) -> None:
    lines = {
        name: live_charts.points(view, field, 100 if is_share else 1)
        for name, view in views.items()
    }
    lines = {name: line for name, line in lines.items() if line}
    if not lines:
        return
    epochs = max(view.epochs[-1]["epoch"] for view in views.values())
    chart = live_charts.frame(epochs)
    chart["series"] = [
        live_charts.line(name, line, theme.class_line(number), _dash(number))
        for number, (name, line) in enumerate(lines.items())
    ]
    heights = [height for line in lines.values() for _, height in line]
    chart["yAxis"] |= axes.of_shares() if is_share else axes.of_losses(heights)
    if not is_share:
        axes.write_numbers(chart)
    st.markdown(f"**{title}**")
    st.echarts_chart(
        chart,
        key=f"compare-{field}",
        height=live_charts.HEIGHT_PX,
        alt=t("{title} of the compared runs over the epochs", title=title),
    )


def _dash(number: int) -> str:
    """Return how a line is drawn: never told apart by its colour alone."""
    kinds: Sequence[str] = ("solid", "dashed", "dotted")
    return kinds[number % len(kinds)]
