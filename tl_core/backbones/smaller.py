"""Which backbone is smaller than another, and which of the smaller ones a training can begin with at once."""

from tl_core.backbones import catalogue, stages, weights

FIRST = "starter"
"""Comes with Graft, and was itself taught by a larger network."""


def is_larger(one: str, other: str) -> bool:
    """Return whether `one` has more weights than `other`.

    Raises:
        UserError: "backbone" where one of the two is not here.
    """
    return catalogue.get(one).parameters > catalogue.get(other).parameters


def at_hand(name: str) -> str | None:
    """Return a backbone with fewer weights and less work than `name`: the starter, else the smallest at hand.

    None where there is none whose weights are on this computer, `name` is as small as the starter already,
    or is not known here. What was a model of this home is not offered: it has learnt another task.
    """
    known = catalogue.known(name)
    if known is None:
        return None
    found = [
        record
        for record in catalogue.BACKBONES.values()
        if record.modality == known.modality
        and record.parameters < known.parameters
        and _work(record.name) < _work(name)
        and weights.present(record.name)
    ]
    first = catalogue.BACKBONES[FIRST]
    if first.modality == known.modality and first not in found:
        return None
    found.sort(key=lambda record: (record.name != FIRST, record.parameters))
    return found[0].name if found else None


def _work(name: str) -> float:
    """Return the work that one example takes, in millions of operations."""
    return sum(stage.mega_flops for stage in stages.of(name))
