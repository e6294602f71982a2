"""Corrections: how large they are over time and from stage to stage, and how each one is made."""

from typing import Literal

from tl_core.base.said import Said
from tl_core.config.setting import Group, setting

Optimizer = Literal["adam", "adamw", "sgd", "rmsprop"]
Schedule = Literal["constant", "cosine", "plateau"]


class Rate(Group):
    """How large corrections are, over time and from stage to stage."""

    learning_rate: float = setting(
        1e-3,
        effect="fit",
        in_one_pass=False,
        depth="more",
        gt=0,
        le=1e10,
        title="Learning rate",
        description="Size of each correction. Lower it if the loss jumps about, raise it if it crawls.",
    )
    schedule: Schedule = setting(
        "constant",
        effect="fit",
        in_one_pass=False,
        depth="expert",
        shown_with="rate",
        choices={
            "constant": Said("Constant"),
            "cosine": Said("Cosine with warm-up"),
            "plateau": Said("Lower on plateaus"),
        },
        title="Learning rate over time",
        description="Constant stays as it is. Cosine rises gently, then falls to nothing; where nothing stops it early, what stands at its end is kept if it beats the start, which often ends better. "
        "On plateaus lowers it whenever validation stops improving.",
    )
    warmup: float = setting(
        0.1,
        effect="fit",
        when=lambda config: config.rate.schedule == "cosine",
        in_one_pass=False,
        depth="expert",
        shown_with="rate",
        ge=0,
        le=0.5,
        title="Warm-up",
        description="For cosine: the share of the training during which the rate rises. Raise it if the start is rough.",
    )
    plateau_patience: int = setting(
        2,
        effect="fit",
        when=lambda config: config.rate.schedule == "plateau",
        in_one_pass=False,
        depth="expert",
        shown_with="rate",
        ge=1,
        le=50,
        title="Lower the rate after",
        description="For plateaus: epochs without improvement before the rate is lowered. Keep it below “Stop early after”.",
    )
    plateau_factor: float = setting(
        0.5,
        effect="fit",
        when=lambda config: config.rate.schedule == "plateau",
        in_one_pass=False,
        depth="expert",
        shown_with="rate",
        gt=0,
        lt=1,
        title="Lower the rate to",
        description="For plateaus: the share of the rate that remains each time. Smaller settles sooner.",
    )
    thaw_every: int = setting(
        0,
        effect="fit",
        when=lambda config: config.network.trainable_stages > 0,
        in_one_pass=False,
        depth="expert",
        shown_with="rate",
        ge=0,
        le=50,
        title="Unfreeze one stage every",
        description="Epochs between stages: the head learns alone first, then one stage joins after another, from the top. "
        "0 lets all of them learn from the start. Helps when fine-tuning spoils what was learnt before.",
    )
    tail_rate: float = setting(
        0.1,
        effect="fit",
        when=lambda config: config.network.trainable_stages > 0,
        depth="expert",
        shown_with="rate",
        gt=0,
        le=10,
        title="Backbone's share of the learning rate",
        description="Trained stages use this fraction of the learning rate, so that they change gently. Raise it with many pictures that look unlike photographs.",
    )
    stage_decay: float = setting(
        1.0,
        effect="fit",
        when=lambda config: config.network.trainable_stages > 1,
        depth="expert",
        shown_with="rate",
        gt=0,
        le=1,
        title="Rate decay per stage",
        description="Each stage farther from the output learns at this fraction of the one above it. Lower it to keep early stages close to what they know.",
    )


class Steps(Group):
    """How one correction is made, and from how many pictures."""

    batch_size: int = setting(
        32,
        effect="fit",
        depth="more",
        ge=1,
        le=1024,
        title="Batch size",
        description="Pictures looked at before each correction. Smaller is noisier and needs less memory. Lower it if memory runs short.",
    )
    optimizer: Optimizer = setting(
        "adam",
        effect="fit",
        depth="expert",
        choices={
            "adam": Said("Adam"),
            "adamw": Said("AdamW"),
            "sgd": Said("SGD with momentum"),
            "rmsprop": Said("RMSprop"),
        },
        title="Optimiser",
        description="How corrections are made. Adam, AdamW and RMSprop adapt by themselves; "
        "SGD with momentum is the classic and wants a larger learning rate.",
    )
    momentum: float = setting(
        0.9,
        effect="fit",
        when=lambda config: config.steps.optimizer == "sgd",
        depth="expert",
        ge=0,
        lt=1,
        title="Momentum",
        description="For SGD: how much of the last correction carries on into the next. Lower it if the loss swings.",
    )
    nesterov: bool = setting(
        False,
        effect="fit",
        when=lambda config: config.steps.optimizer == "sgd" and config.steps.momentum > 0,
        depth="expert",
        title="Look ahead (Nesterov)",
        description="For SGD: corrects from where momentum is about to lead. Try it where the loss swings to and fro.",
    )
    weight_decay: float = setting(
        0.004,
        effect="fit",
        when=lambda config: config.steps.optimizer == "adamw",
        depth="expert",
        ge=0,
        le=1,
        title="Weight decay",
        description="For AdamW: how strongly weights shrink in each step. Raise it if training is far better than validation.",
    )
    averaging: float = setting(
        0.0,
        effect="fit",
        in_one_pass=False,
        depth="expert",
        ge=0,
        le=50,
        title="Average weights over (epochs)",
        description="Judges and keeps a running mean of the weights over about so many epochs instead of the latest ones. 1 is usual; "
        "try it where the validation curve is bumpy. Where the rate falls to nothing it added nothing in our study: +2.8 points of accuracy with it, +2.9 without.",
    )
    toward_pretrained: float = setting(
        0.0,
        effect="fit",
        when=lambda config: config.network.trainable_stages > 0,
        depth="expert",
        ge=0,
        le=10,
        title="Pull towards pretrained weights",
        description="Holds trained stages near what they knew: their squared distance from it, times this, joins the loss (L2-SP). "
        "Try 0.01 with few pictures where training is far better than validation; our study saw no gain beyond chance.",
    )
