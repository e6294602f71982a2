"""What the pages show where every picture has one class."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages.parts.shared import charts, live_charts, numbers, shares, tables, theme
from pages.parts.shared.tasks import answer_bars, class_counts, class_result
from pages.parts.shared.tasks.panels import Choosing, InPlace, Points
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.datasets.manifest import Dataset
from tl_core.intake.known_answers import KnownAnswer
from tl_core.intake.reading import Reading
from tl_core.jobs.predictor import Prediction
from tl_core.signals.progress import RunView
from tl_core.tasks.promised import Promised

MOST_COLOURS = 60
CLASS = "class"
MAY_BE = 12
"""So many classes that a picture may be are named."""


class ClassPanels:
    """See `panels.Panels` for what each of these draws or says."""

    curve_is_share = True

    def short(self, metrics: Mapping[str, Any], score: float) -> str:
        return t("{share} right", share=shares.within(metrics, score))

    def sentence(self, metrics: Mapping[str, Any], score: float) -> str:
        return t(
            "On pictures it had never seen, it is right {share} of the time.",
            share=f"**{shares.within(metrics, score)}**",
        )

    def in_file_name(self, score: float) -> str:
        return f"{100 * score:.0f}percent"

    def score(self, metrics: Mapping[str, Any], score: float | None) -> str:
        return numbers.percent(score, shares.digits(metrics))

    def fold_scores(self, folds: Mapping[str, Any]) -> dict[str, str]:
        return shares.of_folds(folds)

    def about_scores(self) -> str:
        return ""

    def draw_score(self, run: store.RunRow) -> None:
        class_result.draw_score(run)

    def draw_details(self, run: store.RunRow, stem: str, chosen: Any) -> None:
        class_result.draw_details(run, stem)

    def draw_curve(self, view: RunView, epochs: int, dataset: Dataset) -> None:
        live_charts.draw_accuracy(view, epochs)

    def draw_after_curves(self, run: store.RunRow) -> None:
        class_result.draw_more(run)

    def certificate(self, certificate: Mapping[str, Any], difference: str) -> str:
        return tn(
            "Checked on {count} of your pictures: {share} get the same class, and no probability differs by more than {difference}.",
            "Checked on {count} of your pictures: {share} get the same class, and no probability differs by more than {difference}.",
            int(certificate["pictures"]),
            share=numbers.percent(certificate["label_agreement"]),
            difference=difference,
        )

    def purpose(self) -> str:
        return t(
            "The pictures your model learns from: one class for each thing it is to tell apart."
        )

    def outputs(self, dataset: Dataset) -> tuple[str, int]:
        return t("Classes"), len(dataset.classes)

    def draw_answers(self, dataset: Dataset) -> None:
        st.header(t("Pictures in each class"))
        class_counts.draw(dataset.classes, dataset.counts())

    def caption(self, dataset: Dataset, row: int) -> str:
        return dataset.classes[int(dataset.labels[row])]

    def edge(self, dataset: Dataset, row: int) -> int | None:
        return int(dataset.labels[row])

    def colourings(self, dataset: Dataset) -> dict[str, str]:
        return {CLASS: t("class")}

    def points(self, dataset: Dataset, by: str) -> Iterator[Points]:
        for index, name in enumerate(dataset.classes[:MOST_COLOURS]):
            mark = charts.MARKS[index // len(theme.OKABE_ITO) % len(charts.MARKS)]
            marker = {"color": theme.class_colour(index), "symbol": mark}
            yield name, np.flatnonzero(dataset.labels == index), marker
        rest = np.flatnonzero(dataset.labels >= MOST_COLOURS)
        if len(rest):
            marker = {"color": theme.colours().quiet, "symbol": charts.MARKS[0]}
            yield t("other classes"), rest, marker

    def point_caption(self, dataset: Dataset, row: int, by: str) -> str:
        return shortened(self.caption(dataset, row), 40)

    def choosing(self) -> Choosing:
        return Choosing(t("Classes to learn"), t("Pictures of none of these classes stay out."))

    def example_caption(self, reading: Reading, value: str) -> str | None:
        return None

    def truth(self, dataset: Dataset, row: int) -> str:
        return self.caption(dataset, row)

    def true_outputs(self, truth: Any) -> tuple[str, ...]:
        return (truth,)

    def draw_answer(self, prediction: Prediction, colours: Mapping[str, str], truth: Any) -> None:
        answer_bars.draw(prediction, colours, truth or "")

    def ask_answer(self, prediction: Prediction, dataset: Dataset, key: str) -> KnownAnswer | None:
        titles = distinct(dict(enumerate(dataset.classes)))
        chosen = st.selectbox(
            t("It is"),
            list(titles),
            index=None,
            placeholder=t("Choose a class, or write a new one"),
            format_func=lambda each: titles.get(each, str(each)),
            accept_new_options=True,
            key=f"{key}-class",
        )
        if chosen is None:
            return None
        name = chosen if isinstance(chosen, str) else dataset.classes[chosen]
        return KnownAnswer(classes=(name,))

    def known_in_short(self, answer: KnownAnswer) -> str:
        return answer.classes[0]

    def all_it_may_be(self) -> str:
        return t("Show every class it may be")

    def in_place(self, prediction: Prediction) -> InPlace:
        is_sure = prediction.probabilities[prediction.label] >= answer_bars.UNSURE
        return InPlace(
            shortened(prediction.label),
            answer_bars.bars(prediction, [prediction.label]),
            () if is_sure else (t("It is not sure."),),
        )

    def may_be(self, told: Promised, *, is_plain: bool = False) -> str:
        shown = [shortened(name) for name in told.classes[:MAY_BE]]
        names = ", ".join(shown if is_plain else [f"**{literal(name)}**" for name in shown])
        if len(told.classes) == 1:
            return t("Only {name}.", name=names)
        if len(told.classes) > MAY_BE:
            rest = len(told.classes) - MAY_BE
            return tn(
                "One of: {names} and {count} other class.",
                "One of: {names} and {count} other classes.",
                rest,
                names=names,
            )
        return t("One of: {names}.", names=names)

    def in_short(self, prediction: Prediction) -> str:
        return prediction.label

    def columns(
        self, predictions: Sequence[Prediction | None]
    ) -> tuple[dict[str, list[object]], dict[str, Any]]:
        columns: dict[str, list[object]] = {
            t("Answer"): [one and one.label for one in predictions],
            t("Sure"): [
                None if one is None else round(100 * one.probabilities[one.label])
                for one in predictions
            ],
        }
        return columns, {
            t("Sure"): tables.share_column(t("How probable it takes its own answer to be."))
        }
