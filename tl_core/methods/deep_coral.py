"""Deep CORAL: while the classes are learnt, the answers about two domains come to vary alike.

Reference:
    Sun and Saenko 2016, Deep CORAL: Correlation Alignment for Deep Domain Adaptation. arXiv:1607.01719.

Measured once, for the starter with three stages from photos to paintings of PACS: 5.7 points below plain
fine-tuning, whose exact head was kept. Aligning frozen features is to be tried first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.methods import target_domain
from tl_core.methods.method import OUTPUTS, Method, Settings, Setup, Term, tensor_operations
from tl_core.tasks import task


class Own(Settings):
    """How much being alike counts beside being right."""

    strength: float = Field(
        1.0,
        ge=0,
        le=100,
        title=Said("Weight of being alike"),
        description=Said(
            "How much it counts that answers about pictures from there vary as those about your own. Lower it when accuracy falls; too much makes all answers the same."
        ),
    )


def covariance(rows: Any) -> Any:
    """Return the covariance of rows (n, d), (d, d), with n - 1 in the divisor."""
    ops = tensor_operations()
    centred = rows - ops.mean(rows, axis=0, keepdims=True)
    count = ops.cast(ops.shape(rows)[0], "float32")
    return ops.matmul(ops.transpose(centred), centred) / ops.maximum(count - 1, 1)


def term(setup: Setup) -> Term:
    """Return the squared distance of both covariances over 4 d² (equation 1), times its weight."""
    ops, own = tensor_operations(), setup.settings

    def distance(batch: Mapping[str, Any]) -> Any:
        apart = covariance(batch[OUTPUTS]) - covariance(setup.learner(batch[target_domain.TARGET]))
        classes = apart.shape[-1]
        return own.strength * ops.sum(apart * apart) / (4 * classes**2)

    return distance


def explains(config: TrainConfig) -> Sequence[str]:
    """Return how much being alike counts, and when it hurts."""
    own = Own.model_validate(config.method.method_settings)
    return [
        Said(
            "Here L is the loss on your pictures, S and T are the covariances of the answers about {pictures} of yours and as many from there in each step, d is the number of classes, and being alike counts λ = {strength} times.",
            pictures=config.steps.batch_size,
            strength=f"{own.strength:g}",
        ),
        Said(
            "It hurts where the classes come in other shares there, or the steps are small: a covariance of few pictures is mostly chance. Answers that are all the same vary alike, too: when accuracy falls, lower λ."
        ),
    ]


METHOD = Method(
    name="deep_coral",
    title=Said("Deep CORAL"),
    sentence=Said(
        "While the classes are learnt, the network's answers about pictures from where it will be used come to vary as those about yours. Try feature alignment first: this can hurt with few pictures, or where the classes come in other shares there."
    ),
    paper="Sun and Saenko 2016, Deep CORAL. arXiv:1607.01719",
    needs=(target_domain.NEED,),
    settings=Own,
    fixes=target_domain.fixes,
    exact_head=task.exact_head,
    refuses=target_domain.refuses,
    judges=target_domain.TARGET,
    needs_one_class=True,
    term=term,
    work_share=lambda config, roles: 2.0,
    recipes=target_domain.RECIPES,
    drawing="method-deep-coral",
    formula="\n".join(
        (
            r"F = L(w;\, \theta) + \lambda\, \frac{\lVert S - T \rVert_F^2}{4\, d^2}",
            r"S = \mathrm{cov}(z_S), \quad T = \mathrm{cov}(z_T)",
        )
    ),
    explains=explains,
    adds=target_domain.adds,
    keeps="last",
)
