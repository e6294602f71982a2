"""Give pictures that came without a class one, as an edit: where they go, and why some must wait.

All of them go to training: validation and test stay as they were, so that results before and after
are comparable. A picture that belongs to one that judges (a copy of it, or of its group) has to
follow it, or the model would be judged by what it learnt from. It may do so only where a person
looked at it: a class that was proposed and taken unseen never judges, now or after dividing anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.datasets import adding, division, guard, splits
from tl_core.datasets.manifest import Dataset, SetAside
from tl_core.datasets.splits import TRAIN, Split
from tl_core.tasks import registry

NONE_OF_THESE = "none-of-these"
"""Why a picture was set aside of which a person said that it shows no class there is."""


class GiveClasses(BaseModel):
    """Take pictures that came without a class into their classes, and set others aside.

    Attributes:
        hashes, names: the pictures, as they stand among those without a class.
        labels: the class of each, by its number among those of the data set and then `new_classes`.
        seen: whether a person looked at each by itself.
        facts: what the modality notes of each, by the names of its `facts`.
        twins: a number for each picture of the data set and then each of these, that it shares with
            its copies alone.
        new_classes: names of classes that are made.
        none_hashes, none_names: pictures that show none of the classes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["give_classes"] = "give_classes"
    hashes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[int, ...] = ()
    seen: tuple[bool, ...] = ()
    facts: Mapping[str, tuple[int, ...]] = {}
    twins: tuple[int, ...] = ()
    new_classes: tuple[str, ...] = ()
    none_hashes: tuple[str, ...] = ()
    none_names: tuple[str, ...] = ()

    def settled(self) -> set[tuple[str, str]]:
        """Return the pictures, by hash and name, that are among those without a class no longer."""
        taken = zip(self.hashes, self.names, strict=True)
        return {*taken, *zip(self.none_hashes, self.none_names, strict=True)}

    def put_aside(self) -> list[SetAside]:
        """Return the entries of those that show none of the classes."""
        reason = Said("You said that it shows none of the classes.")
        hint = Said("Undo that change, or bring it again once it has a class.")
        return [SetAside(name, NONE_OF_THESE, reason, hint) for name in self.none_names]


@dataclass(frozen=True, slots=True, eq=False)
class Destined:
    """Where pictures would go; arrays (m,).

    Attributes:
        parts: int8, 0 training, 1 validation, 2 test.
        waits: bool, which ones wait: they would judge, and nobody looked at them.
        known: bool, which ones are in the data set already, under the same class.
    """

    parts: splits.Parts
    waits: np.ndarray
    known: np.ndarray


def destined(dataset: Dataset, edit: GiveClasses) -> Destined:
    """Return where the pictures of `edit` would go, and which ones have to wait."""
    both = _joined(dataset, edit)
    parts = both.splits[len(dataset) :]
    there = set(zip(dataset.hashes.tolist(), dataset.labels.tolist(), strict=True))
    pairs = zip(edit.hashes, edit.labels, strict=True)
    known = np.array([pair in there for pair in pairs], bool)
    return Destined(parts, (parts != TRAIN) & ~np.array(edit.seen, bool), known)


def apply(dataset: Dataset, edit: GiveClasses) -> tuple[Dataset, str]:
    """Return the data set with the pictures of `edit`, and one line that says what was done.

    What is in the data set already, under the same class, is not taken in twice.

    Raises:
        UserError: "edit-rows" where nothing is chosen or the lists do not fit together; "edit-class",
            "class-name"; "class-unseen" where one would judge that nobody looked at.
    """
    _check(dataset, edit)
    if not edit.hashes:
        return dataset, _told_none(len(edit.none_names))
    going = destined(dataset, edit)
    if going.waits.any():
        raise UserError(
            "class-unseen",
            counted(
                "{count} of these pictures belongs to one that judges, and nobody looked at it.",
                "{count} of these pictures belong to ones that judge, and nobody looked at them.",
                int(going.waits.sum()),
            ),
            "Look at each of them, or leave them out.",
        )
    keep = np.concatenate([np.ones(len(dataset), bool), ~going.known])
    taken = _joined(dataset, edit).of_rows(keep)
    together = guard.numbered(division.together(taken, _split(dataset)))
    taken = replace(
        taken,
        split=_split(dataset),
        moved=len(guard.leaked(adding.unguarded(taken), together)),
        torn=len(guard.torn(adding.unguarded(taken), together)),
        unseen=taken.unseen if taken.unseen is not None and taken.unseen.any() else None,
    )
    return taken, _told(edit, len(edit.none_names))


