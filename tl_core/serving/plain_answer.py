"""One answer as other programs get it: what the app says of a picture, as plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tl_core.jobs.predictor import Prediction
from tl_core.measures import conformal
from tl_core.tasks import registry
from tl_core.tasks.promised import Promised
from tl_core.tasks.task import Rules


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says about one picture.

    Attributes:
        task: what is answered: classify, multilabel or regress.
        label: the most probable class; empty for other tasks.
        labels: where a picture may show several classes, those that it is said to show.
        probabilities: of every class, with the model's temperature; empty for numbers.
        numbers: predicted targets in their own units; empty for classes.
        unknown: the share of known pictures that look at least as strange, 0 to 1; None where the model
            cannot tell.
        is_unknown: whether it is none of what was taught; None likewise.
        may_be: all that it may be, so that the truth is among it nine times in ten; None where the model
            cannot promise that.
    """

    task: str
    label: str
    labels: tuple[str, ...]
    probabilities: Mapping[str, float]
    numbers: Mapping[str, float]
    unknown: float | None
    is_unknown: bool | None
    may_be: Promised | None

    def as_dict(self) -> dict[str, Any]:
        """Return the same in values that JSON knows."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        return told | {"may_be": None if self.may_be is None else asdict(self.may_be)}


def of(prediction: Prediction, rules: Rules) -> Answer:
    """Return a prediction with what the model promises beside it.

    Args:
        prediction: as the app has it.
        rules: of the model.
    """
    task = registry.of_reply(prediction)
    promise = conformal.of_share(rules.promises, conformal.USUAL)
    return Answer(
        task=task.kind,
        label=prediction.label,
        labels=prediction.labels,
        probabilities=prediction.probabilities,
        numbers=prediction.numbers,
        unknown=prediction.unknown,
        is_unknown=prediction.is_unknown,
        may_be=task.promised(prediction, rules, promise) if promise else None,
    )
