"""What is answered beside the one answer, so that the truth is among it as often as was promised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tl_core.base.errors import UserError
from tl_core.measures import conformal
from tl_core.measures.conformal import Promise

if TYPE_CHECKING:
    from tl_core.tasks.task import Rules


@dataclass(frozen=True, slots=True)
class Promised:
    """All that one example may be; see `measures.conformal`.

    Attributes:
        coverage: how often, at least, the truth is among it.
        classes: those that it may be, or labels that it may show, the most probable first; empty for numbers.
        ranges: lowest and highest of each number, in its own unit; empty for classes.
    """

    coverage: float
    classes: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def promise_of(rules: "Rules", coverage: float) -> Promise:
    """Return what a model promises for one share.

    Raises:
        UserError: "nothing-promised" where it does not, with what it does.
    """
    promise = conformal.of_share(rules.promises, coverage)
    if promise is not None:
        return promise
    others = ", ".join(f"{one.coverage:.0%}" for one in rules.promises)
    if others:
        raise UserError(
            "nothing-promised",
            "This model cannot promise that the truth is among its answers {share} of the time: it had too few "
            "validation pictures for that.",
            "It promises: {others}. More validation pictures let it promise more.",
            share=f"{coverage:.0%}",
            others=others,
        )
    raise UserError(
        "nothing-promised",
        "This model cannot promise how often the truth is among its answers.",
        "It had too few validation pictures, or was trained by an earlier version of Graft. "
        "Train again with more validation pictures.",
    )
