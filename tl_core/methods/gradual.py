"""Gradual unfreezing: the head learns alone first, then one stage joins after another, from the top.

What a stage has learnt before is only touched once everything above it fits the new classes, so that the
errors of a new head do not travel down. That is the setting `thaw_every`, with what suits it around it.

Reference:
    Howard and Ruder 2018, Universal Language Model Fine-tuning for Text Classification. arXiv:1801.06146.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig, stored
from tl_core.methods.method import Ended, Method, Settings
from tl_core.methods.situation import Recipe
from tl_core.tasks import task


class Own(Settings):
    """How slowly stages join."""

    every: int = Field(
        1,
        ge=1,
        le=50,
        title=Said("Epochs between stages"),
        description=Said(
            "How long the head learns alone, and then how long until the next stage joins. One is the authors' choice; raise it when the curve is still falling steeply whenever a stage joins."
        ),
    )


def fixes(config: TrainConfig) -> Mapping[str, Any]:
    """Let one stage join after another."""
    own = Own.model_validate(config.method.method_settings)
    return {"thaw_every": own.every}


def joins(config: TrainConfig) -> int:
    """Return after how many epochs the lowest stage that is to learn has joined."""
    return Own.model_validate(config.method.method_settings).every * config.network.trainable_stages


def unfit(config: TrainConfig) -> UserError | None:
    """Return that a training ends before all stages have joined, where it does."""
    last = joins(config)
    if last < config.course.epochs:
        return None
    return UserError(
        "unfreezing-too-slow",
        "The last of {stages} stages would join after epoch {last}, and the training has {epochs}.",
        "Give it more than {last} epochs, let fewer stages learn, or let them join faster.",
        stages=config.network.trainable_stages,
        last=last,
        epochs=config.course.epochs,
    )


def explains(config: TrainConfig) -> Sequence[str]:
    """Return when which stage joins."""
    every, learning = joins(config) // max(1, config.network.trainable_stages), joins(config)
    return [
        counted(
            "Here the new head learns alone until epoch {every}; then {count} stage joins, and learns from epoch {last} on, of {epochs} epochs.",
            "Here the new head learns alone until epoch {every}; then {count} stages join one by one, the lowest of them learns from epoch {last} on, of {epochs} epochs.",
            config.network.trainable_stages,
            every=every,
            last=learning + 1,
            epochs=config.course.epochs,
        ),
        Said(
            "It hurts where the training is short: the lowest stages, which join last, then hardly learn. Where all stages may learn from the start, plain fine-tuning reaches about the same in less time."
        ),
    ]


def adds(run: Ended, others: Sequence[Ended]) -> Sequence[str]:
    """Return how many stages had joined when the kept weights were reached."""
    every = int(stored(run.config, "thaw_every", 1) or 1)
    learning = int(stored(run.config, "trainable_stages", 0) or 0)
    best = run.metrics.get("best_epoch")
    if best is None:
        return ()
    if not best:
        return [
            Said(
                "No stage that joined brought anything beyond doubt, so the exact head is the model."
            )
        ]
    joined = min(learning, max(0, best - 1) // every)
    return [
        counted(
            "The weights that are kept are those of epoch {epoch}, in which {joined} of {count} stage learnt beside the head.",
            "The weights that are kept are those of epoch {epoch}, in which {joined} of {count} stages learnt beside the head.",
            learning,
            epoch=best,
            joined=joined,
        )
    ]


def _recipe(name: str, least: int, most: int, epochs: int) -> Recipe:
    return Recipe(
        name=name,
        source="The course of fine-tuning with stages, and as many epochs more as stages join "
        "(Howard and Ruder 2018, arXiv:1801.06146, unfreeze one layer an epoch).",
        stages=(least, most),
        values={
            "schedule": "cosine",
            "warmup": 0.1,
            "learning_rate": 3e-4,
            "tail_rate": 1.0,
            "stage_decay": 1.0,
            "epochs": epochs,
            "patience": 0,
        },
    )


METHOD = Method(
    name="gradual",
    title=Said("Gradual unfreezing"),
    sentence=Said(
        "The new head learns alone first; then one stage of the network joins after another, from the top, so that a raw head spoils nothing below it. Try it when fine-tuning many stages loses what the network knew."
    ),
    paper="Howard and Ruder 2018, Universal Language Model Fine-tuning. arXiv:1801.06146",
    settings=Own,
    fixes=fixes,
    needs_stages=True,
    unfit=unfit,
    exact_head=task.exact_head,
    recipes=(
        _recipe("up to four stages join", 1, 4, 12),
        _recipe("up to eight stages join", 5, 8, 16),
        _recipe("many stages join", 9, 16, 26),
        _recipe("very many stages join", 17, 64, 60),
    ),
    drawing="method-gradual",
    formula="\n".join(
        (
            r"\theta^{(l)} \leftarrow \theta^{(l)} - \eta_t\, \nabla_{\theta^{(l)}} L \quad \text{if } t > k\,(L - l + 1)",
            r"\theta^{(l)} \leftarrow \theta^{(l)} \quad \text{before}",
        )
    ),
    explains=explains,
    adds=adds,
)
