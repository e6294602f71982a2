"""What a model answered for every test picture, read from the run's folder."""

from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
import streamlit as st

from pages.parts.words import t
from tl_core.runs import ids

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


def table(told: tuple[Answer, ...], classes: list[str]) -> dict[str, list[object]]:
    """Return the answers as columns."""
    return {
        t("File"): [answer.name for answer in told],
        t("Truth"): [classes[answer.truth] for answer in told],
        t("Answer"): [classes[answer.predicted] for answer in told],
        t("Probability"): [round(answer.probability, 4) for answer in told],
    }
