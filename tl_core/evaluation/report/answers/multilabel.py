"""What a report tells of a model that gives several labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tl_core.base import figures
from tl_core.base.said import Said, counted
from tl_core.evaluation.report.album import Album
from tl_core.evaluation.report.answers import common
from tl_core.evaluation.report.charts import Lines
from tl_core.evaluation.report.parts import Gallery, Measure, Picture, Result, Table
from tl_core.evaluation.report.subject import Subject
from tl_core.training import results

MOST_MISTAKES = 24
MOST_ROWS = 250
NAMES = {
    "map": Said("Mean average precision"),
    "micro_f1": Said("Micro F1: every label given or missed counts alike"),
    "macro_f1": Said("Macro F1: every label counts alike, however rare"),
}


class LabelReport:
    """See `answers.registry.TaskReport`."""

    def curve(self, subject: Subject) -> Lines:
        alt = Said("Mean average precision of validation over the epochs")
        return common.shares_over_epochs(subject.view, NAMES["map"], alt)

    def result(self, subject: Subject, album: Album) -> Result:
        test = subject.test
        if test.get("map") is None:
            return Result(Said("No test picture shows any of the labels, so there is no number."))
        return Result(
            headline=_headline(test),
            comparison=_comparison(test),
            measures=_measures(test, subject.metrics.get("closed_form") or {}),
            tables=[_table(test["per_label"])],
            mistakes=_mistakes(subject, album),
            limits=[*common.few_pictures(test), *common.belonging(test), *_unjudged(test)],
        )


def _headline(test: Mapping[str, Any]) -> str:
    known = {
        "pictures": figures.count(test["count"]),
        "share": common.share_within(test, "map"),
    }
    if test["map_low"] is None:
        return counted(
            "{share} mean average precision on {pictures} test picture. Too few show the rarest label to tell how sure that is.",
            "{share} mean average precision on {pictures} test pictures. Too few show the rarest label to tell how sure that is.",
            test["count"],
            **known,
        )
    digits = figures.digits_of(test["map_low"], test["map_high"])
    return counted(
        "{share} mean average precision on {pictures} test picture. With 95 % certainty it lies between {low} and {high}.",
        "{share} mean average precision on {pictures} test pictures. With 95 % certainty it lies between {low} and {high}.",
        test["count"],
        **known,
        low=figures.percent(test["map_low"], digits),
        high=figures.percent(test["map_high"], digits),
    )


def _comparison(test: Mapping[str, Any]) -> str:
    usual = ", ".join(f"“{name}”" for name in test.get("baseline_labels", []))
    return Said(
        "The model gets all labels of {share} of the pictures right. Guessing ranks by chance, and always gives {labels}.",
        share=common.share_within(test, "exact"),
        labels=usual or Said("no label"),
    )


def _measures(test: Mapping[str, Any], exact: Mapping[str, Any]) -> list[Measure]:
    methods = test.get("interval_methods") or dict.fromkeys(NAMES, "bootstrap")
    rows = [
        Measure(
            name,
            common.share_within(test, key),
            common.method_named(methods.get(key)) if test.get(f"{key}_low") is not None else "",
            figures.percent(test.get(f"{key}_baseline")),
            figures.percent(exact.get(key)),
        )
        for key, name in NAMES.items()
    ]
    return rows + common.promises_held(
        test.get("sets") or (),
        lambda each: Said(
            "All labels of a picture among those named, promised {share}; on average so many: {size}",
            share=figures.percent(each["coverage"]),
            size=figures.value(each["size"]),
        ),
    )


def _table(rows: list[dict[str, Any]]) -> Table:
    shares = ("recall", "precision", "average_precision", "threshold")
    cut = Said("{shown} of {all} are shown.", shown=MOST_ROWS, all=len(rows))
    return Table(
        Said("Label by label"),
        [
            Said("Label"),
            Said("Test pictures"),
            Said("Found (recall)"),
            Said("Trustworthy (precision)"),
            Said("Average precision"),
            Said("Given from"),
        ],
        [
            [row["label"], figures.count(row["support"])]
            + [common.share_within(row, name) for name in shares]
            for row in rows[:MOST_ROWS]
        ],
        cut if len(rows) > MOST_ROWS else "",
    )


def _unjudged(test: Mapping[str, Any]) -> list[str]:
    missing = [row["label"] for row in test["per_label"] if not row["support"]]
    if not missing:
        return []
    return [
        counted(
            "{count} label is shown by no test picture, so nothing is known of it.",
            "{count} labels are shown by no test picture, so nothing is known of them.",
            len(missing),
        )
    ]


def _mistakes(subject: Subject, album: Album) -> Gallery | None:
    table, rows = results.read_predictions(subject.folder), subject.test["per_label"]
    if not table:
        return None
    names = np.array([row["label"] for row in rows], object)
    true, told = (
        np.stack([table[f"{what}_{k}"].to_numpy() for k in range(len(rows))], axis=1)
        for what in ("truth", "p")
    )
    true, given = true.astype(bool), told >= np.array([row["threshold"] for row in rows])
    faults = (true != given).sum(axis=1)
    order = [row for row in np.argsort(-faults, kind="stable") if faults[row]]
    pictures = table["picture"].to_pylist()
    shown = [
        Picture(
            album.source(pictures[row]),
            Said(
                "says {answer}; shows {truth}",
                answer=", ".join(names[given[row]]) or Said("none of these"),
                truth=", ".join(names[true[row]]) or Said("none of these"),
            ),
        )
        for row in order[:MOST_MISTAKES]
    ]
    note = Said("{shown} of {all} mistakes are shown.", shown=len(shown), all=len(order))
    return Gallery(Said("Most labels wrong"), shown, note) if shown else None
