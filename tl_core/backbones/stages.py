"""The named stages of every backbone, from the committed table `stages.json`. Reads no Keras.

A stage is a run of operations that exactly one tensor enters and one leaves; a network can be
cut between two stages. The table is made by `python -m tl_core.backbones.generate_stages`.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tl_core.backbones import catalogue
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.modalities import registry
from tl_core.modalities.modality import Shape

TABLE = Path(__file__).with_name("stages.json")
TITLES = {
    "Block": Said("Block {number}"),
    "Blocks": Said("Blocks {number}"),
    "Cells": Said("Cells"),
    "Convolution": Said("Convolution {number}"),
    "Layers": Said("Layers {number}"),
    "Mixed": Said("Mixed {number}"),
    "Stem": Said("Stem"),
    "Top": Said("Top"),
}
"""What stages are called, by the first word of a title in the table."""


@dataclass(frozen=True, slots=True)
class Side:
    """How long the side of a map is for an example of any size: floor((size + offset) / stride).

    A stride of 0 means one place, whatever the size.
    """

    stride: int
    offset: int

    def at(self, size: int) -> int:
        return (size + self.offset) // self.stride if self.stride else 1


@dataclass(frozen=True, slots=True)
class Work:
    """Floating-point operations for each place of a map with sides `side`."""

    side: Side
    flops_per_place: int


@dataclass(frozen=True, slots=True)
class StageInfo:
    """One stage of a backbone.

    Attributes:
        name: short, unique within the backbone: "block_13".
        title: for people: "Block 13", in any language.
        node_index: the operation whose output enters this stage; cutting below the stage cuts there.
        parameters: all of them.
        trainable_parameters: those that learn when the stage is trained with batch
            normalisation frozen, as is usual.
        norm_parameters: those that learn in addition when batch normalisation is trained too.
        channels: of the map that leaves the stage.
        default_size_px: the size that `output_shape` and `mega_flops` are given for.
        map_sides: how many sides its maps have; see `Modality.map_sides`.
    """

    name: str
    title: Said
    node_index: int
    parameters: int
    trainable_parameters: int
    norm_parameters: int
    channels: int
    side: Side
    work: tuple[Work, ...]
    default_size_px: int
    map_sides: int = 2

    @property
    def output_shape(self) -> Shape:
        return self.shape_at(self.default_size_px)

    @property
    def mega_flops(self) -> float:
        return self.mega_flops_at(self.default_size_px)

    def shape_at(self, size: int) -> Shape:
        """Return the shape of what leaves the stage: its sides, then its channels."""
        return (*[self.side.at(size)] * self.map_sides, self.channels)

    def mega_flops_at(self, size: int) -> float:
        """Return millions of floating-point operations for one example (a multiply-add is two)."""
        places = (w.side.at(size) ** self.map_sides for w in self.work)
        return sum(w.flops_per_place * n for w, n in zip(self.work, places, strict=True)) / 1e6


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a backbone is divided into a frozen trunk and a trained tail.

    Attributes:
        backbone: its name.
        trainable_stages: how many stages, counted from the output, are in the tail.
        node_index: the operation whose output crosses.
    """

    backbone: str
    trainable_stages: int
    node_index: int

    def trunk_shape(self, size: int) -> Shape:
        """Return the shape of the crossing tensor: what is kept for each example."""
        stages = of(self.backbone)
        below = len(stages) - self.trainable_stages
        if below:
            return stages[below - 1].shape_at(size)
        return catalogue.get(self.backbone).input_shape(size)

    def trunk_mega_flops(self, size: int) -> float:
        """Return the work that is done once for each example."""
        below = len(of(self.backbone)) - self.trainable_stages
        return sum(stage.mega_flops_at(size) for stage in of(self.backbone)[:below])

    def tail_mega_flops(self, size: int) -> float:
        """Return the work of one forward pass through the tail."""
        below = len(of(self.backbone)) - self.trainable_stages
        return sum(stage.mega_flops_at(size) for stage in of(self.backbone)[below:])


@cache
def of(backbone: str) -> tuple[StageInfo, ...]:
    """Return the stages of `backbone`, input first.

    Raises:
        UserError: "backbone" when there is none of that name.
    """
    record = catalogue.get(backbone)
    map_sides = registry.of(record).map_sides
    rows = _table()[record.architecture]["stages"]
    return tuple(_stage(row, record.default_size_px, map_sides) for row in rows)


def half(backbone: str) -> int:
    """Return how many stages its upper half has; of an odd number the larger one."""
    return (len(of(backbone)) + 1) // 2


def cut_for(backbone: str, trainable_stages: int) -> Cut:
    """Return the cut below the top `trainable_stages` stages.

    Raises:
        UserError: "freeze-depth" when the backbone has fewer.
    """
    stages = of(backbone)
    if not 0 <= trainable_stages <= len(stages):
        raise UserError(
            "freeze-depth",
            "{stages} stages cannot be trained: {title} has {count}.",
            hint="Choose 0 to train only the new head, or up to {count}.",
            stages=trainable_stages,
            title=catalogue.get(backbone).title,
            count=len(stages),
        )
    if trainable_stages == 0:
        return Cut(backbone, 0, output_index(backbone))
    return Cut(backbone, trainable_stages, stages[len(stages) - trainable_stages].node_index)


def trainable_parameters(
    backbone: str, trainable_stages: int, train_batch_norm: bool = False
) -> int:
    """Return how many parameters of the backbone learn when its top stages are trained."""
    stages = of(backbone)
    tail = stages[len(stages) - trainable_stages :]
    return sum(s.trainable_parameters + train_batch_norm * s.norm_parameters for s in tail)


def output_index(backbone: str) -> int:
    """Return the index of the last operation, whose output is the backbone's."""
    return _table()[catalogue.architecture(backbone)]["output_index"]


def feature_shape(backbone: str, size: int) -> Shape:
    """Return the shape of the backbone's output: its sides, then its channels."""
    return of(backbone)[-1].shape_at(size)


@cache
def _table() -> dict:
    return json.loads(TABLE.read_text(encoding="utf-8"))


def _title(written: str) -> Said:
    kind, _, number = written.partition(" ")
    return Said(TITLES[kind], number=number)


def _stage(row: dict, default_size_px: int, map_sides: int) -> StageInfo:
    return StageInfo(
        name=row["name"],
        title=_title(row["title"]),
        node_index=row["node_index"],
        parameters=row["parameters"],
        trainable_parameters=row["trainable_parameters"],
        norm_parameters=row["norm_parameters"],
        channels=row["channels"],
        side=Side(*row["side"]),
        work=tuple(Work(Side(stride, offset), flops) for stride, offset, flops in row["work"]),
        default_size_px=default_size_px,
        map_sides=map_sides,
    )
