"""The result of a model that answers with numbers: how far off it is, in the target's own unit."""

from typing import Any

import streamlit as st

from pages.parts.shared import csv_download, gallery, numbers
from pages.parts.shared.tasks import (
    answer_charts,
    exact_baseline,
    interval_basis,
    judged_answers,
    promises_held,
)
from pages.parts.shared.tasks.judged_answers import Measured
from pages.parts.shared.text import distinct_literal, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store

WORST = 12
FEW_TEST_PICTURES = 60


def draw_score(run: store.RunRow) -> int:
    """Draw how far off one number is, a person's choice where there are several; return which."""
    metrics = run.metrics or {}
    rows = metrics["test"]["targets"]
    if len(rows) > 1:
        _overview(rows)
    target = _chosen(run, rows)
    told = judged_answers.of_target(run.id, target)
    exact = (metrics.get("closed_form") or {}).get("targets") or [{}] * len(rows)
    _score(rows[target], exact[target], len(told), metrics)
    return target


def draw_details(run: store.RunRow, stem: str, target: int) -> None:
    """Draw the answers for one number against the truth, and those farthest off."""
    row = (run.metrics or {})["test"]["targets"][target]
    told = judged_answers.of_target(run.id, target)
    _few_pictures(len(told))
    if not told or row.get("mae") is None:
        return
    st.header(t("Answer against truth"))
    st.markdown(
        t("Each point is a test picture. On the line, the answer is exact; above it is too high.")
    )
    answer_charts.predicted_against_true(told, row["target"])
    st.header(t("How far off"))
    answer_charts.errors(told, row["target"])
    answer_charts.errors_by_answer(told, row["target"])
    _promises(row)
    st.header(t("Farthest off"))
    truths = [answer.truth for answer in told]
    places = numbers.places_of(max(truths) - min(truths))
    gallery.draw(_worst(answer, places) for answer in told[:WORST])
    if len(told) > WORST:
        st.caption(
            t("The {shown} farthest off, of {all}.", shown=WORST, all=numbers.count(len(told)))
        )
    csv_download.draw(
        t("Download all answers"),
        judged_answers.measured_table(told),
        f"{stem}-answers.csv",
        key="csv-answers",
    )


def _promises(row: dict[str, Any]) -> None:
    """Say how often the true number lay between the ends that are answered to keep a promise."""
    if "ranges" not in row:  # of an earlier version
        return
    st.subheader(t("Between which numbers it lies"))
    if not row["ranges"]:
        promises_held.too_few(t("It cannot be promised between which numbers the truth lies."))
        return
    st.markdown(
        t(
            "Instead of one number it can name two, so far apart that the truth lies between them as often as promised. "
            "On test pictures the promises held like this:"
        ),
        help=t(
            "Split conformal prediction: how far apart was found on validation pictures (Lei et al. 2018). It holds for "
            "new pictures that are like yours, on average over trainings; one test part differs by chance."
        ),
    )
    promises_held.draw(
        row["ranges"],
        t("Truth between them"),
        {t("Apart, usually"): [numbers.value(one["width"]) for one in row["ranges"]]},
    )


def _overview(rows: list[dict[str, Any]]) -> None:
    st.dataframe(
        {
            t("Number"): [row["target"] for row in rows],
            t("Off by, on average"): [numbers.value(row.get("mae")) for row in rows],
            t("Always answering the middle"): [
                numbers.value(row.get("baseline_mae")) for row in rows
            ],
            "R²": [numbers.hundredths(row.get("r2")) for row in rows],
        },
        hide_index=True,
    )


def _chosen(run: store.RunRow, rows: list[dict[str, Any]]) -> int:
    if len(rows) == 1:
        return 0
    return st.segmented_control(
        t("Number to look at"),
        list(range(len(rows))),
        default=0,
        required=True,
        format_func=distinct_literal(
            {index: row["target"] for index, row in enumerate(rows)}
        ).__getitem__,
        key=f"target-{run.id}",
    )


def _score(row: dict[str, Any], exact: dict[str, Any], count: int, metrics: dict[str, Any]) -> None:
    name = literal(shortened(row["target"]))
    if row.get("mae") is None:
        st.warning(t("The answers for {name} are not numbers.", name=name))
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        error, about = numbers.value_within(row["mae"], row["mae_low"], row["mae_high"])
        st.html(f'<p class="graft-score">{error} <small>{about}</small></p>')
        st.markdown(
            tn(
                "is how far {name} is off on average, on {count} test picture.",
                "is how far {name} is off on average, on {count} test pictures.",
                count,
                name=f"**{name}**",
            )
        )
        interval_basis.draw(metrics["test"])
    with right:
        st.markdown(_comparison(row, exact, exact_baseline.name(metrics)))


def _few_pictures(count: int) -> None:
    if count < FEW_TEST_PICTURES:
        st.info(
            tn(
                "There was only {count} test picture, so this number is rough. More pictures would make it surer.",
                "There were only {count} test pictures, so this number is rough. More pictures would make it surer.",
                count,
            ),
            icon=":material/straighten:",
        )


def _comparison(row: dict[str, Any], exact: dict[str, Any], name_of_exact: str) -> str:
    told = [
        t(
            "Always answering the middle number would be {error} off.",
            error=f"**{numbers.value(row['baseline_mae'])}**",
        )
    ]
    if exact.get("mae") is not None:
        told.append(
            t(
                "{exact} is {error} off.",
                exact=name_of_exact,
                error=f"**{numbers.value(exact['mae'])}**",
            )
        )
    r2 = row.get("r2")
    if r2 is not None and r2 > 0:
        told.append(
            t(
                "It explains {share} of the differences between pictures (R² {r2}).",
                share=f"**{numbers.percent(r2)}**",
                r2=numbers.hundredths(r2),
            )
        )
    elif r2 is not None:
        told.append(
            t(
                "Squared misses are no smaller than with the mean of all pictures (R² {r2}): it learnt little about this number.",
                r2=numbers.hundredths(r2),
            )
        )
    if row.get("r2_low") is not None:
        told.append(
            t(
                "With 95 % certainty, R² lies between {low} and {high}.",
                low=numbers.hundredths(row["r2_low"]),
                high=numbers.hundredths(row["r2_high"]),
            )
        )
    return " ".join(told)


def _worst(answer: Measured, places: int) -> gallery.Shown:
    words = t(
        "says {said}; is {truth}",
        said=numbers.fixed(answer.predicted, places),
        truth=numbers.fixed(answer.truth, places),
    )
    return gallery.Shown(answer.picture, words, words)
