"""What a person may change in a data set. Nothing is changed in place: each edit gives another one.

`apply` is pure: it takes a data set and gives the edited one, with a line that says what was done.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.datasets import code_pages, division, labelling, naming, notes
from tl_core.datasets.labelling import GiveClasses
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import Split
from tl_core.tasks import registry

NAME_LIMIT = 100
SHOWN = 40
"""Signs of a class name in a line of history."""


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rename(_Edit):
    """Give class `label` another name."""

    kind: Literal["rename"] = "rename"
    label: int
    name: str


class Merge(_Edit):
    """Put all pictures of the classes `labels` into class `into`; the emptied classes go."""

    kind: Literal["merge"] = "merge"
    labels: tuple[int, ...] = Field(min_length=1)
    into: int


class DeleteClass(_Edit):
    """Leave out class `label` with all its pictures."""

    kind: Literal["delete_class"] = "delete_class"
    label: int


class Relabel(_Edit):
    """Put the picture of each row into the class of the same place in `labels`.

    Where pictures may show several classes, it is given that label beside its own, or loses it if
    `takes_away`.
    """

    kind: Literal["relabel"] = "relabel"
    rows: tuple[int, ...] = Field(min_length=1)
    labels: tuple[int, ...] = Field(min_length=1)
    takes_away: bool = False


class NewClass(_Edit):
    """Make a class called `name` of some pictures."""

    kind: Literal["new_class"] = "new_class"
    rows: tuple[int, ...] = Field(min_length=1)
    name: str


class Exclude(_Edit):
    """Leave out some pictures."""

    kind: Literal["exclude"] = "exclude"
    rows: tuple[int, ...] = Field(min_length=1)


class SplitAgain(_Edit):
    """Divide anew, keeping copies and groups together.

    Attributes:
        split: shares, seed and what file names tell.
        keeps_given: whether parts that came with the pictures stay as they came.
        twins: (n,) a number that a picture shares with its copies; empty takes those found at
            the import.
    """

    kind: Literal["split_again"] = "split_again"
    split: Split
    keeps_given: bool = True
    twins: tuple[int, ...] = ()


class Reread(_Edit):
    """Read names that came as bare bytes in another encoding; see `naming`.

    Attributes:
        codec: the encoding.
        old, new: what the parts of names become, by their places.
    """

    kind: Literal["reread"] = "reread"
    codec: str
    old: tuple[str, ...] = Field(min_length=1)
    new: tuple[str, ...] = Field(min_length=1)


Edit = Annotated[
    Rename | Merge | DeleteClass | Relabel | NewClass | Exclude | SplitAgain | Reread | GiveClasses,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Where everything of a data set went in an edit.

    Attributes:
        rows: int64 (n,), for each row its row in the edited version; -1 for what was left out.
        classes: int64 (k,), for each class its index there; -1 for what is gone.
    """

    rows: np.ndarray
    classes: np.ndarray


def trace(dataset: Dataset, edit: Edit) -> Trace:
    """Return where the rows and classes of `dataset` go in an edit that can be made."""
    stays = np.ones(len(dataset), bool)
    if isinstance(edit, Exclude):
        stays[list(edit.rows)] = False
    elif isinstance(edit, DeleteClass):
        stays = ~registry.of(dataset).goes_with(dataset, edit.label)
    gone: list[int] = []
    if isinstance(edit, DeleteClass):
        gone = [edit.label]
    elif isinstance(edit, Merge):
        gone = sorted(set(edit.labels) - {edit.into})
    lasts = ~np.isin(np.arange(len(dataset.classes)), gone)
    classes = np.where(lasts, np.cumsum(lasts) - 1, -1)
    if isinstance(edit, Merge):
        classes[gone] = classes[edit.into]
    return Trace(np.where(stays, np.cumsum(stays) - 1, -1), classes)


def apply(dataset: Dataset, edit: Edit, new_id: str) -> tuple[Dataset, str]:
    """Return the edited data set, under `new_id`, and one line that says what was changed.

    Pictures keep the part in which they stand, whatever is done to classes: results stay
    comparable. Only `SplitAgain` moves them.

    Raises:
        UserError: "edit-rows", "edit-class", "class-name" or "nothing-left".
    """
    edited, history = _HOW[type(edit)](dataset, edit)
    edited = replace(edited, id=new_id)
    return replace(edited, notes=notes.after_edit(edited)), history


