"""The result of a model that gives several labels: three numbers with intervals, labels, pictures."""

from typing import Any

import numpy as np
import streamlit as st

from pages.parts.shared import csv_download, gallery, numbers, shares, tables
from pages.parts.shared.tasks import (
    class_table,
    exact_baseline,
    interval_basis,
    judged_answers,
    label_certainty,
    ranking_curves,
)
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base import ids
from tl_core.measures import label_intervals
from tl_core.tasks.multilabel import JOINT
from tl_core.training import results

EXAMPLES = 24
FEW_TEST_PICTURES = 60


def draw_score(run: store.RunRow) -> None:
    """Draw the mean average precision and both F1, each beside what guessing would reach."""
    metrics = run.metrics or {}
    test = metrics["test"]
    if test.get("map") is None:
        st.warning(t("No test picture shows any of the labels, so there is no number."))
        return
    low, high = test["map_low"], test["map_high"]
    if low is None or high is None:
        score, about = numbers.percent(test["map"]), ""
        words = tn(
            "mean average precision on {pictures} test picture.",
            "mean average precision on {pictures} test pictures.",
            test["count"],
            pictures=numbers.count(test["count"]),
        )
        words += " " + _no_interval()
    else:
        digits = numbers.digits_of(low, high)
        score, about = numbers.percent(test["map"], digits), numbers.spread(test["map"], low, high)
        words = tn(
            "mean average precision on {pictures} test picture. With 95 % certainty it lies between {low} and {high}.",
            "mean average precision on {pictures} test pictures. With 95 % certainty it lies between {low} and {high}.",
            test["count"],
            pictures=numbers.count(test["count"]),
            low=numbers.percent(low, digits),
            high=numbers.percent(high, digits),
        )
    st.html(f'<p class="graft-score">{score} <small>{about}</small></p>')
    st.markdown(
        words,
        help=t(
            "For each label the pictures are ranked by how probable it is taken to be. 100 % means that all pictures that show it come first. The mean is over the labels."
        ),
    )
    interval_basis.draw(test)
    _table(metrics, test)


def _no_interval() -> str:
    return tn(
        "Without an interval: it takes {count} test picture that shows each label, and copies count once.",
        "Without an interval: it takes {count} test pictures that show each label, and copies count once.",
        label_intervals.FEWEST,
    )


def _within(test: dict[str, Any], key: str) -> str:
    low, high = test.get(f"{key}_low"), test.get(f"{key}_high")
    if low is None or high is None:
        return numbers.percent(test[key])
    return numbers.percent_within(test[key], low, high)


def _table(metrics: dict[str, Any], test: dict[str, Any]) -> None:
    names = {
        "map": t("Mean average precision"),
        "micro_f1": t("Micro F1: every label given or missed counts alike"),
        "macro_f1": t("Macro F1: every label counts alike, however rare"),
    }
    exact = metrics.get("closed_form") or {}
    st.dataframe(
        {
            t("Measure"): list(names.values()),
            t("This model"): [_within(test, key) for key in names],
            t("Guessing"): [numbers.percent(test.get(f"{key}_baseline")) for key in names],
            exact_baseline.title(metrics): [numbers.percent(exact.get(key)) for key in names],
        },
        hide_index=True,
    )
    usual = [f"“{literal(shortened(name))}”" for name in test.get("baseline_labels", [])]
    st.caption(
        t(
            "The model gets all labels of {share} of the pictures right. Guessing ranks by chance, and always gives {labels}.",
            labels=", ".join(usual) or t("no label"),
            share=_within(test, "exact"),
        )
    )


def draw_details(run: store.RunRow, stem: str) -> None:
    """Draw how well each label is known, and examples."""
    test = (run.metrics or {})["test"]
    if test["count"] < FEW_TEST_PICTURES:
        st.info(
            tn(
                "There was only {count} test picture, so this number is rough. More pictures would make it surer.",
                "There were only {count} test pictures, so this number is rough. More pictures would make it surer.",
                test["count"],
            ),
            icon=":material/straighten:",
        )
    st.header(t("Label by label"))
    _per_label(stem, test["per_label"])
    ranking_curves.draw(run.id, test, "label")
    label_certainty.draw(test)
    st.header(t("Examples"))
    _examples(run, stem, test["per_label"])


