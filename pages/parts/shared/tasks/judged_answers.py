"""The answers of a model to every test picture, read from the run's folder."""

from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
import streamlit as st

from pages.parts.shared.words import t
from tl_core.base import ids

FILE = "predictions.parquet"


@dataclass(frozen=True, slots=True)
class Answer:
    """One test picture: the truth, the answer and how sure it was."""

    picture: str
    name: str
    truth: int
    predicted: int
    probability: float

    @property
    def is_right(self) -> bool:
        return self.truth == self.predicted


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


@st.cache_resource(max_entries=8, show_spinner=False)
def of_run(run_id: str) -> tuple[Answer, ...]:
    """Return the answers for the test pictures, the surest first."""
    path = ids.run_folder(run_id) / FILE
    if not path.exists():
        return ()
    table = pq.read_table(path).to_pydict()
    probabilities = np.array([table[name] for name in table if name.startswith("p_")])
    surest = probabilities.max(axis=0) if len(probabilities) else np.zeros(len(table["picture"]))
    found = [
        Answer(
            picture=table["picture"][row],
            name=table["name"][row],
            truth=int(table["truth"][row]),
            predicted=int(table["predicted"][row]),
            probability=float(surest[row]),
        )
        for row in range(len(table["picture"]))
        if table["split"][row] == "test"
    ]
    return tuple(sorted(found, key=lambda answer: -answer.probability))


@st.cache_resource(max_entries=8, show_spinner=False)
def of_target(run_id: str, target: int) -> tuple[Measured, ...]:
    """Return the answers of a run that learns numbers for the test pictures, the worst first.

    Args:
        run_id: the run.
        target: which of its numbers, from 0.
    """
    path = ids.run_folder(run_id) / FILE
    if not path.exists():
        return ()
    columns = ["picture", "name", f"truth_{target}", f"predicted_{target}"]
    kept = pq.read_table(path, columns=columns, filters=[("split", "=", "test")]).to_pydict()
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


def table(told: tuple[Answer, ...], classes: list[str]) -> dict[str, list[object]]:
    """Return the answers as columns."""
    return {
        t("File"): [answer.name for answer in told],
        t("Truth"): [classes[answer.truth] for answer in told],
        t("Answer"): [classes[answer.predicted] for answer in told],
        t("Probability"): [round(answer.probability, 4) for answer in told],
    }
