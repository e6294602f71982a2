"""What every method of domain adaptation shares: the examples from where a model will be used.

The run's own data set has the classes; the target has none, and looks otherwise. All that the run is
judged by comes from its own data set, so nothing in the run proves that adapting helped.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig
from tl_core.methods.method import ELSEWHERE, Ended, Given, Need, Role
from tl_core.methods.situation import Recipe

TARGET: Role = "unlabelled"
FEWEST = 10
"""Of fewer examples no mean, let alone a spread, can be told."""

NEED = Need(
    TARGET,
    Said("Pictures from where it will be used"),
    Said(
        "Pictures of the same classes as they look where the model is to work: another camera, drawings instead of photos. Nobody has to label them; labels that they have are not learnt from: they tell at the end whether it helped, and feature alignment can let them choose its way."
    ),
)


def refuses(given: Given) -> None:
    """Refuse what is not classified, and a target that says too little.

    Raises:
        UserError: "target-few".
    """
    count = len(given.examples.get(TARGET, ()))
    if TARGET in given.examples and count < FEWEST:
        raise UserError(
            "target-few",
            "There are too few pictures from where the model will be used to adapt to: {count}.",
            "Add more. There have to be {fewest}, and a hundred are good.",
            count=count,
            fewest=FEWEST,
        )


def adds(run: Ended, others: Sequence[Ended]) -> Sequence[str]:
    """Return whether it helped there, or that nothing proves it."""
    found = run.metrics.get(ELSEWHERE)
    if not found:
        return [
            Said(
                "This model is adapted to pictures from elsewhere, and the numbers on this page are about pictures of its own data set. Nothing here proves that adapting helped: label a few pictures of every class from there, and train again."
            )
        ]
    low, high = found["gain"]
    verdict = Said("Whether adapting helped cannot be told from these.")
    if low > 0:
        verdict = Said("Adapting helped.")
    elif high < 0:
        verdict = Said("Adapting did harm: use a model that was not adapted.")
    return [
        counted(
            "On {count} picture from where it will be used whose class is known, though it was not learnt from: right on {before} % without adapting, on {after} % with it, a change of {low} to {high} points. {verdict}",
            "On {count} pictures from where it will be used whose classes are known, though they were not learnt from: right on {before} % without adapting, on {after} % with it, a change of {low} to {high} points. {verdict}",
            found["count"],
            before=f"{100 * found['before']:.0f}",
            after=f"{100 * found['after']:.0f}",
            low=f"{100 * low:+.0f}",
            high=f"{100 * high:+.0f}",
            verdict=verdict,
        ),
        Said("All other numbers on this page are about pictures of the model's own data set."),
    ]


def fixes(config: TrainConfig) -> Mapping[str, Any]:
    """Take the last weights of a course that comes to rest: validation shows the wrong domain."""
    return {"patience": 0, "schedule": "cosine", "mixup": 0.0}


RECIPES = (
    Recipe(
        name="two domains",
        source="Sun and Saenko 2016 train for long with small steps; here as in fine-tuning with stages.",
        values={"warmup": 0.1, "learning_rate": 3e-4, "epochs": 12, "flip": True},
    ),
)
