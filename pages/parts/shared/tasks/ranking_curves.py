"""Trade-offs: ROC and precision–recall curves of chosen classes or labels, and their areas with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st

from pages.parts.shared import axes, live_charts, numbers, theme
from pages.parts.shared.tasks.judged_answers import written_ns
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core.base import ids
from tl_core.evaluation import ranked_answers
from tl_core.measures import ranking_curves
from tl_core.measures.ranking_curves import Ranking

Kind = Literal["class", "label"]
FIRST, MOST = 2, 6
MOST_NAMED = 8
HEIGHT_PX = 320
LINES = ("solid", "dashed", "dotted")
MARK_PX = 12


@dataclass(frozen=True, slots=True)
class Drawn:
    """One class or label as it is drawn.

    Attributes:
        name: what stands in the legend.
        colour: of its curves.
        line: solid, dashed or dotted.
        ranking: of the test pictures.
        threshold: from which probability on it is given; None where the likeliest is answered.
    """

    name: str
    colour: str
    line: str
    ranking: Ranking
    threshold: float | None


def draw(run_id: str, test: Mapping[str, Any], kind: Kind) -> None:
    """Draw the curves of chosen classes or labels; nothing where the run kept no answers.

    Args:
        run_id: the run.
        test: what it kept of its test pictures.
        kind: whether a picture is of one class or has several labels.
    """
    if not written_ns(run_id):
        return
    rows, count = test[f"per_{kind}"], test["count"]
    names = distinct({at: row[kind] for at, row in enumerate(rows)})
    known = [at for at, row in enumerate(rows) if 0 < row["support"] < count]
    st.header(t("Trade-offs"))
    if known:
        _chosen(run_id, kind, rows, names, known)
        if test.get("groups"):
            st.caption(
                t("Some test pictures belong together; the intervals of both areas allow for that.")
            )
    _without(rows, kind, count)


def _chosen(
    run_id: str,
    kind: Kind,
    rows: Sequence[Mapping[str, Any]],
    names: Mapping[int, str],
    known: Sequence[int],
) -> None:
    st.markdown(
        t(
            "Whoever wants to miss fewer pictures gets more false alarms. Each curve shows all such choices "
            "at once, from the strictest to the most generous."
        )
    )
    weakest = sorted(known, key=lambda at: (rows[at]["f1"], at))
    chosen = st.multiselect(
        t("Curves of"),
        known,
        default=weakest[:FIRST],
        max_selections=MOST,
        format_func=names.__getitem__,
        key=f"ranking-{run_id}",
        help=t("At most {count}. At first those that are known worst.", count=MOST),
    )
    drawn = [
        Drawn(
            names[at],
            theme.class_line(at),
            LINES[place % len(LINES)],
            _ranking(run_id, written_ns(run_id), kind, at),
            rows[at].get("threshold"),
        )
        for place, at in enumerate(chosen)
    ]
    if not drawn:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _roc(drawn)
    with right:
        _precision_recall(drawn)
    if any(one.threshold is not None for one in drawn):
        st.caption(t("The circle on a curve is where the label is given now."))
    _areas(drawn)


@st.cache_resource(max_entries=64, show_spinner=False)
def _ranking(run_id: str, changed: int, kind: Kind, at: int) -> Ranking:
    read = ranked_answers.of_class if kind == "class" else ranked_answers.of_label
    return ranking_curves.ranking(*read(ids.run_folder(run_id), at))


def _roc(drawn: Sequence[Drawn]) -> None:
    st.markdown(f"**{t('ROC curve')}**")
    chart = _frame(t("false alarms among the others"))
    chart["series"] = [_curve(one, one.ranking.roc()) for one in drawn]
    guessing = [(0.0, 0.0), (100.0, 100.0)]
    chart["series"].append(
        live_charts.line(t("guessing"), guessing, theme.colours().quiet, "dashed")
    )
    chart["series"][-1]["lineStyle"]["width"] = 1
    alt = t("ROC curves: pictures found against false alarms")
    st.echarts_chart(chart, key="roc-curves", height=HEIGHT_PX, alt=alt)
    st.caption(
        t(
            "Upwards: how many of its pictures are found. To the right: how many other pictures are taken "
            "for it. The nearer to the upper left corner, the better."
        )
    )


def _precision_recall(drawn: Sequence[Drawn]) -> None:
    st.markdown(f"**{t('Precision–recall curve')}**")
    chart = _frame(t("found (recall)"))
    chart["series"] = [
        _curve(one, one.ranking.precision_recall()) | {"step": "start"} for one in drawn
    ]
    alt = t("Precision–recall curves: how often it is true against pictures found")
    st.echarts_chart(chart, key="precision-recall-curves", height=HEIGHT_PX, alt=alt)
    st.caption(
        t(
            "Upwards: how often it is true when it says so (precision). To the right: how many of its "
            "pictures are found. The nearer to the upper right corner, the better."
        )
    )


def _frame(across: str) -> dict[str, Any]:
    chart = live_charts.frame(1)
    chart["xAxis"] |= axes.of_shares() | {"name": across}
    chart["yAxis"] |= axes.of_shares()
    chart["tooltip"]["valueFormatter"] = "%.0f\u202f%%"
    return chart


def _curve(one: Drawn, points: np.ndarray) -> dict[str, Any]:
    """Return a curve in percent, with a circle where its threshold lies."""
    percent = 100 * points
    curve = live_charts.line(
        one.name,
        [(x, y) for x, y in ranking_curves.thinned(percent).tolist()],
        one.colour,
        one.line,
    )
    curve["symbol"] = "none"
    if one.threshold is not None:
        curve["markPoint"] = {
            "symbol": "circle",
            "symbolSize": MARK_PX,
            "label": {"show": False},
            "data": [{"coord": percent[one.ranking.at(one.threshold)].tolist()}],
            "animation": False,
        }
    return curve


def _areas(drawn: Sequence[Drawn]) -> None:
    roc = [one.ranking.auroc() for one in drawn]
    precision = [one.ranking.average_precision() for one in drawn]
    rankings = [one.ranking for one in drawn]
    table: dict[str, list[object]] = {
        t("Curve of"): [one.name for one in drawn],
        t("Area under ROC"): [_told(area) for area in roc],
        t("Average precision"): [_told(area) for area in precision],
        t("Average precision by guessing"): [
            numbers.percent(each.positives / (each.positives + each.negatives)) for each in rankings
        ],
        t("Its test pictures"): [each.positives for each in rankings],
        t("Others"): [each.negatives for each in rankings],
    }
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            t("Area under ROC"): st.column_config.TextColumn(
                help=t(
                    "How often one of its pictures gets a higher probability than one of the others. Guessing "
                    "reaches 50 %. With an interval of 95 % (Newcombe 2006)."
                )
            ),
            t("Average precision"): st.column_config.TextColumn(
                help=t(
                    "The area under the precision–recall curve. With an interval of 95 % for as many trials "
                    "as there are pictures of it (Wilson 1927)."
                )
            ),
        },
    )


def _told(area: ranking_curves.Area) -> str:
    return numbers.percent_within(area.value, area.interval.low, area.interval.high)


def _without(rows: Sequence[Mapping[str, Any]], kind: Kind, count: int) -> None:
    """Say which classes have no curve, and why."""
    none = [row[kind] for row in rows if not row["support"]]
    every = [row[kind] for row in rows if count and row["support"] == count]
    if none:
        st.caption(
            tn(
                "No curve for {names}: no test picture shows it.",
                "No curves for {names}: no test picture shows them.",
                len(none),
                names=_named(none),
            )
        )
    if every:
        st.caption(
            tn(
                "No curve for {names}: every test picture shows it, so there is none to confuse it with.",
                "No curves for {names}: every test picture shows them, so there is none to confuse them with.",
                len(every),
                names=_named(every),
            )
        )


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(literal(shortened(name)) for name in names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return shown + " " + t("and {count} more", count=more) if more > 0 else shown
