"""What the curves of a training show: learnt by heart, still learning, or nothing that can be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tl_core.measures import intervals

Shape = Literal["few", "by_heart", "still_learning", "nothing"]

FEWEST_JUDGED = 30
"""With fewer validation pictures Wilson's interval of a share is wider than `WIDE_GAP` to either side."""
WIDE_GAP = 0.10
"""A network that learnt from pictures is always a few points better on them: between 3 and 8 where nothing
is amiss, with most heads. Ten are more than that, and worth an advice."""
STILL_FALLING = 0.10
"""The loss of validation that falls by so large a share over the last quarter of the epochs has not come to
rest: the gain of twice as many epochs is then seldom below the noise of one epoch."""
FEWEST_EPOCHS = 4
"""A quarter of fewer epochs is less than one."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the curves show.

    Attributes:
        shape: "few" where too few pictures were judged to tell; "by_heart" where the network is better
            on the pictures that it learnt from by more than chance and `WIDE_GAP` explain;
            "still_learning" where validation was still falling at the end; else "nothing".
        own: share of the training pictures that were right at the end.
        others: the same of the validation pictures.
    """

    shape: Shape
    own: float | None = None
    others: float | None = None


def diagnose(epochs: Sequence[Mapping[str, Any]], judged: int, *, did_all: bool) -> Diagnosis:
    """Say what the curves of a training show.

    Args:
        epochs: the epoch events in order, with loss, accuracy, val_loss and val_accuracy.
        judged: how many validation pictures there are.
        did_all: whether it ended because all epochs were done.
    """
    learnt = [event for event in epochs if event.get("epoch")]
    if not learnt:
        return Diagnosis("nothing")
    own, others = learnt[-1].get("accuracy"), learnt[-1].get("val_accuracy")
    if own is None or others is None:
        return Diagnosis("nothing")
    if judged < FEWEST_JUDGED:
        return Diagnosis("few", own, others)
    highest = intervals.wilson(others * judged, judged).high
    if own - others >= WIDE_GAP and own > highest:
        return Diagnosis("by_heart", own, others)
    if did_all and _still_falls([event.get("val_loss") for event in learnt]):
        return Diagnosis("still_learning", own, others)
    return Diagnosis("nothing", own, others)


def _still_falls(losses: Sequence[float | None]) -> bool:
    """Say whether the losses of validation end at their lowest, and fell plainly in the last quarter."""
    known = [loss for loss in losses if loss is not None]
    if len(known) < FEWEST_EPOCHS or len(known) < len(losses):
        return False
    before = known[-1 - len(known) // 4]
    return known[-1] <= min(known) and before - known[-1] >= STILL_FALLING * before
