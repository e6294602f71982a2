"""A method for tests alone: the model also learns to be sure of examples that nobody labelled.

Reference:
    Grandvalet and Bengio 2004, Semi-supervised Learning by Entropy Minimization.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from tl_core.base.said import Said
from tl_core.methods.method import Ended, Method, Need, Settings, Setup, Term
from tl_core.tasks import task


class Own(Settings):
    """How much being sure counts beside being right."""

    strength: float = Field(
        0.1,
        ge=0,
        le=10,
        title="Weight of being sure",
        description="How much the examples without a class count in the loss. Raise it with many of them.",
    )


def term(setup: Setup) -> Term:
    """Return the mean entropy of the answers on unlabelled examples, times its strength."""
    import keras

    def entropy(batch: Mapping[str, Any]) -> Any:
        logits = setup.learner(batch["unlabelled"])
        share = keras.ops.softmax(logits)
        sure = keras.ops.sum(share * keras.ops.log_softmax(logits), axis=-1)
        return -setup.settings.strength * keras.ops.mean(sure)

    return entropy


def adds(run: Ended, others: Sequence[Ended]) -> Sequence[str]:
    return [Said("It also learnt to be sure of pictures without a class.")]


METHOD = Method(
    name="sure_of_itself",
    title=Said("Sure of itself"),
    sentence=Said("Also learns from pictures without a class, by becoming sure of them."),
    paper="Grandvalet and Bengio 2004, Semi-supervised Learning by Entropy Minimization",
    needs=(
        Need(
            "unlabelled",
            Said("Pictures without a class"),
            Said("Any pictures of the same kind. Nobody has to label them."),
        ),
    ),
    settings=Own,
    exact_head=task.exact_head,
    term=term,
    work_share=lambda config, roles: 2.0,
    adds=adds,
)
