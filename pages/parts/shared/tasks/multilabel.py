"""What the pages show where a picture may show several classes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages.parts.shared import charts, live_charts, numbers, shares, theme
from pages.parts.shared.tasks import answer_bars, class_counts, label_result
from pages.parts.shared.tasks.panels import Choosing, InPlace, Points
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.datasets.manifest import Dataset
from tl_core.intake.known_answers import KnownAnswer
from tl_core.intake.reading import Reading
from tl_core.jobs.predictor import Prediction
from tl_core.signals.progress import RunView
from tl_core.tasks.multilabel import JOINT
from tl_core.tasks.promised import Promised

MAY_BE = 12


class LabelPanels:
    """See `panels.Panels` for what each of these draws or says."""

    curve_is_share = True

    def short(self, metrics: Mapping[str, Any], score: float) -> str:
        return t("mean precision {share}", share=_within(metrics, score))

    def sentence(self, metrics: Mapping[str, Any], score: float) -> str:
        return t(
            "On pictures it had never seen, its mean average precision is {share}: 100 % means that for every label all pictures that show it come before all others.",
            share=f"**{_within(metrics, score)}**",
        )

    def in_file_name(self, score: float) -> str:
        return f"map {100 * score:.0f}percent"

    def score(self, metrics: Mapping[str, Any], score: float | None) -> str:
        return numbers.percent(score)

    def fold_scores(self, folds: Mapping[str, Any]) -> dict[str, str]:
        return shares.of_folds(folds)

    def about_scores(self) -> str:
        return t("The shares of the exact solution are mean average precisions over the labels.")

    def draw_score(self, run: store.RunRow) -> None:
        label_result.draw_score(run)

    def draw_details(self, run: store.RunRow, stem: str, chosen: Any) -> None:
        label_result.draw_details(run, stem)

    def draw_curve(self, view: RunView, epochs: int, dataset: Dataset) -> None:
        live_charts.draw_ranking(view, epochs)

    def draw_after_curves(self, run: store.RunRow) -> None:
        """The result of labels ends with its curves."""

    def certificate(self, certificate: Mapping[str, Any], difference: str) -> str:
        return tn(
            "Checked on {count} of your pictures: {share} get the same labels, and no probability differs by more than {difference}.",
            "Checked on {count} of your pictures: {share} get the same labels, and no probability differs by more than {difference}.",
            int(certificate["pictures"]),
            share=numbers.percent(certificate["label_agreement"]),
            difference=difference,
        )

    def purpose(self) -> str:
        return t("The pictures your model learns from: each may show several things at once.")

    def outputs(self, dataset: Dataset) -> tuple[str, int]:
        return t("Labels"), len(dataset.classes)

    def draw_answers(self, dataset: Dataset) -> None:
        st.header(t("Pictures with each label"))
        class_counts.draw(dataset.classes, dataset.counts())
        st.caption(t("A picture that shows several things counts for each of them."))

    def caption(self, dataset: Dataset, row: int) -> str:
        return JOINT.join(self.truth(dataset, row)) or t("none of these")

    def edge(self, dataset: Dataset, row: int) -> int | None:
        shown = np.flatnonzero(_shows(dataset)[row])
        return int(shown[0]) if len(shown) else None

    def colourings(self, dataset: Dataset) -> dict[str, str]:
        return {"count": t("number of labels")}

    def points(self, dataset: Dataset, by: str) -> Iterator[Points]:
        counts = _shows(dataset).sum(axis=1)
        for place, count in enumerate(np.unique(counts)):
            name = tn("{count} label", "{count} labels", int(count))
            marker = {
                "color": theme.class_colour(place),
                "symbol": charts.MARKS[place % len(charts.MARKS)],
            }
            yield name, np.flatnonzero(counts == count), marker

    def point_caption(self, dataset: Dataset, row: int, by: str) -> str:
        return shortened(self.caption(dataset, row), 40)

    def choosing(self) -> Choosing:
        return Choosing(t("Labels to learn"), t("The others are left out."))

    def example_caption(self, reading: Reading, value: str) -> str | None:
        return None

    def truth(self, dataset: Dataset, row: int) -> tuple[str, ...]:
        return tuple(dataset.classes[label] for label in np.flatnonzero(_shows(dataset)[row]))

    def true_outputs(self, truth: Any) -> tuple[str, ...]:
        return tuple(truth)

    def draw_answer(self, prediction: Prediction, colours: Mapping[str, str], truth: Any) -> None:
        answer_bars.draw_labels(prediction, colours, truth)

    def ask_answer(self, prediction: Prediction, dataset: Dataset, key: str) -> KnownAnswer | None:
        titles = distinct(dict(enumerate(dataset.classes)))
        chosen = st.multiselect(
            t("It shows"),
            list(titles),
            default=[each for each in titles if dataset.classes[each] in prediction.labels],
            placeholder=t("None of these: choose labels, or write a new one"),
            format_func=lambda each: titles.get(each, str(each)),
            accept_new_options=True,
            key=f"{key}-labels",
        )
        names = (each if isinstance(each, str) else dataset.classes[each] for each in chosen)
        return KnownAnswer(classes=tuple(names))

    def known_in_short(self, answer: KnownAnswer) -> str:
        return JOINT.join(answer.classes) or t("none of these")

    def all_it_may_be(self) -> str:
        return t("Show every label it may show")

    def in_place(self, prediction: Prediction) -> InPlace:
        given = " · ".join(shortened(name) for name in prediction.labels)
        return InPlace(given or t("None of these"), answer_bars.bars(prediction, prediction.labels))

    def may_be(self, told: Promised, *, is_plain: bool = False) -> str:
        if not told.classes:
            return t("None of its labels.")
        shown = [shortened(name) for name in told.classes[:MAY_BE]]
        names = ", ".join(shown if is_plain else [f"**{literal(name)}**" for name in shown])
        rest = len(told.classes) - MAY_BE
        if rest > 0:
            return tn(
                "No label but: {names} and {count} other.",
                "No label but: {names} and {count} others.",
                rest,
                names=names,
            )
        return t("No label but: {names}.", names=names)

    def in_short(self, prediction: Prediction) -> str:
        return prediction.label or t("none of these")

    def columns(
        self, predictions: Sequence[Prediction | None]
    ) -> tuple[dict[str, list[object]], dict[str, Any]]:
        return {t("Labels"): [one and self.in_short(one) for one in predictions]}, {}


def _shows(dataset: Dataset) -> np.ndarray:
    assert dataset.shows is not None  # this task has them
    return dataset.shows


def _within(metrics: Mapping[str, Any], score: float) -> str:
    test = metrics.get("test") or {}
    if test.get("map_low") is None:
        return numbers.percent(score)
    return numbers.percent_within(score, test["map_low"], test["map_high"])