def _joined(dataset: Dataset, edit: GiveClasses) -> Dataset:
    """Return the data set with all pictures of `edit` below its own, each in its part."""
    count = len(edit.hashes)
    classes = (*dataset.classes, *edit.new_classes)
    new = Dataset(
        id=dataset.id,
        name=dataset.name,
        classes=classes,
        targets=dataset.targets,
        hashes=np.array(edit.hashes, dtype="<U64"),
        names=np.array(edit.names, dtype=object),
        labels=np.array(edit.labels, np.int32),
        splits=np.full(count, TRAIN, np.int8),
        modality=dataset.modality,
        facts={name: np.array(edit.facts[name], np.int32) for name in dataset.facts},
        read_by=dataset.read_by,
        naive=np.full(count, TRAIN, np.int8),
        unseen=~np.array(edit.seen, bool),
        notes=dataset.notes,
    )
    both = adding.joined(replace(dataset, classes=classes), new, classes)
    both = replace(
        both,
        given=None if dataset.given is None else both.given,
        twins=_twins(dataset, edit),
        naive=np.concatenate((adding.unguarded(dataset), adding.unguarded(new))),
    )
    names = division.together(both, _split(dataset))
    standing = dict(zip(names[: len(dataset)].tolist(), dataset.splits.tolist(), strict=True))
    parts = np.array(both.splits, np.int8)
    for row in range(len(dataset), len(both)):
        parts[row] = standing.get(names[row], TRAIN)
    return replace(both, splits=parts)


def _twins(dataset: Dataset, edit: GiveClasses) -> np.ndarray:
    """Return numbers for all: what was known to be copies stays so, whatever was found since."""
    found = np.array(edit.twins, np.int64)
    if dataset.twins is None:
        return guard.numbered(found).astype(np.int32)
    before = [*dataset.twins.astype(str).tolist(), *([""] * len(edit.hashes))]
    return guard.numbered(splits.together(found.astype(str), before)).astype(np.int32)


def _split(dataset: Dataset) -> Split:
    return dataset.split or Split.model_validate({})


def _check(dataset: Dataset, edit: GiveClasses) -> None:
    if not edit.hashes and not edit.none_names:
        raise UserError(
            "edit-rows", "No picture is chosen.", "Choose at least one picture and its class."
        )
    count = len(edit.hashes)
    if not count:
        return
    lists = (edit.names, edit.labels, edit.seen, *edit.facts.values())
    fits = all(len(each) == count for each in lists) and set(edit.facts) == set(dataset.facts)
    if not fits or len(edit.twins) != len(dataset) + count:
        raise UserError(
            "edit-rows",
            "These proposals belong to another version of this data set.",
            "Open the newest version and have classes proposed anew.",
        )
    classes = len(dataset.classes) + len(edit.new_classes)
    if not registry.of(dataset).one_class_each or not all(
        0 <= one < classes for one in edit.labels
    ):
        raise UserError(
            "edit-class",
            "This class is not in this version of the data set.",
            "Open the newest version and choose it again.",
        )


def _told(edit: GiveClasses, aside: int) -> Said:
    words = counted("{count} picture", "{count} pictures", len(edit.hashes))
    told = Said("Gave {words} a class that came without one.", words=words)
    if not aside:
        return told
    return Said("{told} {aside}", told=told, aside=_told_none(aside))


def _told_none(count: int) -> Said:
    return counted(
        "Set {count} picture aside that shows none of the classes.",
        "Set {count} pictures aside that show none of the classes.",
        count,
    )
