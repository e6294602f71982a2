"""The answers of a model to every test picture, read from the run's folder."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts.shared import gallery, numbers
from pages.parts.shared.text import shortened
from pages.parts.shared.words import t
from tl_core.base import ids
from tl_core.evaluation import class_answers
from tl_core.evaluation.class_answers import ClassAnswers
from tl_core.training import results


@dataclass(frozen=True, slots=True)
class Measured:
    """One test picture of one target: the true number and the answer, in the target's unit."""

    picture: str
    name: str
    truth: float
    predicted: float

    @property
    def error(self) -> float:
        """How far the answer is off; positive where it is too high."""
        return self.predicted - self.truth


def of_run(run_id: str) -> ClassAnswers:
    """Return the answers of a run that tells classes apart to the test pictures."""
    return _of_classes(run_id, written_ns(run_id))


def written_ns(run_id: str) -> int:
    """Return when the answers of a run were written, 0 where it has none: another model may take its place."""
    path = ids.run_folder(run_id) / results.PREDICTIONS
    return path.stat().st_mtime_ns if path.exists() else 0


@st.cache_resource(max_entries=8, show_spinner=False)
def _of_classes(run_id: str, changed: int) -> ClassAnswers:
    return class_answers.of_run(ids.run_folder(run_id))


def shown(answers: ClassAnswers, classes: Sequence[str], row: int) -> gallery.Shown:
    """Return one test picture with what was answered and what is true, for a gallery."""
    truth, said = (
        shortened(classes[int(column[row])], 60) for column in (answers.truth, answers.predicted)
    )
    picture, share = str(answers.pictures[row]), numbers.percent(float(answers.probability[row]))
    if answers.truth[row] == answers.predicted[row]:
        words = t("{name}, recognised", name=truth)
        return gallery.Shown(picture, words, f"{said}, {share}", verdict=True)
    words = t("says {said}, {share}; is {truth}", said=said, share=share, truth=truth)
    return gallery.Shown(picture, words, words, verdict=False)


def wants_wrong(run_id: str) -> bool:
    """Draw the choice between wrong and right answers; say whether the wrong ones are to be shown."""
    kind = st.segmented_control(
        t("Show"),
        ["wrong", "right"],
        default="wrong",
        required=True,
        format_func={"wrong": t("wrong ones"), "right": t("right ones")}.__getitem__,
        key=f"examples-{run_id}",
    )
    return kind == "wrong"


def of_target(run_id: str, target: int) -> tuple[Measured, ...]:
    """Return the answers of a run that learns numbers for the test pictures, the worst first.

    Args:
        run_id: the run.
        target: which of its numbers, from 0.
    """
    return _of_target(run_id, target, written_ns(run_id))


@st.cache_resource(max_entries=8, show_spinner=False)
def _of_target(run_id: str, target: int, changed: int) -> tuple[Measured, ...]:
    columns = ["picture", "name", f"truth_{target}", f"predicted_{target}"]
    table = results.read_predictions(ids.run_folder(run_id), columns=columns)
    if table is None:
        return ()
    kept = table.to_pydict()
    found = [Measured(*row) for row in zip(*(kept[name] for name in columns), strict=True)]
    return tuple(sorted(found, key=lambda answer: -abs(answer.error)))


def measured_table(told: tuple[Measured, ...]) -> dict[str, list[object]]:
    """Return numbers and answers as columns."""
    return {
        t("File"): [answer.name for answer in told],
        t("Truth"): [answer.truth for answer in told],
        t("Answer"): [answer.predicted for answer in told],
        t("Off by"): [answer.error for answer in told],
    }


def table(answers: ClassAnswers, classes: Sequence[str]) -> dict[str, list[object]]:
    """Return the answers as columns, the highest loss first."""
    rows = [*answers.wrong.tolist(), *answers.right.tolist()]
    return {
        t("File"): [answers.names[row] for row in rows],
        t("Truth"): [classes[int(answers.truth[row])] for row in rows],
        t("Answer"): [classes[int(answers.predicted[row])] for row in rows],
        t("Probability"): [round(float(answers.probability[row]), 4) for row in rows],
        t("Loss"): [round(float(answers.loss[row]), 4) for row in rows],
    }
