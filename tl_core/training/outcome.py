"""How a training ended, and which epochs it had to choose from. Imports no Keras."""

from dataclasses import dataclass, field
from typing import Literal

from tl_core.base.said import Said
from tl_core.training.choice_of_epoch import Judged

Ended = Literal["epochs", "early", "stopped", "diverged"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How training ended; the model holds the best weights.

    Attributes:
        ended: all epochs done, stopped early by validation, stopped by a person, or ended because the
            loss ran away and something good was there before.
        epochs: completed in all.
        best_epoch: whose weights were kept; 0 is the start.
        steps: optimiser steps in all.
        because: why it ended before all epochs were done, in a sentence; None where nobody wonders.
        kept: what the kept weights answer for validation; None before anything was judged.
        trained: the same for the best epoch that trained, whether or not it was kept.
    """

    ended: Ended
    epochs: int
    best_epoch: int
    steps: int
    because: Said | None = None
    kept: Judged | None = field(default=None, compare=False)
    trained: Judged | None = field(default=None, compare=False)
