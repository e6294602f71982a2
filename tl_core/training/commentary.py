"""What is told of a training beside its numbers: notes in words, and pictures whose answer turned."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted

FLIPS = 24
"""Most pictures named in one flips event."""


def few_pictures(size: int, count: int) -> Said:
    """Return the note that a batch of `size` holds more than all `count` pictures, as the page says before Start."""
    return counted(
        "A batch of {size} holds the only picture to learn from, so each epoch makes "
        "a single correction.",
        "A batch of {size} holds all {count} pictures to learn from, so each epoch makes "
        "a single correction. A smaller batch makes more of them.",
        count,
        size=size,
    )


def one_more_stage(epoch: int, learning: int, stages: int) -> Said:
    """Return the note that from `epoch` on, `learning` of `stages` stages learn."""
    return Said(
        "From epoch {epoch} on, one more stage learns: {count} of {all}.",
        epoch=epoch,
        count=learning,
        all=stages,
    )


def damaged(name: str) -> Said:
    """Return the note that a checkpoint could not be read."""
    return Said("Checkpoint {name} was damaged; the one before it is used.", name=name)


def lowered(epoch: int) -> Said:
    """Return the note that the learning rate is lower from the epoch after `epoch` on."""
    return Said("No improvement: the learning rate is lowered after epoch {epoch}.", epoch=epoch)


def flips(
    before: np.ndarray | None, right: np.ndarray | None, hashes: Sequence[str] | np.ndarray
) -> list[dict[str, Any]]:
    """Return the pictures whose answer turned right or wrong since the epoch before.

    Args:
        before: bool (n,), which were right; None where nobody knows.
        right: the same, now.
        hashes: (n,) names of the pictures.
    """
    if right is None or before is None:
        return []
    return [
        {"picture": str(hashes[i]), "was_right": bool(before[i]), "is_right": bool(right[i])}
        for i in np.flatnonzero(right != before)[:FLIPS]
    ]


def not_improved(epochs: int, kept: Said) -> Said:
    """Return why a training ends that has waited `epochs` epochs for validation to improve."""
    return counted(
        "Validation has not improved for {count} epoch; {kept}",
        "Validation has not improved for {count} epochs; {kept}",
        epochs,
        kept=kept,
    )


def ran_away(epoch: int, learning_rate: float, kept: Said) -> Said:
    """Return why a training ends whose loss ran away after weights that are good."""
    return Said(
        "The loss ran away in epoch {epoch} at learning rate {rate:g}; {kept} Lower the learning rate, "
        "say to a tenth, to train further.",
        epoch=epoch,
        rate=learning_rate,
        kept=kept,
    )


def kept(epoch: int, from_exact_head: bool) -> Said:
    """Return which weights a training keeps, as the end of a sentence."""
    if epoch:
        return Said("the weights of epoch {epoch} are kept.", epoch=epoch)
    if from_exact_head:
        return Said("the exact solution is kept.")
    return Said("the weights that it began with are kept.")


def diverged(epoch: int, learning_rate: float) -> UserError:
    """Return the error of a training whose loss ran away."""
    return UserError(
        "diverged",
        "The loss ran away in epoch {epoch} at learning rate {rate:g}.",
        hint="Lower the learning rate, say to a tenth, and start again.",
        epoch=epoch,
        rate=learning_rate,
    )


def left_out(count: int) -> Said:
    """Say that some of what was named to learn from is not learnt from, as the run is judged by it."""
    return counted(
        "{count} further picture is left out: it is in the validation or test part.",
        "{count} further pictures are left out: they are in the validation or test part.",
        count,
    )


def copies_left_out(count: int) -> Said:
    """Say that some of what was named is not learnt from, as it was made from what the run is judged by."""
    return counted(
        "{count} further picture is left out: it is a smaller, mirrored or otherwise changed copy of one in the validation or test part.",
        "{count} further pictures are left out: they are smaller, mirrored or otherwise changed copies of some in the validation or test part.",
        count,
    )
