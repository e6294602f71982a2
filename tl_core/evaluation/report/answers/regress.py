"""What a report tells of a model that answers with numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base import figures
from tl_core.base.said import Said, counted
from tl_core.evaluation.report.album import Album
from tl_core.evaluation.report.answers import common
from tl_core.evaluation.report.charts import Line, Lines, top_of
from tl_core.evaluation.report.parts import Gallery, Measure, Picture, Result
from tl_core.evaluation.report.subject import Subject
from tl_core.training import results

MOST_MISTAKES = 24
MOST_POINTS = 800
MOST_TARGETS = 6


class NumberReport:
    """See `answers.registry.TaskReport`."""

    def curve(self, subject: Subject) -> Lines:
        view = subject.view
        points = [(event["epoch"], common.number(event.get("val_mae"))) for event in view.epochs]
        lines = [Line(Said("validation"), points, "ours", marked=view.best_epoch)]
        lines += common.at_level(view, (view.closed_form or {}).get("val_mae"))
        alt = Said("Mean error of validation over the epochs")
        top = top_of(y for line in lines for _, y in line.points)
        name = Said("Mean error of {name}", name=subject.dataset.targets[0])
        return common.over_epochs(view, name, alt, lines, top)

    def result(self, subject: Subject, album: Album) -> Result:
        test, metrics = subject.test, subject.metrics
        rows = [row for row in test["targets"] if row.get("mae") is not None]
        if not rows:
            return Result(common.NOT_MEASURED)
        first, (at, about) = (
            rows[0],
            figures.value_within(rows[0]["mae"], rows[0]["mae_low"], rows[0]["mae_high"]),
        )
        read = _answers(subject.folder, len(test["targets"]))
        return Result(
            headline=counted(
                "{name} is off by {error} ({about}) on average, on {count} test picture.",
                "{name} is off by {error} ({about}) on average, on {count} test pictures.",
                test["count"],
                name=first["target"],
                error=at,
                about=about,
            ),
            comparison=Said(
                "Always answering the middle number would be {error} off.",
                error=figures.value(first.get("baseline_mae")),
            ),
            measures=[each for row in rows for each in _measures(row, metrics)],
            charts=_charts(test["targets"], read),
            mistakes=_mistakes(test["targets"], read, album),
            limits=[*common.few_pictures(test), *common.belonging(test)],
        )


def _measures(row: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Measure]:
    told = (metrics.get("closed_form") or {}).get("targets") or []
    exact = next((each for each in told if each["target"] == row["target"]), {})
    at, about = figures.value_within(row["mae"], row["mae_low"], row["mae_high"])
    r2 = figures.Figure(figures.hundredths(row.get("r2")))
    if row.get("r2_low") is not None:
        low, high = figures.hundredths(row["r2_low"]), figures.hundredths(row["r2_high"])
        r2 = figures.Figure(f"{r2} ({figures.between(low, high)})")
    drawn = common.method_named("bootstrap-t")
    return [
        Measure(
            Said("Mean error of {name}", name=row["target"]),
            figures.Figure(f"{at} ({about})" if about else at),
            drawn,
            figures.value(row.get("baseline_mae")),
            figures.value(exact.get("mae")),
        ),
        Measure(
            Said("R² of {name} (1 is perfect)", name=row["target"]),
            r2,
            drawn if row.get("r2_low") is not None else "",
            "",
            figures.hundredths(exact.get("r2")),
        ),
        *common.promises_held(
            row.get("ranges") or (),
            lambda each: Said(
                "{name} between two numbers, promised {share}; usually so far apart: {width}",
                name=row["target"],
                share=figures.percent(each["coverage"]),
                width=figures.value(each["width"]),
            ),
        ),
    ]


Answers = tuple[list[str], np.ndarray, np.ndarray]
"""Hashes, truth and answers, float (n, targets)."""


def _answers(folder: Path, targets: int) -> Answers | None:
    table = results.read_predictions(folder)
    if not table:
        return None
    truth, said = (
        np.stack([table[f"{what}_{k}"].to_numpy() for k in range(targets)], axis=1)
        for what in ("truth", "predicted")
    )
    return table["picture"].to_pylist(), truth.astype(np.float64), said.astype(np.float64)


def _charts(rows: Sequence[Mapping[str, Any]], read: Answers | None) -> list[Lines]:
    if read is None:
        return []
    return [
        _against(row["target"], read[1][:, index], read[2][:, index])
        for index, row in enumerate(rows[:MOST_TARGETS])
        if row.get("mae") is not None
    ]


def _against(name: str, truth: np.ndarray, said: np.ndarray) -> Lines:
    both = np.concatenate([truth, said])
    low, high = float(both.min()), float(both.max())
    margin = 0.05 * (high - low) or 1.0
    ends = (low - margin, high + margin)
    chosen = np.linspace(0, len(truth) - 1, min(MOST_POINTS, len(truth))).astype(int)
    cut = Said("{shown} of {all} are shown.", shown=len(chosen), all=len(truth))
    return Lines(
        title=Said("Answer against truth: {name}", name=name),
        alt=Said("Each point is a test picture: the truth to the right, the answer upwards"),
        x_title=Said("truth"),
        lines=[
            Line(Said("exact"), [(ends[0], ends[0]), (ends[1], ends[1])], "level"),
            Line(
                Said("answer"),
                [(float(truth[k]), float(said[k])) for k in chosen],
                "ours",
                is_line=False,
            ),
        ],
        x_range=ends,
        y_range=ends,
        note=cut if len(chosen) < len(truth) else "",
    )


def _mistakes(
    rows: Sequence[Mapping[str, Any]], read: Answers | None, album: Album
) -> Gallery | None:
    if read is None:
        return None
    pictures, truth, said = read
    errors = np.abs(truth[:, 0] - said[:, 0])
    order = np.argsort(-errors, kind="stable")[:MOST_MISTAKES]
    shown = [
        Picture(
            album.source(pictures[row]),
            Said(
                "says {answer}; is {truth}",
                answer=figures.value(float(said[row, 0])),
                truth=figures.value(float(truth[row, 0])),
            ),
        )
        for row in order
    ]
    note = Said("{shown} of {all} are shown.", shown=len(shown), all=len(pictures))
    return Gallery(Said("Farthest off: {name}", name=rows[0]["target"]), shown, note)
