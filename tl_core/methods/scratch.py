"""From scratch: the control. The same network with random weights, all of which learn.

Nothing pretrained takes part: no file of weights is needed, and no exact head is solved for, as one
on random features would tell nothing. The seed fixes the weights, so a run goes on exactly.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tl_core.backbones import stages
from tl_core.base import figures
from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig, stored
from tl_core.methods.method import Ended, Method
from tl_core.methods.situation import Recipe
from tl_core.tasks import registry

MOMENTUM = 0.9
"""Of the statistics of batch normalisation: those that Keras builds follow so slowly, in steps, that a
small training would be judged by statistics that still are the random ones."""

CODE = f"""\
# From random weights the statistics of batch normalisation have to follow within a short training.
for layer in body.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        layer.momentum = min(layer.momentum, {MOMENTUM})"""

RECIPES = (
    Recipe(
        name="random weights",
        source="He et al. 2018, arXiv:1811.08883: with a warm-up and a longer course; nothing learnt "
        "before has to be spared, so that all of it learns at the full rate.",
        values={"schedule": "cosine", "warmup": 0.1, "epochs": 30, "patience": 10},
    ),
)


def fixes(config: TrainConfig) -> Mapping[str, Any]:
    """Let the whole network learn at one rate from the first step; statistics are learnt, too."""
    return {
        "trainable_stages": len(stages.of(config.network.backbone)),
        "batch_norm": "learning",
        "tail_rate": 1.0,
        "stage_decay": 1.0,
        "thaw_every": 0,
        "toward_pretrained": 0.0,
        "start": "random",
        "folds": 0,
    }


def explains(config: TrainConfig) -> Sequence[str]:
    """Return what begins at random, and when it hurts."""
    weights = sum(info.parameters for info in stages.of(config.network.backbone))
    return [
        counted(
            "Here all {weights} weights θ of the network begin at random, fixed by the seed {seed}, and learn for {count} epoch at one rate η. No exact head is solved for: on random features it would tell nothing.",
            "Here all {weights} weights θ of the network begin at random, fixed by the seed {seed}, and learn for {count} epochs at one rate η. No exact head is solved for: on random features it would tell nothing.",
            config.course.epochs,
            weights=figures.count(weights),
            seed=config.course.seed,
        ),
        Said(
            "It hurts nearly always: with few pictures so many weights learn these by heart. It is there to be compared with; as a model it is worth trying with many thousands of pictures that look like nothing known."
        ),
    ]


def begins(body: Any) -> None:
    """Let the statistics of batch normalisation follow within a short training."""
    import keras

    from tl_core.backbones import cut

    for layer in cut.within(body):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, MOMENTUM)


def adds(run: Ended, others: Sequence[Ended]) -> Sequence[str]:
    """Return what the pretrained weights were worth, where a run shows it."""
    control = run.metrics.get("test_accuracy")
    reached = [
        other.metrics["test_accuracy"]
        for other in others
        if _is_pretrained_twin(other.config, run.config)
        and other.metrics.get("test_accuracy") is not None
    ]
    if control is None or not reached:
        return [
            Said(
                "This is the control: the network began with random weights. Fine-tune the same network "
                "on the same data set to see what its pretrained weights are worth."
            )
        ]
    task = registry.of_metrics(run.metrics)
    if not task.names_classes:
        best, own = f"{max(reached):.3f}", f"{control:.3f}"
        return [
            Said(
                "What the pretrained weights are worth: fine-tuned, the same network reaches R² {best} on the "
                "same test part; from random weights, {own}.",
                best=best,
                own=own,
            )
        ]
    if not task.one_class_each:
        return [
            Said(
                "What the pretrained weights are worth: fine-tuned, the same network reaches a mean average "
                "precision of {best} % on the same test part; from random weights, {own} %.",
                best=f"{100 * max(reached):.1f}",
                own=f"{100 * control:.1f}",
            )
        ]
    return [
        Said(
            "What the pretrained weights are worth: fine-tuned, the same network is right on {best} % of the "
            "same test part; from random weights, on {own} %.",
            best=f"{100 * max(reached):.1f}",
            own=f"{100 * control:.1f}",
        )
    ]


def _is_pretrained_twin(other: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Say whether another run used the same network with its pretrained weights."""
    is_tuned = stored(other, "method_name", "fine_tune") == "fine_tune"
    return is_tuned and stored(other, "backbone") == stored(own, "backbone")


METHOD = Method(
    name="scratch",
    title=Said("From scratch"),
    sentence=Said(
        "The control: the same network with random weights, all of which learn. It shows what the pretrained ones are worth, and takes far more pictures and time."
    ),
    paper="He et al. 2018, Rethinking ImageNet Pre-training. arXiv:1811.08883",
    weights="random",
    fixes=fixes,
    begins=begins,
    code=CODE,
    recipes=RECIPES,
    drawing="method-scratch",
    formula="\n".join(
        (
            r"\theta_0 \sim p_{\text{random}}",
            r"(\theta, w) \leftarrow (\theta, w) - \eta_t\, \nabla L(w;\, \theta)",
            r"\text{gain of transfer} = A_{\text{pretrained}} - A_{\text{random}}",
        )
    ),
    explains=explains,
    adds=adds,
)
