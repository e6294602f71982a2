"""What a run that tells classes apart answered to its test pictures, as columns, costliest first."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tl_core.measures.metrics import SMALLEST_PROBABILITY
from tl_core.training import results


@dataclass(frozen=True, slots=True)
class ClassAnswers:
    """Test pictures with truth and answer, in the order of the file.

    Attributes:
        pictures: str (n,), hashes.
        names: str (n,), of the files.
        truth, predicted: int (n,), classes.
        probability: float (n,), what the answer was given; not a number where the network told none.
        loss: float (n,), negative logarithm of what the true class was given, in nats: highest where
            the network was surest and wrong; infinite where it told no number.
    """

    pictures: np.ndarray
    names: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    probability: np.ndarray
    loss: np.ndarray

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def wrong(self) -> np.ndarray:
        """The rows that were answered wrongly, int (m,), the highest loss first."""
        return self._costliest(self.truth != self.predicted)

    @property
    def right(self) -> np.ndarray:
        """The rows that were answered rightly, int (m,), the surest first."""
        return self._costliest(self.truth == self.predicted)[::-1]

    def taken(self, truth: int, answer: int) -> np.ndarray:
        """Return the rows of one class that were taken for another, or the same; highest loss first."""
        return self._costliest((self.truth == truth) & (self.predicted == answer))

    def untold(self) -> int:
        """Return to how many pictures the network answered with no number at all."""
        return int((~np.isfinite(self.probability)).sum())

    def _costliest(self, chosen: np.ndarray) -> np.ndarray:
        rows = np.flatnonzero(chosen)
        return rows[np.argsort(-self.loss[rows], kind="stable")]


def of_run(folder: Path) -> ClassAnswers:
    """Return the answers that the run in `folder` kept for its test pictures; none where it kept none."""
    table = results.read_predictions(folder)
    shares = [] if table is None else [n for n in table.column_names if n.startswith("p_")]
    if not table or not shares:
        return _none()
    # Whole columns into arrays: with a thousand classes a list of numbers takes seconds.
    told = np.stack([table[name].to_numpy() for name in shares], axis=1)
    truth, predicted = (table[name].to_numpy().astype(np.int64) for name in ("truth", "predicted"))
    rows = np.arange(len(truth))
    given = told[rows, truth].astype(np.float64)
    loss = -np.log(np.maximum(given, SMALLEST_PROBABILITY))
    return ClassAnswers(
        np.array(table["picture"].to_pylist(), object),
        np.array(table["name"].to_pylist(), object),
        truth,
        predicted,
        told[rows, predicted].astype(np.float64),
        np.where(np.isfinite(given), loss, np.inf),
    )


def _none() -> ClassAnswers:
    nobody, nothing = np.empty(0, np.int64), np.empty(0)
    return ClassAnswers(np.empty(0, object), np.empty(0, object), nobody, nobody, nothing, nothing)
