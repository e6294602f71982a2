"""Domain-adversarial training: features are learnt that tell the classes and not where a picture comes from.

A small network tries to tell both domains apart by the features; its gradient is turned round before it
reaches the backbone, which so learns to leave it nothing to go by.

Reference:
    Ganin et al. 2016, Domain-Adversarial Training of Neural Networks. arXiv:1505.07818.

Measured once, for the starter with three stages from photos to paintings of PACS: 5.7 points below plain
fine-tuning, whose exact head was kept. Aligning frozen features is to be tried first.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig
from tl_core.methods import target_domain
from tl_core.methods.method import ROWS, Method, Settings, Setup, Term, tensor_operations
from tl_core.tasks import task

STEEPNESS = 10.0
"""Of the rise of the turned gradient over the training, as in section 5.2.2 of the paper."""


class Own(Settings):
    """How strong the adversary is."""

    strength: float = Field(
        1.0,
        ge=0,
        le=10,
        title=Said("Strength of the adversary"),
        description=Said(
            "How hard the network works to hide where a picture comes from, once training is well under way. Lower it when accuracy falls or the loss jumps."
        ),
    )
    units: int = Field(
        128,
        ge=8,
        le=1024,
        title=Said("Neurons of the adversary"),
        description=Said("How clever it is. With few pictures a smaller one learns less by heart."),
    )


def term(setup: Setup) -> Term:
    """Return the adversary, a layer: its loss in telling domains apart, gradients turned round below it."""
    import keras

    ops, own = tensor_operations(), setup.settings

    class Adversary(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__(name="adversary")
            # Of seeds of their own: what else was built before, such as to encode, must not matter.
            first: Any
            second: Any
            first, second = (
                keras.initializers.GlorotUniform(seed=setup.config.course.seed + more)
                for more in (0, 1)
            )
            self.hidden = keras.layers.Dense(own.units, "relu", kernel_initializer=first)
            self.domain = keras.layers.Dense(1, kernel_initializer=second)

        def build(self, shapes: Any) -> None:
            channels = setup.head.input_shape[-1]
            self.hidden.build((None, channels))
            self.domain.build((None, own.units))
            self.steps: Any = self.add_weight(
                shape=(), initializer="zeros", trainable=False, name="steps"
            )

        def call(self, batch: Mapping[str, Any]) -> Any:
            share = self.steps / max(setup.steps, 1)
            turned = own.strength * (2 / (1 + ops.exp(-STEEPNESS * share)) - 1)
            self.steps.assign_add(1)
            losses = []
            for part, domain in ((ROWS, 0.0), (target_domain.TARGET, 1.0)):
                features = setup.features(batch[part])
                against = ops.stop_gradient((1 + turned) * features) - turned * features
                told = self.domain(self.hidden(against))
                losses.append(ops.mean(ops.softplus(told) - domain * told))
            return (losses[0] + losses[1]) / 2

    return Adversary()


def explains(config: TrainConfig) -> Sequence[str]:
    """Return how strong the adversary becomes, and when it hurts."""
    own = Own.model_validate(config.method.method_settings)
    half = 2 / (1 + math.exp(-STEEPNESS / 4)) - 1
    return [
        counted(
            "Here an adversary v of {units} neurons learns to tell your pictures from those of the other place, by its loss D. Its gradient reaches the network turned round and λ strong: 0 at the start, {quarter} after a quarter of the {count} epoch, {strength} at its end.",
            "Here an adversary v of {units} neurons learns to tell your pictures from those of the other place, by its loss D. Its gradient reaches the network turned round and λ strong: 0 at the start, {quarter} after a quarter of the {count} epochs, {strength} at their end.",
            config.course.epochs,
            units=own.units,
            quarter=f"{own.strength * half:.2g}",
            strength=f"{own.strength:g}",
        ),
        Said(
            "It hurts where the classes come in other shares there, since hiding the place then means hiding classes, and with few pictures, which the adversary learns by heart. When the loss of the method falls to nothing, or accuracy jumps, lower its strength."
        ),
    ]


METHOD = Method(
    name="adversary",
    title=Said("Domain-adversarial training"),
    sentence=Said(
        "The network learns to see your classes and to forget where a picture comes from. Try feature alignment first: this needs stages that learn and many pictures, is restless, and hurts where the classes come in other shares there."
    ),
    paper="Ganin et al. 2016, Domain-Adversarial Training of Neural Networks. arXiv:1505.07818",
    needs=(target_domain.NEED,),
    settings=Own,
    fixes=target_domain.fixes,
    exact_head=task.exact_head,
    refuses=target_domain.refuses,
    needs_stages=True,
    judges=target_domain.TARGET,
    needs_one_class=True,
    term=term,
    work_share=lambda config, roles: 3.0,
    recipes=target_domain.RECIPES,
    drawing="method-adversary",
    formula="\n".join(
        (
            r"v \leftarrow v - \eta\, \nabla_v D",
            r"\theta \leftarrow \theta - \eta\, (\nabla_\theta L - \lambda\, \nabla_\theta D)",
            r"\lambda = s \left(\frac{2}{1 + e^{-10\, p}} - 1\right), \quad p = \text{step} / \text{steps}",
        )
    ),
    explains=explains,
    adds=target_domain.adds,
    keeps="last",
)
