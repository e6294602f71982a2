"""The network: which one, how pictures enter it, how much of it learns, and the head on top."""

from typing import Annotated, Literal

from pydantic import Field

from tl_core.base.said import Said
from tl_core.config.setting import Formerly, Group, setting

Resize = Literal["squash", "crop", "pad"]
Pooling = Literal["average", "flatten"]
BatchNorm = Literal["frozen", "refreshed", "learning"]


class Network(Group):
    """Which pretrained network it is, how pictures enter it, and how much of it learns."""

    backbone: str = setting(
        "starter",
        effect="rows",
        key="resolved",
        depth="main",
        title="Backbone",
        description="The pretrained network your model starts from. Larger ones see more and take longer.",
    )
    trainable_stages: int = setting(
        0,
        effect="rows",
        key="resolved",
        depth="main",
        ge=0,
        le=64,
        title="Stages to train",
        description="How many stages of the backbone learn, counted from the output. "
        "0 trains only the new head: fastest, and safest with few pictures.",
    )
    image_size_px: int = setting(
        0,
        effect="rows",
        key="resolved",
        depth="expert",
        ge=0,
        le=1024,
        title="Picture size (pixels)",
        description="Side of the square that the network sees. Raise it where small details matter; it takes longer. Nothing (0) takes the backbone's own size.",
    )
    resize: Resize = setting(
        "squash",
        effect="rows",
        key="resolved",
        depth="expert",
        modality="picture",
        choices={
            "squash": Said("Squash"),
            "crop": Said("Keep the middle"),
            "pad": Said("Add bars"),
        },
        title="Fit pictures by",
        description="Squash changes proportions and loses nothing, crop keeps the middle, pad adds black bars. Pad where proportions matter for the answer.",
    )
    batch_norm: BatchNorm = setting(
        "frozen",
        effect="fit",
        when=lambda config: config.network.trainable_stages > 0,
        depth="expert",
        choices={
            "frozen": Said("As pretrained"),
            "refreshed": Said("Measured anew once"),
            "learning": Said("Learning throughout"),
        },
        formerly=Formerly("train_batch_norm", {"learning": True, "frozen": False}),
        title="Batch normalisation",
        description="The means and variances that the trained stages even their maps out with. As pretrained is right nearly always; "
        "measure them anew on your pictures when these look unlike photographs, such as drawings; let them learn only with many pictures.",
    )


class Head(Group):
    """The new layers on top of the network, from its last map to the answers."""

    pooling: Pooling = setting(
        "average",
        effect=("rows", "head"),
        key="resolved",
        depth="expert",
        choices={"average": Said("Average"), "flatten": Said("Flatten")},
        title="Pooling",
        description="How the network's last picture-like map becomes a list of numbers. "
        "Average is small and robust; flatten keeps positions and needs far more weights.",
    )
    hidden_units: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = setting(
        (),
        effect="head",
        depth="expert",
        max_length=4,
        title="Hidden layers",
        description="Neurons in each extra layer of the head, 1 to 8192, at most four layers: 1024, or 512, 128. "
        "Empty connects straight to the answers, which is best with few pictures.",
    )
    dropout: float = setting(
        0.0,
        effect="head",
        depth="expert",
        ge=0,
        lt=1,
        title="Dropout",
        description="Share of the head's inputs hidden at random in each step. Helps when training is far better than validation.",
    )
    l2: float = setting(
        0.0,
        effect="head",
        depth="expert",
        ge=0,
        le=10,
        title="L2 penalty",
        description="Pulls the weights of the head and of trained stages towards zero: their squares, times this, join the loss. "
        "Raise it if training is far better than validation; 0.0001 is a start.",
    )
