"""Which backbone a training begins with where a person chose none: the better one if the wait is short.

Page and command line both ask here, so that the same data set gets the same backbone on the same
computer. Imports no TensorFlow.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from tl_core.backbones import catalogue, weights
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.methods import recipes
from tl_core.modalities import registry as modalities
from tl_core.pricing import plan
from tl_core.pricing.calibration import Calibration

QUICK, BETTER = "starter", "efficientnet_lite0"
SHORT_S = 60.0
"""What a beginner finds short: they stay and watch, and it is the shortest time that the Train page
offers to choose. On two cores 3,000 pictures take about that long."""
_MINUTES_FROM_S = 90

Why = Literal["features", "speed", "lesson", "missing", "settings", "modality"]
"""Better features in a short wait; the wait would be long; a lesson is to be watched; the weights of
the better one are not on this computer; other settings do not fit it; neither takes such examples."""


@dataclass(frozen=True, slots=True)
class FirstBackbone:
    """What a training begins with, and the reason.

    Attributes:
        name: of the backbone.
        why: see `Why`.
        seconds: what a training on the better one takes here, as the price says it; None where
            that was not asked.
    """

    name: str
    why: Why
    seconds: float | None = None

    @property
    def sentence(self) -> Said:
        """The reason, for people."""
        better = catalogue.get(BETTER).title
        match self.why:
            case "features":
                return Said(
                    "Chosen for your pictures: {time}, better features than the starter.",
                    time=_about(self.seconds or 0.0),
                )
            case "speed":
                return Said(
                    "Chosen for speed: {better} would take {time} here, for better features.",
                    better=better,
                    time=_about(self.seconds or 0.0),
                )
            case "lesson":
                return Said("Chosen for the sample pictures: quick enough to watch it learn.")
            case "missing":
                return Said(
                    "Chosen because the weights of {better} are not on this computer.",
                    better=better,
                )
            case "settings":
                return Said("Chosen because the other settings do not fit {better}.", better=better)
            case "modality":
                record = catalogue.get(self.name)
                return Said(
                    "Chosen as the first backbone for {examples}.",
                    examples=modalities.of(record).examples,
                )

    @property
    def beside_price(self) -> Said:
        """The reason where a price stands on the same page: that one follows settings and machine."""
        if self.why != "features":
            return self.sentence
        return Said("Chosen for your pictures: a short wait, better features than the starter.")


def choose(
    dataset: Dataset,
    config: TrainConfig,
    *,
    is_lesson: bool = False,
    touched: Collection[str] = (),
    known: Calibration | None = None,
) -> FirstBackbone:
    """Return the backbone to begin with.

    Args:
        dataset: what is learnt from.
        config: the other settings; its backbone is not looked at.
        is_lesson: these are sample pictures.
        touched: the settings that a person chose, by name; the others are priced as recommended.
        known: speed of the machine; what is known of this one when None.
    """
    others = catalogue.of_modality(dataset.modality)
    if all(record.name != QUICK for record in others):
        return FirstBackbone(others[0].name, "modality")
    if is_lesson:
        return FirstBackbone(QUICK, "lesson")
    if not weights.present(BETTER):
        return FirstBackbone(QUICK, "missing")
    try:
        better = recipes.suited(dataset, config.but(backbone=BETTER), touched)
        price = plan.one(dataset, better, known)
    except UserError:  # other settings fit the quick one alone
        return FirstBackbone(QUICK, "settings")
    # The start of the process is the same for all: it speaks for none.
    if price.total_s - price.import_s > SHORT_S:
        return FirstBackbone(QUICK, "speed", price.total_s)
    return FirstBackbone(BETTER, "features", price.total_s)


def _about(seconds: float) -> Said:
    if seconds < _MINUTES_FROM_S:
        return counted("about {count} second", "about {count} seconds", max(1, round(seconds)))
    return counted("about {count} minute", "about {count} minutes", round(seconds / 60))
