"""What the pages show where every picture comes with numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages.parts.shared import charts, live_charts, numbers, theme
from pages.parts.shared.tasks import number_result, target_spread
from pages.parts.shared.tasks.panels import Choosing, InPlace, Points
from pages.parts.shared.text import distinct_literal, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.datasets.manifest import Dataset
from tl_core.intake.known_answers import KnownAnswer
from tl_core.intake.reading import Reading
from tl_core.jobs.predictor import Prediction
from tl_core.signals.progress import RunView
from tl_core.tasks.promised import Promised

EXTREMES = (0.02, 0.98)
"""Shares of the pictures between which numbers have colours of their own."""
FAINT = 2
"""First colours of the theme's scale, which hardly stand out from the background."""


class NumberPanels:
    """See `panels.Panels` for what each of these draws or says."""

    curve_is_share = False

    def short(self, metrics: Mapping[str, Any], score: float) -> str:
        return _r2(score)

    def sentence(self, metrics: Mapping[str, Any], score: float) -> str:
        r2 = _r2(score)
        targets = len((metrics.get("test") or {}).get("targets") or ())
        if targets > 1:
            return tn(
                "On pictures it had never seen: **{r2}**, the mean over its {count} number. 1 is exact, 0 no better than the mean of all pictures.",
                "On pictures it had never seen: **{r2}**, the mean over its {count} numbers. 1 is exact, 0 no better than the mean of all pictures.",
                targets,
                r2=r2,
            )
        if score <= 0:
            return t(
                "On pictures it had never seen, its numbers are no better than the mean of all pictures (**{r2}**).",
                r2=r2,
            )
        return t(
            "On pictures it had never seen, its numbers explain {share} of the differences ({r2}).",
            share=f"**{numbers.percent(score)}**",
            r2=r2,
        )

    def in_file_name(self, score: float) -> str:
        return f"r2 {score:.2f}"

    def score(self, metrics: Mapping[str, Any], score: float | None) -> str:
        return _r2(score)

    def fold_scores(self, folds: Mapping[str, Any]) -> dict[str, str]:
        return {
            "mean": _r2(folds["mean"]),
            "spread": numbers.hundredths(folds["spread"]),
            "lowest": numbers.hundredths(min(folds["scores"])),
            "highest": numbers.hundredths(max(folds["scores"])),
        }

    def about_scores(self) -> str:
        return t(
            "R² is 1 when every answer is exact and 0 when the answers are no better than the mean "
            "of all pictures. Where several numbers are learnt, it is the mean over them."
        )

    def draw_score(self, run: store.RunRow) -> int:
        return number_result.draw_score(run)

    def draw_details(self, run: store.RunRow, stem: str, chosen: Any) -> None:
        number_result.draw_details(run, stem, chosen)

    def draw_curve(self, view: RunView, epochs: int, dataset: Dataset) -> None:
        live_charts.draw_error(view, epochs, dataset.targets)

    def draw_after_curves(self, run: store.RunRow) -> None:
        """The result of numbers ends with its curves."""

    def certificate(self, certificate: Mapping[str, Any], difference: str) -> str:
        return tn(
            "Checked on {count} of your pictures: no number differs by more than {difference} of its size.",
            "Checked on {count} of your pictures: no number differs by more than {difference} of its size.",
            int(certificate["pictures"]),
            difference=difference,
        )

    def purpose(self) -> str:
        return t("The pictures your model learns from, each with the numbers that it is to tell.")

    def outputs(self, dataset: Dataset) -> tuple[str, int]:
        return t("Numbers for each"), len(dataset.targets)

    def draw_answers(self, dataset: Dataset) -> None:
        target_spread.draw(dataset)

    def caption(self, dataset: Dataset, row: int) -> str:
        told = {name: numbers.value(value) for name, value in self.truth(dataset, row).items()}
        if len(told) == 1:
            return next(iter(told.values()))
        return " · ".join(f"{shortened(name, 12)} {value}" for name, value in told.items())

    def edge(self, dataset: Dataset, row: int) -> int | None:
        return None

    def colourings(self, dataset: Dataset) -> dict[str, str]:
        return distinct_literal({str(place): name for place, name in enumerate(dataset.targets)})

    def points(self, dataset: Dataset, by: str) -> Iterator[Points]:
        """Yield all pictures, coloured by one of their numbers; a few extreme ones set no scale."""
        name, values = dataset.targets[int(by)], _values(dataset)[:, int(by)]
        low, high = np.quantile(values, EXTREMES)
        marker = {
            "color": values,
            "cmin": low,
            "cmax": high,
            "colorscale": list(theme.colours().scale[FAINT:]),
            "colorbar": {"title": charts.plain(name), "thickness": 12},
        }
        yield name, np.arange(len(dataset)), marker

    def point_caption(self, dataset: Dataset, row: int, by: str) -> str:
        is_part = not by.isdecimal()
        return "" if is_part else numbers.value(float(_values(dataset)[row, int(by)]))

    def choosing(self) -> Choosing:
        return Choosing(
            t("Numbers to learn"),
            t(
                "Each column is one number that the model will answer with. Take out what cannot be seen on a picture."
            ),
        )

    def example_caption(self, reading: Reading, value: str) -> str | None:
        return f"{reading.answers[0]} {value}"

    def truth(self, dataset: Dataset, row: int) -> dict[str, float]:
        return dict(zip(dataset.targets, map(float, _values(dataset)[row]), strict=True))

    def true_outputs(self, truth: Any) -> tuple[str, ...]:
        return ()

    def draw_answer(self, prediction: Prediction, colours: Mapping[str, str], truth: Any) -> None:
        for name, value in prediction.numbers.items():
            told = f"## {numbers.value(value)}\n{literal(shortened(name))}"
            if truth and name in truth:
                told += " · " + t("truly {value}", value=numbers.value(truth[name]))
            st.markdown(told)
        st.caption(t("It always answers with a number, even for something it has never seen."))

    def ask_answer(self, prediction: Prediction, dataset: Dataset, key: str) -> KnownAnswer | None:
        titles = distinct_literal(dict(enumerate(dataset.targets)))
        told = {
            name: st.number_input(
                t("{name} is truly", name=titles[place]),
                value=prediction.numbers.get(name),
                step=None,
                format="%g",
                key=f"{key}-{place}",
            )
            for place, name in enumerate(dataset.targets)
        }
        known = {name: float(value) for name, value in told.items() if value is not None}
        return KnownAnswer(numbers=known) if len(known) == len(told) else None

    def known_in_short(self, answer: KnownAnswer) -> str:
        return " · ".join(map(numbers.value, answer.numbers.values()))

    def all_it_may_be(self) -> str:
        return t("Show between which numbers it lies")

    def in_place(self, prediction: Prediction) -> InPlace:
        told = prediction.numbers
        return InPlace(
            " · ".join(f"{shortened(name)} {numbers.value(value)}" for name, value in told.items()),
        )

    def may_be(self, told: Promised, *, is_plain: bool = False) -> str:
        name_of, mark = (str, "") if is_plain else (literal, "**")
        return ("\n" if is_plain else "  \n").join(
            t(
                "{name}: between {low} and {high}.",
                name=name_of(shortened(name)),
                low=f"{mark}{numbers.value(low)}{mark}",
                high=f"{mark}{numbers.value(high)}{mark}",
            )
            for name, (low, high) in told.ranges.items()
        )

    def in_short(self, prediction: Prediction) -> str:
        return " · ".join(map(numbers.value, prediction.numbers.values()))

    def columns(
        self, predictions: Sequence[Prediction | None]
    ) -> tuple[dict[str, list[object]], dict[str, Any]]:
        first = next(one for one in predictions if one is not None)
        columns: dict[str, list[object]] = {
            shortened(name): [one and one.numbers.get(name) for one in predictions]
            for name in first.numbers
        }
        return columns, {name: st.column_config.NumberColumn(format="%.4g") for name in columns}


def _values(dataset: Dataset) -> np.ndarray:
    assert dataset.values is not None  # this task has them
    return dataset.values


def _r2(score: float | None) -> str:
    return f"R² {numbers.hundredths(score)}"
