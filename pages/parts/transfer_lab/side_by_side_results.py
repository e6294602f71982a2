"""What kinds of transfer brought: the alarm, a sentence for each, a chart with intervals, a table."""

import plotly.graph_objects as go
import streamlit as st

from pages.parts.shared import charts, csv_download, numbers, theme
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from pages.parts.transfer_lab import how_chosen
from tl_core.evaluation import transfer_found
from tl_core.evaluation.transfer_found import ALL, HERE, NO_TRANSFER, Cell, Found

CHART_PX = 380
DASHES = ("solid", "dash")
KIND_PX = 220
"""Wide enough to tell kinds apart, and leaves the numbers in sight in a narrow window."""
ENTRY_PX = 22
"""Of one line of the legend, where each kind has one."""
APART, MOST_APART = 0.09, 0.8
"""How far kinds stand from one another beside an amount, and all of them together at most, in widths of it."""


def draw(found: Found, key: str) -> None:
    """Draw everything that was found."""
    told = transfer_found.alarms(found)
    for alarm in told:
        st.warning(literal(t(alarm)), icon=":material/trending_down:")
    for sentence in transfer_found.in_short(found):
        st.markdown(literal(t(sentence)))
    _chart(found, key)
    _basis(found)
    table = _table(found)
    st.dataframe(
        table,
        hide_index=True,
        column_config={t("Kind"): st.column_config.Column(pinned=True, width=KIND_PX)},
    )
    csv_download.draw(t("Download this table"), table, "transfer.csv", key="csv-side-by-side")
    how_chosen.side_by_side(found)


def _chart(found: Found, key: str) -> None:
    """Draw the accuracy of each kind over the amounts, each dot with its interval."""
    now = theme.colours()
    figure, height = go.Figure(), CHART_PX + ENTRY_PX * len(found.titles)
    apart = min(APART, MOST_APART / len(found.titles))
    for place, (name, title) in enumerate(found.titles.items()):
        cells = found.of(name)
        colour = now.text if name == NO_TRANSFER else theme.class_line(place - 1)
        turn = (
            place - 1
        ) // theme.CLASS_COLOURS  # colours are used again, with other marks and lines
        figure.add_scatter(
            x=transfer_found.places(found, name, apart),
            y=[100 * cell.accuracy for cell in cells],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * (cell.high - cell.accuracy) for cell in cells],
                "arrayminus": [100 * (cell.accuracy - cell.low) for cell in cells],
                "thickness": 1.5,
            },
            mode="lines+markers",
            name=t(title),
            line={"color": colour, "dash": "dot" if name == NO_TRANSFER else DASHES[turn % 2]},
            marker={"size": 10, "symbol": charts.MARKS[(place + max(0, turn)) % len(charts.MARKS)]},
            hovertemplate="%{y:.1f}\u202f%<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(
        **theme.plotly_layout(
            height,
            showlegend=True,
            legend={"orientation": "v", "x": 0, "y": -80 / CHART_PX, "yanchor": "top"},
        )
    )
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(found.amounts))),
        ticktext=[_amount(amount) for amount in found.amounts],
        title=t("pictures of a class"),
        fixedrange=True,
        zeroline=False,  # the first amount is no more than the others
    )
    figure.update_yaxes(range=(0, 102), title=t("right, in percent"), fixedrange=True)
    alt = " ".join(t(sentence) for sentence in transfer_found.in_words(found))
    charts.draw(figure, f"side-by-side-{key}", alt, height, whole=True)


def _basis(found: Found) -> None:
    """Say what the numbers rest on, and what was left out."""
    facts = [
        _judged_by(found),
        t(
            "Lines across dots are intervals (95 %), over the pictures judged by and over those learnt from. What is said of helping and hurting compares picture by picture; all of that holds together in 95 of 100 cases."
        ),
        t(
            "Whoever chooses by this table has looked at the pictures that judge: a result of the chosen kind on them flatters a little."
        ),
    ]
    left = sum(found.left_out.values())
    if left:
        facts.append(
            tn(
                "{count} picture from elsewhere is left out: it is in this data set, too, or a copy of one that is.",
                "{count} pictures from elsewhere are left out: they are in this data set, too, or copies of some that are.",
                left,
            )
        )
    st.caption(" ".join(facts))


def _judged_by(found: Found) -> str:
    if found.judge == HERE:
        return tn(
            "Judged by {count} test picture of this data set.",
            "Judged by {count} test pictures of this data set.",
            found.judged,
        )
    return tn(
        "Judged by {count} picture from where it will be used whose class is known.",
        "Judged by {count} pictures from where it will be used whose classes are known.",
        found.judged,
    )


def _table(found: Found) -> dict[str, list[object]]:
    words = {1: t("helps"), -1: t("hurts"), 0: t("cannot be told")}
    of_controls = {1: t("better (control)"), -1: t("worse (control)"), 0: t("cannot be told")}
    table: dict[str, list[object]] = {
        t("Kind"): [t(found.titles[cell.kind]) for cell in found.cells],
        t("Pictures of a class"): [_amount(cell.amount) for cell in found.cells],
        t("Right"): [
            numbers.percent_within(cell.accuracy, cell.low, cell.high) for cell in found.cells
        ],
        t("Above no transfer, points"): [_gain(cell) for cell in found.cells],
        t("Verdict"): [
            ""
            if cell.kind == NO_TRANSFER
            else (of_controls if cell.kind in found.controls else words)[cell.verdict]
            for cell in found.cells
        ],
    }
    if any(cell.adapting is not None for cell in found.cells):
        table[t("Above not adapted, points")] = [_adapting(cell) for cell in found.cells]
    return table


def _gain(cell: Cell) -> str:
    if cell.kind == NO_TRANSFER:
        return ""
    return _points(cell.gain, cell.gain_low, cell.gain_high)


def _adapting(cell: Cell) -> str:
    if cell.adapting is None:
        return ""
    return _points(cell.adapting, cell.adapting_low, cell.adapting_high)


def _points(gain: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return numbers.points(gain)
    return t(
        "{gain} ({low} to {high})",
        gain=numbers.points(gain),
        low=numbers.points(low),
        high=numbers.points(high),
    )


def _amount(amount: int) -> str:
    return t("all") if amount == ALL else str(amount)
