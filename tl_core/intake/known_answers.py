"""What a person says that single pictures show, where a model was wrong about them."""

from collections.abc import Mapping
from math import isfinite

from pydantic import BaseModel, ConfigDict

from tl_core.base.errors import UserError
from tl_core.datasets.edits import NAME_LIMIT
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import UNSET
from tl_core.intake import layout
from tl_core.intake.candidates import Candidate, Candidates
from tl_core.intake.listing import Listing
from tl_core.tasks import registry


class KnownAnswer(BaseModel):
    """The right answer to one picture.

    Attributes:
        classes: what it shows: one class, or any number of labels where a picture may show several.
        numbers: by their names, each in its own unit, where numbers are learnt.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: tuple[str, ...] = ()
    numbers: Mapping[str, float] = {}


def checked(answer: KnownAnswer, base: Dataset) -> KnownAnswer:
    """Return an answer as `base` can take it, names tidied.

    Raises:
        UserError: "class-name" where the class is missing, "answer-number" where a number is.
    """
    task = registry.of(base)
    if not task.names_classes:
        return KnownAnswer(numbers={name: _number(answer, name) for name in base.targets})
    names = {_tidied(name, base): None for name in answer.classes}
    if task.one_class_each and len(names) != 1:
        raise UserError(
            "class-name",
            "The picture has no class yet.",
            "Choose the class that it shows, or write a new one.",
        )
    return KnownAnswer(classes=tuple(names))


def candidates(listing: Listing, base: Dataset, answers: Mapping[str, KnownAnswer]) -> Candidates:
    """Return the pictures of an upload with the answers that a person gave; others are left out.

    Args:
        listing: the upload.
        base: the data set that they are for.
        answers: by the names of the pictures.

    Raises:
        UserError: as `checked`.
    """
    given = {name: checked(answer, base) for name, answer in answers.items()}
    new = {name: None for answer in given.values() for name in answer.classes}
    classes = tuple(dict.fromkeys((*base.classes, *new)))
    number_of = {name: number for number, name in enumerate(classes)}
    files = []
    for name, path in listing.pictures:
        if (answer := given.get(name)) is not None:
            labels = tuple(sorted(number_of[each] for each in answer.classes))
            values = tuple(answer.numbers.values())
            files.append(
                Candidate(name, path, labels[0] if labels else 0, UNSET, values, labels=labels)
            )
    task = registry.of(base)
    several = task.names_classes and not task.one_class_each
    return Candidates(classes, base.targets, files, shows_several=several)


def _tidied(written: str, base: Dataset) -> str:
    if written in base.classes:
        return written
    name = layout.class_name(" ".join(written.split())[:NAME_LIMIT])
    if not name:
        raise UserError("class-name", "The name is empty.", "Write at least one letter.")
    return name


def _number(answer: KnownAnswer, name: str) -> float:
    value = answer.numbers.get(name)
    if value is None or not isfinite(value):
        raise UserError(
            "answer-number", "The number {name!r} is missing.", "Write the right number.", name=name
        )
    return value
