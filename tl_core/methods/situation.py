"""Where a training stands before it starts, and a recipe: which settings suit in which situations.

Imports no Keras: the pages, the price and the command line ask before anything is loaded.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tl_core.modalities import registry as modalities

Between = tuple[float, float]
"""The least and the most, both included."""
ANY: Between = (0, math.inf)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a training before it starts.

    Attributes:
        method: name of the way of training.
        task: what is learnt, by its kind.
        backbone: name of the network.
        trainable_stages: how many of its stages learn, counted from the output.
        total_stages: how many it has.
        pictures: how many there are to learn from.
        classes: how many classes, labels or numbers a model answers with.
        per_class: median of the pictures to learn from that each of them has.
        fixed: settings that the method does not leave open.
        modality: what the examples are, by name.
        labelled: how many examples from where a model will be used have a class that it answers with.
    """

    method: str
    task: str
    backbone: str
    trainable_stages: int
    total_stages: int
    pictures: int
    classes: int
    per_class: float
    fixed: frozenset[str] = frozenset()
    modality: str = modalities.USUAL.name
    labelled: int = 0

    @property
    def share(self) -> float:
        """The share of the backbone that learns, 0 to 1."""
        return self.trainable_stages / self.total_stages if self.total_stages else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Settings that suit all situations within some bounds.

    Attributes:
        name: what the situations have in common, in a few words.
        source: where the values come from: a study and its numbers, or a paper.
        values: settings by their bare names.
        own: settings that only the method knows, by name.
        because: why they are recommended, in a sentence to stand beside them; None where nothing is to be said.
        stages: how many stages learn.
        share: the share of the backbone that learns, 0 to 1.
        pictures: how many there are to learn from.
        per_class: the median of the pictures of a class.
        backbones: names of the networks that it is for; empty for all.
        labelled: how many examples from where a model will be used have a class that it answers with.
    """

    name: str
    source: str
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    own: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    because: Callable[[Situation], str] | None = None
    stages: Between = ANY
    share: Between = ANY
    pictures: Between = ANY
    per_class: Between = ANY
    backbones: tuple[str, ...] = ()
    labelled: Between = ANY

    def suits(self, situation: Situation) -> bool:
        """Say whether a situation lies within all bounds."""
        found = (
            (self.stages, situation.trainable_stages),
            (self.share, situation.share),
            (self.pictures, situation.pictures),
            (self.per_class, situation.per_class),
            (self.labelled, situation.labelled),
        )
        is_within = all(least <= number <= most for (least, most), number in found)
        return is_within and (not self.backbones or situation.backbone in self.backbones)