def _rename(dataset: Dataset, edit: Rename) -> tuple[Dataset, str]:
    old = _class_name(dataset, edit.label)
    others = set(dataset.classes) - {old}
    name = _new_name(edit.name, others, Said("Choose another name, or merge the two classes."))
    classes = tuple(
        name if label == edit.label else kept for label, kept in enumerate(dataset.classes)
    )
    return replace(dataset, classes=classes), Said(
        "Renamed “{old}” to “{new}”.", old=_short(old), new=_short(name)
    )


def _merge(dataset: Dataset, edit: Merge) -> tuple[Dataset, str]:
    target = _class_name(dataset, edit.into)
    gone = sorted(set(edit.labels) - {edit.into})
    if not gone:
        raise UserError(
            "edit-class",
            "A class cannot be merged with itself.",
            "Choose two different classes.",
        )
    names = ", ".join(f"“{_short(_class_name(dataset, label))}”" for label in gone)
    numbers = np.arange(len(dataset.classes))
    numbers[gone] = edit.into
    fields = registry.of(dataset).renumbered(dataset, numbers, len(numbers))
    merged = _without_classes(replace(dataset, **fields), gone)
    return merged, Said("Merged {names} into “{target}”.", names=names, target=_short(target))


def _delete_class(dataset: Dataset, edit: DeleteClass) -> tuple[Dataset, str]:
    name = _class_name(dataset, edit.label)
    rows = np.flatnonzero(registry.of(dataset).goes_with(dataset, edit.label))
    left = _without_rows(dataset, rows) if len(rows) else dataset
    words = counted("its picture", "its {count} pictures", len(rows))
    told = Said("Left out the class “{name}” with {words}.", name=_short(name), words=words)
    if not registry.of(dataset).one_class_each:
        told = counted(
            "Left out the label “{name}”, and {count} picture that shows nothing else.",
            "Left out the label “{name}”, and {count} pictures that show nothing else.",
            len(rows),
            name=_short(name),
        )
        if not len(rows):
            told = Said("Left out the label “{name}”; all pictures stay.", name=_short(name))
    return _without_classes(left, [edit.label]), told


def _relabel(dataset: Dataset, edit: Relabel) -> tuple[Dataset, str]:
    rows = _rows(dataset, edit.rows)
    if len(edit.labels) != len(edit.rows):
        raise UserError(
            "edit-rows",
            "The number of pictures, {pictures}, and that of classes, {classes}, do not match.",
            "Choose one class for each picture.",
            pictures=len(edit.rows),
            classes=len(edit.labels),
        )
    names = {label: _class_name(dataset, label) for label in set(edit.labels)}
    task, count = registry.of(dataset), len(dataset.classes)
    fields = task.relabelled(dataset, rows, np.array(edit.labels), count, takes=edit.takes_away)
    words = _counted(len(rows))
    if len(names) == 1:
        where = Said("to “{name}”", name=_short(next(iter(names.values()))))
    else:
        where = counted("to {count} other class", "to {count} other classes", len(names))
    told = Said("Moved {words} {where}.", words=words, where=where)
    if not task.one_class_each:
        named = ", ".join(f"“{_short(name)}”" for name in names.values())
        told = Said("Gave {words} the label {names}.", words=words, names=named)
        if edit.takes_away:
            told = Said("Took the label {names} away from {words}.", words=words, names=named)
    return _looked_at(replace(dataset, **fields), rows), told


def _new_class(dataset: Dataset, edit: NewClass) -> tuple[Dataset, str]:
    rows = _rows(dataset, edit.rows)
    hint = Said("Choose another name, or move the pictures to that class.")
    name = _new_name(edit.name, dataset.classes, hint)
    count = len(dataset.classes)
    fields = registry.of(dataset).relabelled(dataset, rows, np.array(count), count + 1)
    told = Said(
        "Moved {words} to the new class “{name}”.", words=_counted(len(rows)), name=_short(name)
    )
    if not registry.of(dataset).one_class_each:
        told = Said(
            "Gave {words} the new label “{name}”.", words=_counted(len(rows)), name=_short(name)
        )
    named = replace(dataset, classes=(*dataset.classes, name), **fields)
    return _looked_at(named, rows), told


def _looked_at(dataset: Dataset, rows: np.ndarray) -> Dataset:
    """Return `dataset` knowing that a person looked at the class of some pictures."""
    if dataset.unseen is None:
        return dataset
    unseen = dataset.unseen.copy()
    unseen[rows] = False
    return replace(dataset, unseen=unseen if unseen.any() else None)


