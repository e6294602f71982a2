"""The curve of a search for a learning rate: loss against rate."""

import plotly.graph_objects as go

from pages.parts.shared import charts, theme
from pages.parts.shared.words import t
from tl_core.training import rates
from tl_core.training.rates import Sweep


def draw(swept: Sweep) -> None:
    """Draw the loss of a growing row of learning rates, and the rate that is suggested."""
    now = theme.colours()
    figure = go.Figure()
    for losses, name, colour, width in (
        (swept.losses, t("each step"), now.quiet, 1),
        (rates.smoothed(swept.losses), t("smoothed"), theme.in_force(theme.BLUE_LINE), 2.5),
    ):
        figure.add_scatter(
            x=swept.rates,
            y=losses,
            name=name,
            mode="lines",
            line={"color": colour, "width": width},
            hovertemplate="%{x:.1~e}: %{y:.3~g}<extra></extra>",
        )
    smooth = rates.smoothed(swept.losses)
    # The loss explodes at the end; what matters lies below.
    top = 1.05 * min(max(swept.losses), 3 * max(smooth[0], min(smooth)))
    if swept.suggested is not None:
        figure.add_scatter(
            x=[swept.suggested] * 2,
            y=[0, top],
            name=t("suggested"),
            mode="lines",
            line={"dash": "dash", "color": now.quiet, "width": 1.5},
            hovertemplate="%{x:.1~e}<extra></extra>",
        )
    layout = theme.plotly_layout(
        280, showlegend=True, legend={"orientation": "h", "y": 1.15, "x": 0}
    )
    figure.update_layout(**layout)
    figure.update_xaxes(
        title=t("Learning rate"), type="log", fixedrange=True, exponentformat="power", dtick=1
    )
    figure.update_yaxes(title=t("Loss"), fixedrange=True, range=[0, top])
    charts.draw(figure, "rate-curve", t("Curve: the loss against the learning rate"), 280)
