"""How much each example from elsewhere counted in a run that learnt from such. Imports no Keras."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tl_core.base import about_run
from tl_core.base.errors import UserError
from tl_core.config import parse
from tl_core.datasets import manifest
from tl_core.methods import inputs, leak_guard, registry
from tl_core.methods.method import NOTE, SOURCE, WEIGHTS
from tl_core.training import first_answer


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Examples of the source, those that counted most first.

    Attributes:
        hashes: str (m,), names in the store.
        classes: object (m,), what each is called there.
        weights: float32 (m,), how much it counted; 1 is the mean, 0 is one that was passed over.
    """

    hashes: np.ndarray
    classes: np.ndarray
    weights: np.ndarray

    @property
    def used(self) -> int:
        """How many counted at all; they come first."""
        return int(np.count_nonzero(self.weights))


def of_run(folder: Path) -> Counted | None:
    """Return how much each example from elsewhere counted in a run; None where there were none.

    Args:
        folder: the run's.
    """
    weights = first_answer.noted(folder).get(NOTE.format(part=SOURCE, what=WEIGHTS))
    if weights is None:
        return None
    config = registry.settled(parse(json.loads((folder / "config.json").read_text("utf-8"))))
    about = about_run.read(folder)
    try:
        found = inputs.examples(
            manifest.load(about.dataset), config, about.inputs, leak_guard.kept(folder)
        )[SOURCE]
    except UserError:  # a data set is gone, and with it what could be shown
        return None
    if len(found) != len(weights):
        return None
    order = np.argsort(-weights, kind="stable")
    names = np.array(found.names, object)[found.answers]
    return Counted(found.hashes[order], names[order], weights[order])
