"""Surgical fine-tuning: one block of stages learns, the one that the new pictures ask most of; all else is frozen.

Where new pictures differ from those of pretraining tells which stages have to change: blur and noise early
ones, other objects late ones. Stages below the block only pass pictures on, stages above it pass errors back.

Reference:
    Lee et al. 2022, Surgical Fine-Tuning Improves Adaptation to Distribution Shifts. arXiv:2210.11466
    (section 4: the norm of the gradient relative to that of the weights).
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import Field

from tl_core.backbones import stages
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig, stored
from tl_core.methods.method import BLOCK, Block, ChosenBy, Ended, Method, Settings
from tl_core.methods.situation import Recipe
from tl_core.tasks import task


class Own(Settings):
    """How large the block is, and what chooses it."""

    block: int = Field(
        2,
        ge=1,
        le=16,
        title=Said("Stages in the block"),
        description=Said(
            "How many neighbouring stages learn. One or two are usual; raise it with many pictures."
        ),
    )
    chosen_by: ChosenBy = Field(
        "gradient",
        title=Said("What chooses the block"),
        description=Said(
            "The gradient takes one pass over some pictures. Trying every block for some steps and asking validation pictures takes longer and is surer."
        ),
    )


def _own(config: TrainConfig) -> Own:
    return Own.model_validate(config.method.method_settings)


def fixes(config: TrainConfig) -> Mapping[str, Any]:
    """Let the block learn from the first epoch on, at one rate."""
    return {"thaw_every": 0, "stage_decay": 1.0}


def unfit(config: TrainConfig) -> UserError | None:
    """Return that there is nothing to choose, where the block is as large as all that may learn."""
    own, open_ = _own(config), config.network.trainable_stages
    if own.block < open_:
        return None
    return UserError(
        "block-too-large",
        "A block of {block} stages cannot be chosen from {open}.",
        "Let more stages be open to choice, or take a smaller block.",
        block=own.block,
        open=open_,
    )


def work_share(config: TrainConfig, roles: Any) -> float:
    """Return what a step costs beside one in which all open stages learn, for a block in the middle.

    All of them pass pictures on, half of them pass errors back, the block's weights have a gradient.
    """
    return (1 + 0.5 + _own(config).block / max(1, config.network.trainable_stages)) / 3


def explains(config: TrainConfig) -> Sequence[str]:
    """Return from what is chosen, and when it hurts."""
    own, open_ = _own(config), config.network.trainable_stages
    infos = stages.of(config.network.backbone)
    candidates = max(1, open_ - own.block + 1)
    how = {
        "gradient": Said(
            "for each of them the gradient g of the loss is held against the weights θ, and the largest is taken"
        ),
        "trial": Said(
            "each of them learns for some steps, and the one with the lowest loss on validation pictures is taken"
        ),
    }[own.chosen_by]
    return [
        counted(
            "Here a block of {block} of the upper {open} stages learns, from {lowest} on. There is {count} such block: {how}.",
            "Here a block of {block} of the upper {open} stages learns, from {lowest} on. There are {count} such blocks: {how}.",
            candidates,
            block=own.block,
            open=open_,
            lowest=infos[len(infos) - max(1, open_)].title,
            how=how,
        ),
        Said(
            "It hurts where much has to change at once, as with many pictures that look like nothing known: then let all stages learn. Where nothing looks otherwise and only the classes are new, the uppermost stages are usually the ones."
        ),
    ]


def adds(run: Ended, others: Sequence[Ended]) -> Sequence[str]:
    """Return which block learnt, with what spoke for it and for the next best one."""
    found = run.metrics.get(BLOCK)
    backbone = str(stored(run.config, "backbone", ""))
    if not found or len(found["scores"]) < 2:
        return ()
    infos = stages.of(backbone)
    opens = len(infos) - int(stored(run.config, "trainable_stages", 0) or 0)
    first, last = (infos[opens + place].title for place in (found["first"], found["last"]))
    best, second = sorted(found["scores"], reverse=True)[:2]
    words = {
        "gradient": Said(
            "The block from {first} to {last} learnt, all else was frozen: its gradient relative to its weights is {best}, that of the next best block {second}.",
            first=first,
            last=last,
            best=f"{best:.2g}",
            second=f"{second:.2g}",
        ),
        "trial": Said(
            "The block from {first} to {last} learnt, all else was frozen: tried for some steps, it lowered the loss on validation pictures by {best}, the next best block by {second}.",
            first=first,
            last=last,
            best=f"{best:.3f}",
            second=f"{second:.3f}",
        ),
    }
    return [words[found["by"]]]


METHOD = Method(
    name="surgical",
    title=Said("Surgical fine-tuning"),
    sentence=Said(
        "Of the stages that may learn, one small block does: the one that your pictures ask most of. Try it with few pictures that look otherwise than photographs, where fine-tuning everything forgets too much."
    ),
    paper="Lee et al. 2022, Surgical Fine-Tuning Improves Adaptation to Distribution Shifts. arXiv:2210.11466",
    settings=Own,
    choices=MappingProxyType(
        {
            "gradient": Said("the largest gradient relative to its weights"),
            "trial": Said("a trial on validation pictures"),
        }
    ),
    fixes=fixes,
    needs_stages=True,
    unfit=unfit,
    exact_head=task.exact_head,
    block=lambda own: Block(own.block, own.chosen_by),
    work_share=work_share,
    recipes=(
        Recipe(
            name="one block learns",
            source="As in fine-tuning with stages; few of them bear three times the rate.",
            values={
                "schedule": "cosine",
                "warmup": 0.1,
                "learning_rate": 3e-4,
                "tail_rate": 3.0,
                "epochs": 12,
                "patience": 0,
            },
        ),
    ),
    drawing="method-surgical",
    formula="\n".join(
        (
            r"b^* = \arg\max_b \frac{\lVert \nabla_{\theta_b} L \rVert_2}{\lVert \theta_b \rVert_2}",
            r"\theta_{b^*} \leftarrow \theta_{b^*} - \eta\, \nabla_{\theta_{b^*}} L",
            r"\theta_b \text{ frozen for } b \neq b^*",
        )
    ),
    explains=explains,
    adds=adds,
)
