"""The seam of tasks on the pages: the words and drawings that depend on what is learnt.

A member stands in one module of this folder and in one line of `registry`. It knows nothing of the
pages that draw it; they hand in what they have.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tl_core import store
from tl_core.datasets.manifest import Dataset
from tl_core.intake.known_answers import KnownAnswer
from tl_core.intake.reading import Reading
from tl_core.jobs.predictor import Prediction
from tl_core.signals.progress import RunView
from tl_core.tasks.promised import Promised

Points = tuple[str, np.ndarray, dict[str, Any]]
"""A name, the rows that it is of, and how their points are drawn."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """The words beside the columns that a person may choose of a reading."""

    title: str
    help: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of an answer.

    Attributes:
        name: of the class.
        share: its probability, 0 to 1.
        told: the same as people read it.
        colour: of the class, as CSS takes it.
        is_given: whether it belongs to the answer; the others are drawn fainter.
    """

    name: str
    share: float
    told: str
    colour: str
    is_given: bool


@dataclass(frozen=True, slots=True)
class InPlace:
    """One answer in plain text; see `Panels.in_place`.

    Attributes:
        heading: the answer.
        bars: what it was chosen from, the most probable first.
        notes: what has to be known of it.
    """

    heading: str
    bars: tuple[Bar, ...] = ()
    notes: tuple[str, ...] = ()


class Panels(Protocol):
    """What the pages show of one task."""

    curve_is_share: bool
    """Whether the score that is drawn while it learns is a share, the higher the better."""

    # Scores

    def short(self, metrics: Mapping[str, Any], score: float) -> str:
        """Return a result in a word or two, for lists and choices."""
        ...

    def sentence(self, metrics: Mapping[str, Any], score: float) -> str:
        """Return a result in a sentence of Markdown."""
        ...

    def in_file_name(self, score: float) -> str:
        """Return a result for the name of a file."""
        ...

    def score(self, metrics: Mapping[str, Any], score: float | None) -> str:
        """Return another score of the run's data, written like the result."""
        ...

    def fold_scores(self, folds: Mapping[str, Any]) -> dict[str, str]:
        """Return `mean`, `spread`, `lowest` and `highest` of a cross-validation as text."""
        ...

    def about_scores(self) -> str:
        """Return what a reader has to know of these scores, "" for nothing."""
        ...

    # Results

    def draw_score(self, run: store.RunRow) -> Any:
        """Draw the result with its interval and baselines; return what `draw_details` is to know."""
        ...

    def draw_details(self, run: store.RunRow, stem: str, chosen: Any) -> None:
        """Draw where it goes wrong; tables are called after `stem`."""
        ...

    def draw_curve(self, view: RunView, epochs: int, dataset: Dataset) -> None:
        """Draw how the score went up while it learnt."""
        ...

    def draw_after_curves(self, run: store.RunRow) -> None:
        """Draw what stands at the end of a result."""
        ...

    def certificate(self, certificate: Mapping[str, Any], difference: str) -> str:
        """Say on how many pictures an exported file was checked, and how closely it agreed."""
        ...

    # Data sets

    def purpose(self) -> str:
        """Say what the pictures of a data set are for."""
        ...

    def outputs(self, dataset: Dataset) -> tuple[str, int]:
        """Return what a model of a data set answers with, in a word, and how many of these."""
        ...

    def draw_answers(self, dataset: Dataset) -> None:
        """Draw how answers are spread over the pictures."""
        ...

    def caption(self, dataset: Dataset, row: int) -> str:
        """Return what a picture is known to show, as plain text."""
        ...

    def edge(self, dataset: Dataset, row: int) -> int | None:
        """Return the number of the class whose colour a picture has, None for none."""
        ...

    def colourings(self, dataset: Dataset) -> dict[str, str]:
        """Return by what the map may be coloured beside the part: names by key."""
        ...

    def points(self, dataset: Dataset, by: str) -> Iterator[Points]:
        """Yield the points of the map, coloured by a key of `colourings`."""
        ...

    def point_caption(self, dataset: Dataset, row: int, by: str) -> str:
        """Return what a point of the map stands for, "" for nothing."""
        ...

    # Readings

    def choosing(self) -> Choosing:
        """Return the words beside the columns among which a person may choose."""
        ...

    def example_caption(self, reading: Reading, value: str) -> str | None:
        """Return the caption of an example; None where examples stand class by class."""
        ...

    # Answers

    def truth(self, dataset: Dataset, row: int) -> Any:
        """Return what a picture is known to show, as `draw_answer` takes it."""
        ...

    def true_outputs(self, truth: Any) -> tuple[str, ...]:
        """Return the names of the outputs that a truth makes true, none for numbers."""
        ...

    def draw_answer(self, prediction: Prediction, colours: Mapping[str, str], truth: Any) -> None:
        """Draw one answer, beside the truth where that is known (else None)."""
        ...

    def ask_answer(self, prediction: Prediction, dataset: Dataset, key: str) -> KnownAnswer | None:
        """Draw fields in which a person says what a picture shows; return that, None before it is said.

        Args:
            prediction: what the model said.
            dataset: that the picture is to be added to.
            key: begins the keys of the fields.
        """
        ...

    def known_in_short(self, answer: KnownAnswer) -> str:
        """Return what a person said that a picture shows, in a word or a number."""
        ...

    def all_it_may_be(self) -> str:
        """Return the words of a switch for all that a picture may be; "" where that is never promised."""
        ...

    def in_place(self, prediction: Prediction) -> InPlace:
        """Return one answer as plain words and bars, for what the browser draws itself."""
        ...

    def may_be(self, told: Promised, *, is_plain: bool = False) -> str:
        """Say all that one picture may be, in Markdown unless `is_plain`."""
        ...

    def in_short(self, prediction: Prediction) -> str:
        """Return an answer in a word or a number."""
        ...

    def columns(
        self, predictions: Sequence[Prediction | None]
    ) -> tuple[dict[str, list[object]], dict[str, Any]]:
        """Return answers as columns of a table, and how Streamlit is to draw these."""
        ...
