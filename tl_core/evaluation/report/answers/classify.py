"""What a report tells of a model that tells classes apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tl_core.base import figures
from tl_core.base.said import Said, counted
from tl_core.evaluation import class_answers
from tl_core.evaluation.report import charts
from tl_core.evaluation.report.album import Album
from tl_core.evaluation.report.answers import common
from tl_core.evaluation.report.charts import Line, Lines, Matrix
from tl_core.evaluation.report.parts import Chart, Gallery, Measure, Picture, Result, Table
from tl_core.evaluation.report.subject import Subject
from tl_core.measures.confusions import hardest_pairs, most_confused
from tl_core.measures.metrics import confusion_of

MOST_PAIRS = 15
MOST_MISTAKES = 24
MOST_ROWS = 250


class ClassReport:
    """See `answers.registry.TaskReport`."""

    def curve(self, subject: Subject) -> Lines:
        alt = Said("Accuracy of training and validation over the epochs")
        return common.shares_over_epochs(subject.view, Said("Accuracy"), alt)

    def result(self, subject: Subject, album: Album) -> Result:
        test, metrics = subject.test, subject.metrics
        if test.get("accuracy") is None:
            return Result(common.NOT_MEASURED)
        return Result(
            headline=counted(
                "{share} right on {pictures} test picture. With 95 % certainty the true share lies between {low} and {high}.",
                "{share} right on {pictures} test pictures. With 95 % certainty the true share lies between {low} and {high}.",
                test["count"],
                pictures=figures.count(test["count"]),
                share=common.share_within(test, "accuracy"),
                **_ends(test),
            ),
            comparison=_comparison(test, metrics),
            measures=_measures(test, metrics),
            charts=_charts(test),
            tables=_tables(test),
            mistakes=_mistakes(subject, album),
            limits=[*common.few_pictures(test), *common.belonging(test), *_unjudged(test)],
        )


def _ends(test: Mapping[str, Any]) -> dict[str, str]:
    low, high = test["accuracy_low"], test["accuracy_high"]
    digits = figures.digits_of(low, high)
    return {"low": figures.percent(low, digits), "high": figures.percent(high, digits)}


def _comparison(test: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    guess = Said(
        "Always answering “{name}”, the commonest class, would be right {share} of the time.",
        name=str(test.get("baseline_class", "")),
        share=figures.percent(test.get("baseline")),
    )
    exact = metrics.get("closed_form_accuracy")
    if exact is None:
        return guess
    return Said(
        "{guess} {exact} reaches {share}.",
        guess=guess,
        exact=common.exact_name(metrics),
        share=figures.percent(exact),
    )


def _measures(test: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Measure]:
    methods = test.get("interval_methods") or {}
    exact = metrics.get("closed_form") or {}
    rows = [
        Measure(
            Said("Accuracy"),
            common.share_within(test, "accuracy"),
            common.method_named(methods.get("accuracy", "wilson")),
            figures.percent(test.get("baseline")),
            figures.percent(metrics.get("closed_form_accuracy")),
        )
    ]
    for name, key, is_share in (
        (Said("Balanced accuracy (every class counts alike)"), "balanced_accuracy", True),
        (Said("Macro F1"), "macro_f1", True),
        (Said("Log loss (0 is perfect)"), "log_loss", False),
        (Said("Brier score (0 is perfect)"), "brier", False),
    ):
        value = common.share_within(test, key) if is_share else common.within(test, key)
        told = figures.percent(exact.get(key)) if is_share else common.within(exact, key)
        rows.append(Measure(name, value, common.method_named(methods.get(key)), "", told))
    return [*rows, *_certainty(test), *_sets(test)]


def _certainty(test: Mapping[str, Any]) -> list[Measure]:
    ece = (test.get("certainty") or {}).get("ece")
    if not ece:
        return []
    name = Said("Calibration error less chance (0 is perfect)")
    told = {"ece": ece["debiased"], "ece_low": ece["low"], "ece_high": ece["high"]}
    return [
        Measure(
            name,
            common.within(told, "ece"),
            Said("errors that would show as much, chance included"),
        )
    ]


def _sets(test: Mapping[str, Any]) -> list[Measure]:
    return common.promises_held(
        test.get("sets") or (),
        lambda each: Said(
            "Truth among the classes answered, promised {share}; on average so many: {size}",
            share=figures.percent(each["coverage"]),
            size=figures.value(each["size"]),
        ),
    )


def _charts(test: Mapping[str, Any]) -> list[Chart]:
    drawn: list[Chart] = [_matrix(test)]
    bins = (test.get("certainty") or {}).get("bins")
    return [*drawn, _reliability(bins)] if bins else drawn


def _matrix(test: Mapping[str, Any]) -> Matrix:
    """Return the confusion matrix; of many classes that of those that most mistakes are about."""
    confusion = confusion_of(test)
    names = [row["class"] for row in test["per_class"]]
    shown, note = list(range(len(names))), ""
    if len(names) > charts.MOST_CELLS:
        shown = most_confused(confusion, charts.MOST_CELLS) or shown[: charts.MOST_CELLS]
        note = Said(
            "{shown} of {all} are shown, those that most mistakes are about. The table below lists all pairs that are mistaken most.",
            shown=len(shown),
            all=len(names),
        )
    return Matrix(
        title=Said("What is taken for what"),
        alt=Said(
            "Confusion matrix: rows are the true classes, columns the answers; most mistakes are in the table of pairs"
        ),
        names=[names[index] for index in shown],
        counts=confusion[np.ix_(shown, shown)],
        note=note or Said("A row is the true class, a column the answer; numbers are pictures."),
    )


def _reliability(bins: list[dict[str, Any]]) -> Lines:
    points = [(row["confidence"], row["accuracy"]) for row in bins]
    bars = [(row["confidence"], row["accuracy_low"], row["accuracy_high"]) for row in bins]
    return Lines(
        title=Said("Is it as sure as it is right?"),
        alt=Said("Reliability diagram: how sure the model was against how often it was right"),
        x_title=Said("how sure it was"),
        lines=[
            Line(Said("as sure as it is right"), [(0, 0), (1, 1)], "level"),
            Line(Said("how often it was right"), points, "ours", bars, is_line=False),
        ],
        x_range=(0, 1),
        y_range=(0, 1),
        in_percent=True,
        x_in_percent=True,
        note=Said("Each point is a range of certainty, its bar the 95 % interval."),
    )


def _tables(test: Mapping[str, Any]) -> list[Table]:
    rows = test["per_class"]
    names, pairs = [row["class"] for row in rows], hardest_pairs(confusion_of(test), MOST_PAIRS)
    told = [
        Table(
            Said("Pairs that are mistaken most"),
            [Said("Class"), Said("taken for"), Said("times"), Said("and back")],
            [
                [names[one.first], names[one.second], _count(one.taken), _count(one.back)]
                for one in pairs
            ],
        )
    ]
    cut = Said("{shown} of {all} are shown.", shown=MOST_ROWS, all=len(rows))
    every = Table(
        Said("Class by class"),
        [
            Said("Class"),
            Said("Test pictures"),
            Said("Found (recall)"),
            Said("Trustworthy (precision)"),
            Said("F1"),
        ],
        [
            [row["class"], _count(row["support"])]
            + [_class_share(row, name) for name in ("recall", "precision", "f1")]
            for row in rows[:MOST_ROWS]
        ],
        cut if len(rows) > MOST_ROWS else "",
    )
    return [*(told if pairs else []), every]


def _class_share(row: Mapping[str, Any], name: str) -> str:
    # Without pictures an interval is the one that knows nothing.
    return common.share_within(row, name) if row["support"] else figures.percent(None)


def _count(number: int) -> str:
    return figures.count(number)


def _unjudged(test: Mapping[str, Any]) -> list[str]:
    missing = [row["class"] for row in test["per_class"] if not row["support"]]
    if not missing:
        return []
    named = ", ".join(f"“{name}”" for name in missing[:10]) + (" …" if len(missing) > 10 else "")
    return [
        counted(
            "{count} class has no test picture, so nothing is known of it: {names}.",
            "{count} classes have no test picture, so nothing is known of them: {names}.",
            len(missing),
            names=named,
        )
    ]


def _mistakes(subject: Subject, album: Album) -> Gallery | None:
    answers = class_answers.of_run(subject.folder)
    wrong, names = answers.wrong, [row["class"] for row in subject.test["per_class"]]
    if not len(wrong):
        return None
    shown = [
        Picture(
            album.source(str(answers.pictures[row])),
            Said(
                "said “{answer}”, {share} sure; is “{truth}”",
                answer=names[answers.predicted[row]],
                share=figures.percent(float(answers.probability[row])),
                truth=names[answers.truth[row]],
            ),
        )
        for row in wrong[:MOST_MISTAKES]
    ]
    note = Said("{shown} of {all} mistakes are shown.", shown=len(shown), all=len(wrong))
    return Gallery(Said("The surest mistakes"), shown, note)