def _per_label(stem: str, rows: list[dict[str, Any]]) -> None:
    table: dict[str, list[object]] = {
        t("Label"): [row["label"] for row in rows],
        **class_table.found_and_trustworthy(rows),
        **class_table.ranked(rows),
        t("Given from"): [shares.whole_percent(row["threshold"]) for row in rows],
        t("Test pictures"): [row["support"] for row in rows],
    }
    st.dataframe(
        table,
        hide_index=True,
        height=tables.height_px(len(rows), 520),
        placeholder=tables.NOTHING,
        column_config={
            t("Label"): st.column_config.Column(pinned=True, width="small"),
            t("Found"): tables.share_column(
                t("Of the pictures that show it, how many were given this label (recall).")
            ),
            t("Trustworthy"): tables.share_column(
                t("When it gives this label, how often that is true (precision).")
            ),
            t("Average precision"): tables.share_column(),
            **class_table.intervals_drawn(),
            t("Given from"): st.column_config.NumberColumn(
                format="%d\u202f%%",
                help=t(
                    "From this probability on the label is given. Chosen on validation pictures."
                ),
            ),
        },
    )
    csv_download.draw(t("Download this table"), table, f"{stem}-labels.csv", key="csv-classes")


def draw_mixed_up(run: store.RunRow, most: int) -> None:
    """Draw some test pictures that the first of `mixed_up` tells of: a label given, or missed, beside another."""
    test = (run.metrics or {})["test"]
    pair, rows = test["mixed_up"][0], test["per_label"]
    one, other = (rows[pair[which]]["label"] for which in ("label", "beside"))
    is_given = pair["fault"] == "given"
    chosen = [
        each
        for each in _answers(run.id, _levels(rows), judged_answers.written_ns(run.id))
        if (one in each["given"]) == is_given
        and (one in each["true"]) != is_given
        and (other in each["true"]) == is_given
    ]
    gallery.draw(_example(each) for each in chosen[:most])


def _levels(rows: list[dict[str, Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((row["label"], row["threshold"]) for row in rows)


def _examples(run: store.RunRow, stem: str, rows: list[dict[str, Any]]) -> None:
    told = _answers(run.id, _levels(rows), judged_answers.written_ns(run.id))
    are_wrong = judged_answers.wants_wrong(run.id)
    chosen = [each for each in told if (each["true"] != each["given"]) == are_wrong]
    if not chosen:
        st.caption(t("None: every test picture was right.") if are_wrong else t("None."))
        return
    gallery.draw(_example(each) for each in chosen[:EXAMPLES])
    csv_download.draw(
        t("Download all answers"),
        {
            t("File"): [each["name"] for each in told],
            t("Truth"): [JOINT.join(each["true"]) for each in told],
            t("Answer"): [JOINT.join(each["given"]) for each in told],
        },
        f"{stem}-answers.csv",
        key="csv-answers",
    )


def _example(answer: dict[str, Any]) -> gallery.Shown:
    true, given = (
        shortened(JOINT.join(answer[key]) or t("none of these"), 60) for key in ("true", "given")
    )
    is_right = answer["true"] == answer["given"]
    words = given if is_right else t("says {said} · shows {truth}", said=given, truth=true)
    return gallery.Shown(answer["picture"], words, words, verdict=is_right)


@st.cache_resource(max_entries=8, show_spinner=False)
def _answers(
    run_id: str, labels: tuple[tuple[str, float], ...], changed: int
) -> tuple[dict[str, Any], ...]:
    """Return true and given labels of the test pictures, those with most faults first."""
    kept = results.read_predictions(ids.run_folder(run_id))
    if kept is None:
        return ()
    table = kept.to_pydict()
    names = [name for name, _ in labels]
    levels = np.array([level for _, level in labels])[:, None]
    true = np.array([table[f"truth_{k}"] for k in range(len(names))], bool)
    given = np.array([table[f"p_{k}"] for k in range(len(names))]) >= levels
    order = np.argsort(-(true != given).sum(axis=0), kind="stable")
    return tuple(
        {
            "picture": table["picture"][row],
            "name": table["name"][row],
            "true": tuple(name for name, is_so in zip(names, true[:, row], strict=True) if is_so),
            "given": tuple(name for name, is_so in zip(names, given[:, row], strict=True) if is_so),
        }
        for row in order
    )