def _exclude(dataset: Dataset, edit: Exclude) -> tuple[Dataset, str]:
    rows = np.unique(_rows(dataset, edit.rows))
    return _without_rows(dataset, rows), Said("Left out {words}.", words=_counted(len(rows)))


def _split_again(dataset: Dataset, edit: SplitAgain) -> tuple[Dataset, str]:
    twins = np.array(edit.twins, np.int32) if edit.twins else dataset.twins
    if twins is not None and len(twins) != len(dataset):
        raise UserError(
            "edit-rows",
            "The report on copies belongs to another version of this data set.",
            "Look the data set through again, then divide it anew.",
        )
    given = dataset.given if edit.keeps_given else None
    divided = division.divide(replace(dataset, twins=twins, given=given, notes=()), edit.split)
    # What came with the pictures is kept on record, so that a later edit may go back to it.
    told = Said("Divided anew, copies and groups together.")
    return replace(divided, given=dataset.given), told


def _reread(dataset: Dataset, edit: Reread) -> tuple[Dataset, str]:
    read = naming.reread(dataset, dict(zip(edit.old, edit.new, strict=True)))
    if len(set(read.classes)) < len(read.classes):
        raise UserError(
            "edit-class",
            "Two classes would be called the same.",
            "Rename one of them first, or choose another encoding.",
        )
    return read, Said("Read names as {encoding}.", encoding=code_pages.title(edit.codec))


def _give_classes(dataset: Dataset, edit: GiveClasses) -> tuple[Dataset, str]:
    names: list[str] = []
    for written in edit.new_classes:
        hint = Said("Choose another name, or give the pictures that class.")
        names.append(_new_name(written, {*dataset.classes, *names}, hint))
    return labelling.apply(dataset, edit.model_copy(update={"new_classes": tuple(names)}))


def _without_rows(dataset: Dataset, rows: np.ndarray) -> Dataset:
    keep = np.ones(len(dataset), bool)
    keep[rows] = False
    if not keep.any():
        raise UserError(
            "nothing-left",
            "No picture would be left.",
            "Keep at least one picture, or delete the whole data set.",
        )
    left = dataset.of_rows(keep)
    # A copy that was left out can leak no more.
    return left if left.split is None else replace(left, moved=len(division.leaked(left)))


def _without_classes(dataset: Dataset, gone: list[int]) -> Dataset:
    """Return `dataset` without classes that have no picture any more."""
    kept = [label for label in range(len(dataset.classes)) if label not in gone]
    if not kept:
        raise UserError(
            "nothing-left",
            "No class would be left.",
            "Keep at least one class, or delete the whole data set.",
        )
    numbers = np.full(len(dataset.classes), -1, np.int32)
    numbers[kept] = np.arange(len(kept))
    return replace(
        dataset,
        classes=tuple(dataset.classes[label] for label in kept),
        **registry.of(dataset).renumbered(dataset, numbers, len(kept)),
    )


def _rows(dataset: Dataset, rows: tuple[int, ...]) -> np.ndarray:
    found = np.array(rows, np.int64)
    if found.min() < 0 or found.max() >= len(dataset):
        raise UserError(
            "edit-rows",
            "Some of these pictures are not in this version of the data set.",
            "Open the newest version and choose them again.",
        )
    return found


def _class_name(dataset: Dataset, label: int) -> str:
    if not 0 <= label < len(dataset.classes):
        raise UserError(
            "edit-class",
            "This class is not in this version of the data set.",
            "Open the newest version and choose it again.",
        )
    return dataset.classes[label]


def _new_name(written: str, taken: Collection[str], hint: str) -> str:
    """Return a name for a class as a person wrote it, tidied."""
    name = " ".join(written.split())[:NAME_LIMIT]
    if not name:
        raise UserError("class-name", "The name is empty.", "Write at least one letter.")
    if name in taken:
        raise UserError("class-name", "There is a class called “{name}” already.", hint, name=name)
    return name


def _counted(pictures: int) -> Said:
    return counted("{count} picture", "{count} pictures", pictures)


def _short(name: str) -> str:
    return name if len(name) <= SHOWN else f"{name[: SHOWN - 1]}…"


_HOW: dict[type[BaseModel], Callable[[Dataset, Any], tuple[Dataset, str]]] = {
    Rename: _rename,
    Merge: _merge,
    DeleteClass: _delete_class,
    Relabel: _relabel,
    NewClass: _new_class,
    Exclude: _exclude,
    SplitAgain: _split_again,
    Reread: _reread,
    GiveClasses: _give_classes,
}
