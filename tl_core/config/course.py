"""The goal and the course of a training: what counts as wrong, how long it goes on, how it begins."""

from typing import Literal

from tl_core.base.said import Said
from tl_core.config.setting import Group, setting

Start = Literal["closed_form", "random"]
ClassWeights = Literal["none", "balanced"]
Loss = Literal["mse", "mae", "huber"]
Scale = Literal["plain", "log"]


class Objective(Group):
    """What counts as wrong, and how much."""

    class_weights: ClassWeights = setting(
        "none",
        effect="fit",
        task="classify",
        depth="more",
        choices={"none": Said("As they are"), "balanced": Said("Balanced")},
        title="Class weights",
        description="Balanced makes rare classes count as much as common ones. Take it when some classes have far fewer pictures.",
    )
    loss: Loss = setting(
        "mse",
        effect="fit",
        task="regress",
        depth="more",
        choices={
            "mse": Said("Squared error"),
            "mae": Said("Absolute error"),
            "huber": Said("Huber: squared when near, absolute when far"),
        },
        title="What counts as far off",
        description="How misses are added up when numbers are learnt. Squared error minds large misses most; "
        "take absolute error or Huber where a few odd values should not rule.",
    )
    target_scale: Scale = setting(
        "plain",
        effect="fit",
        task="regress",
        depth="more",
        choices={"plain": Said("Their own size"), "log": Said("Their logarithm")},
        title="Learn numbers as",
        description="The logarithm makes misses count in proportion to the number. "
        "Take it when a few numbers are very large, as with prices; columns that reach zero stay as they are.",
    )
    label_smoothing: float = setting(
        0.0,
        effect="fit",
        task="classify",
        depth="expert",
        ge=0,
        lt=1,
        title="Label smoothing",
        description="Makes the model a little less sure of its answers. Helps where some labels may be wrong; 0.1 is usual.",
    )
    mixup: float = setting(
        0.0,
        effect="fit",
        in_one_pass=False,
        depth="expert",
        ge=0,
        le=1,
        title="Mixup",
        description="Also learn from blends of two pictures with blended answers; the larger, the more even the blend. "
        "0.2 is usual. Helps against learning by heart when there are few pictures.",
    )


class Course(Group):
    """How long a training goes on, how it begins, and what fixes its chances."""

    epochs: int = setting(
        10,
        effect="fit",
        in_one_pass=False,
        may_change_later=True,
        depth="main",
        ge=1,
        le=500,
        title="Epochs",
        description="Passes over the training pictures. Raise it while the validation curve still climbs.",
    )
    patience: int = setting(
        5,
        effect="fit",
        in_one_pass=False,
        may_change_later=True,
        depth="more",
        ge=0,
        le=100,
        title="Stop early after",
        description="Stop when validation has not improved for this many epochs, "
        "and keep the best weights. Raise it if the curve is bumpy; 0 never stops early.",
    )
    folds: int = setting(
        0,
        effect="none",
        depth="more",
        ge=0,
        le=10,
        title="Cross-validate in parts",
        description="Also works out the exact solution that many times, each time judged on another part, and shows how much "
        "the number varies. 5 is usual with fewer than 200 pictures; 0 leaves it out.",
    )
    start: Start = setting(
        "closed_form",
        effect="fit",
        depth="more",
        title="Watch it learn",
        description="A random head learns from nothing while you watch, instead of beginning with a quick exact solution. "
        "Turn it on to see, or to show others, how learning goes.",
    )
    refit: bool = setting(
        True,
        effect="fit",
        when=lambda config: config.course.start == "closed_form" and not config.head.hidden_units,
        in_one_pass=False,
        may_change_later=True,
        depth="expert",
        title="Refit on validation pictures",
        description="Where the exact solution is handed over, it is solved for once more on training and validation pictures together; "
        "validation numbers stay those from before. Turn it off to keep the very head that validation judged.",
    )
    seed: int = setting(
        0,
        effect=("rows", "fit"),
        key="first",
        depth="expert",
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="Fixes every random choice. The same seed gives the same model. Change it to see how much is luck.",
    )
