"""Which operations belong together and what a person calls them, family by family.

Operations carry the names that a network's authors gave them ("block_13_expand"). Each family's
patterns turn them into a group ("Block 13"); nameless ones in between belong to whichever side
of the cut they fall.
"""

import re
from dataclasses import dataclass

MOST_STAGES = 20


@dataclass(frozen=True, slots=True)
class Block:
    """A group of operations: `part` is the larger unit it belongs to, `title` its own name."""

    part: str
    title: str


STEM = Block("stem", "Stem")
TOP = Block("top", "Top")

_PATTERNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Starter": (
        (r"stage(\d+)_block(\d+)_", r"\1", r"Block \1.\2"),
        (r"stage\d+_top", "top", "Top"),
    ),
    "MobileNet": ((r"conv_(?:pad|dw|pw)_(\d+)", "blocks", r"Block \1"),),
    "MobileNetV2": (
        (r"block_(\d+)_", "blocks", r"Block \1"),
        (r"expanded_conv_", "blocks", "Block 0"),
        (r"Conv_1", "top", "Top"),
    ),
    "MobileNetV3": (
        (r"expanded_conv_(\d+)_", "blocks", r"Block \1"),
        (r"expanded_conv_", "blocks", "Block 0"),
        (r"conv_1", "top", "Top"),
    ),
    "EfficientNet": ((r"block(\d)([a-z])_", r"\1", r"Block \1\2"), (r"top_", "top", "Top")),
    "EfficientNetV2": ((r"block(\d)([a-z])_", r"\1", r"Block \1\2"), (r"top_", "top", "Top")),
    "EfficientNetLite": ((r"block(\d)([a-z])_", r"\1", r"Block \1\2"), (r"top_", "top", "Top")),
    "ResNet": ((r"conv(\d)_block(\d+)_", r"\1", r"Block \1.\2"),),
    "ResNetV2": ((r"conv(\d)_block(\d+)_", r"\1", r"Block \1.\2"),),
    "VGG": ((r"block(\d)_conv(\d)", r"\1", r"Convolution \1.\2"),),
    "DenseNet": ((r"conv(\d)_block(\d+)_", r"\1", r"Layer \1.\2"),),
    "Inception": ((r"mixed(\d+)", "mixed", r"Mixed \1"),),
    "Xception": ((r"block(\d+)_", "blocks", r"Block \1"),),
    "ConvNeXt": (
        (r".*_stage_(\d)_block_(\d+)_", r"\1", r"Block \1.\2"),
        (r".*_downsampling_block_0", "1", "Block 1.0"),
        (r".*_downsampling_block_1", "2", "Block 2.0"),
        (r".*_downsampling_block_2", "3", "Block 3.0"),
    ),
    "NASNet": (
        (r"stem_", "stem", "Stem"),
        (r"(?:normal|reduction|separable|adjust)_", "cells", "Cells"),
    ),
}


def block_of(family: str, operation: str) -> Block | None:
    """Return the block that the operation called `operation` belongs to; None when nameless."""
    for pattern, part, title in _PATTERNS[family]:
        if match := re.match(pattern, operation):
            return Block(match.expand(part), match.expand(title))
    return None


def slug(title: str) -> str:
    """Return `title` as a short name: "Block 3.2" becomes "block_3_2"."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def joined(titles: list[str]) -> str:
    """Return one title for several neighbours: "Block 4.1" and "Block 4.3" become a range."""
    if len(titles) == 1:
        return titles[0]
    word, first = titles[0].rsplit(" ", 1)
    last = titles[-1].rsplit(" ", 1)[1]
    return f"{word}s {first}–{last}"


def grouped(blocks: list[Block]) -> list[list[int]]:
    """Gather neighbours of the same part, as few together as make at most `MOST_STAGES` groups.

    Returns:
        positions in `blocks`, group by group, in order.
    """
    for size in range(1, len(blocks) + 1):
        groups: list[list[int]] = []
        for position, block in enumerate(blocks):
            full = not groups or len(groups[-1]) == size
            if full or blocks[groups[-1][0]].part != block.part:
                groups.append([])
            groups[-1].append(position)
        if len(groups) <= MOST_STAGES:
            return groups
    return [[position] for position in range(len(blocks))]
