"""A data set is made of what was taken in, read as a person or its likeliest reading has it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.datasets import adding, division, guard, manifest, naming, notes, splits
from tl_core.datasets.adding import Grouping
from tl_core.datasets.manifest import Dataset, SetAside
from tl_core.datasets.splits import Split
from tl_core.intake import candidates, known_answers, material, unlabelled, videos
from tl_core.intake.arrival import Addition, understood
from tl_core.intake.candidates import Candidate, Candidates
from tl_core.intake.known_answers import KnownAnswer
from tl_core.intake.listing import Listing
from tl_core.intake.material import Asked, Material
from tl_core.intake.reading import Choice
from tl_core.intake.unlabelled import Unlabelled
from tl_core.modalities.modality import Modality
from tl_core.modalities.opening_children import Opened

JUNK_NAMED = 20
"""So many of the files that are no pictures are named to the person."""
JUNK_NAME_SIGNS = 80

LOOSE = frozenset(("picture-loose", "name-without-class", "picture-unlisted"))
"""Why pictures are set aside that a person may still name."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an import came to.

    Attributes:
        dataset: the data set's id.
        images: pictures taken.
        classes: pictures per class, in class order.
        skipped: files not taken, each with its reason.
        junk: how many files were skipped as no pictures (system junk, text).
        junk_names: the first of them.
        notes: what the person should know, in sentences.
        seconds: from start to finish.
    """

    dataset: str
    images: int
    classes: dict[str, int]
    skipped: list[SetAside]
    junk: int
    notes: tuple[str, ...]
    seconds: float
    junk_names: tuple[str, ...] = ()


def make(
    kept: Material,
    dataset_id: str,
    choice: Choice,
    *,
    split: Split | None = None,
    name: str = "",
    addition: Addition | None = None,
    grouping: Grouping = guard.numbered,
    read_as: str = "",
) -> Summary:
    """Make the data set `dataset_id` of what was taken in, read as `choice` says.

    Args:
        kept: what came.
        dataset_id: an id that is not in use, or in whose folder it is kept.
        choice: what is to be learnt.
        split: as for `importing.ingest`.
        name: as for `importing.ingest`.
        addition: as for `importing.ingest`.
        grouping: as for `importing.ingest`.
        read_as: the encoding that names are read in since, where a person chose another one.

    Raises:
        UserError: "no-pictures", "no-classes", "reading", or what `adding` refuses.
    """
    found = kept.found or understood(kept.listing, kept.table, kept.columns, addition)
    if addition is not None and addition.answers:
        answers = {
            name: KnownAnswer.model_validate(answer) for name, answer in addition.answers.items()
        }
        all_ = known_answers.candidates(kept.listing, manifest.load(addition.base), answers)
    elif addition is not None and addition.into:
        all_ = candidates.all_of_class(kept.listing, addition.into)
    else:
        all_ = found.taken(choice)
    summary = _made(
        kept, dataset_id, all_, split or _usual(), name, addition, grouping, read_as=read_as
    )
    is_whole = addition is None  # an addition is no data set by itself, to be read another way
    taken = choice
    if is_whole:
        taken = choice.model_copy(update={"key": found.chosen(choice).reading.key})
    material.tell(
        dataset_id,
        Asked(
            kept.dataset_id or dataset_id,
            tuple(found.readings) if is_whole else (),
            taken,
            notes=found.notes,
        ),
    )
    return summary


def name_loose(
    kept: Material,
    dataset_id: str,
    addition: Addition,
    *,
    grouping: Grouping = guard.numbered,
    read_as: str = "",
) -> Summary:
    """Add the pictures of an upload that lay loose to the data set `addition.base`, as one class.

    The rest is as for `make`.

    Raises:
        UserError: "add-nothing" when there are none.
    """
    loose = loose_names(addition.base)
    pictures_ = [entry for entry in kept.listing.pictures if entry[0] in loose]
    pictures_ = [entry for entry in pictures_ if not kept.opened[entry[0]].code]
    if not pictures_:
        raise UserError("add-nothing", "No loose pictures are left.", "Bring other pictures.")
    alone = replace(kept, listing=Listing(pictures=pictures_, modality=kept.listing.modality))
    all_ = candidates.all_of_class(alone.listing, addition.into)
    left = [entry for entry in manifest.set_aside(addition.base) if entry.name not in loose]
    return _made(
        alone, dataset_id, all_, _usual(), "", addition, grouping, earlier=left, read_as=read_as
    )


def loose_names(dataset_id: str) -> set[str]:
    """Return the names of pictures that were set aside only because nothing said what they show."""
    return {entry.name for entry in manifest.set_aside(dataset_id) if entry.code in LOOSE}


def _usual() -> Split:
    return Split.model_validate({})


def _made(
    kept: Material,
    dataset_id: str,
    all_: Candidates,
    split: Split,
    name: str,
    addition: Addition | None,
    grouping: Grouping,
    earlier: Sequence[SetAside] | None = None,
    read_as: str = "",
) -> Summary:
    waiting = unlabelled.NOTHING
    refused: list[SetAside] = []
    if addition is None or not addition.is_told:
        all_, asked = unlabelled.taken_out(all_, kept.listing, kept.table)
        answers = [kept.opened[name] for name, _ in asked.pictures]
        waiting, refused = unlabelled.of_opened(asked, answers)
    all_ = replace(all_, files=videos.together(all_.files))
    aside = [*(kept.listing.aside if earlier is None else earlier), *all_.aside, *refused]
    opened = [kept.opened[candidate.name] for candidate in all_.files]
    aside += [
        SetAside(candidate.name, result.code, result.reason, result.hint)
        for candidate, result in zip(all_.files, opened, strict=True)
        if result.code
    ]
    taken = [index for index, result in enumerate(opened) if not result.code]
    if not taken:
        raise _none_opened(len(opened), aside)
    files = [all_.files[index] for index in taken]
    results = [opened[index] for index in taken]
    modality = kept.listing.modality
    dataset = _assemble(dataset_id, name, all_, files, results, split, grouping, modality)
    dataset = replace(dataset, read_by=kept.read_by, notes=(*all_.notes, *kept.notes))
    written_in = kept.reader.reading(dataset.classes) if kept.reader else None
    dataset, waiting, written_in = _read_as(dataset, waiting, written_in, read_as)
    if addition is not None:
        written_in = naming.together(naming.load(addition.base), written_in)
        waiting = unlabelled.together(unlabelled.load(addition.base), waiting)
        base = manifest.load(addition.base)
        add = adding.corrected if addition.answers else adding.added
        dataset = add(base, dataset, base.split or split, grouping)
    dataset = replace(dataset, notes=(*dataset.notes, *notes.of(dataset)))
    naming.save(dataset_id, written_in)
    unlabelled.save(dataset_id, waiting)
    manifest.save(dataset, aside)
    totals = dataset.counts().sum(axis=1)
    classes = {name: int(total) for name, total in zip(dataset.classes, totals, strict=False)}
    others = kept.listing.others
    return Summary(
        dataset_id,
        len(dataset),
        classes,
        aside,
        len(others),
        dataset.notes,
        seconds=0.0,
        junk_names=tuple(name[-JUNK_NAME_SIGNS:] for name in sorted(others)[:JUNK_NAMED]),
    )


def _read_as(
    dataset: Dataset, waiting: Unlabelled, reading: naming.Reading | None, codec: str
) -> tuple[Dataset, Unlabelled, naming.Reading | None]:
    """Read names in an encoding that was chosen after the import, where that keeps classes apart."""
    if reading is None or codec in ("", reading.codec):
        return dataset, waiting, reading
    changes = reading.changes(codec)
    read = naming.reread(dataset, changes)
    if len(set(read.classes)) < len(read.classes):
        return dataset, waiting, reading
    return read, unlabelled.reread(waiting, changes), reading.again(codec)


def _none_opened(count: int, aside: Sequence[SetAside]) -> UserError:
    told = counted(
        "The only file could not be opened as a picture.",
        "None of the {count} files could be opened as a picture.",
        count,
    )
    if aside:
        first = aside[0]
        told = Said(
            "{told} The first was {name!r}: {reason}",
            told=told,
            name=first.name,
            reason=first.reason,
        )
    return UserError("no-pictures", told, "Save the pictures as JPEG or PNG and try again.")


def _assemble(
    dataset_id: str,
    name: str,
    all_: Candidates,
    kept: Sequence[Candidate],
    results: Sequence[Opened],
    split: Split,
    grouping: Grouping,
    modality: Modality,
) -> Dataset:
    given = np.array([candidate.part for candidate in kept], np.int8)
    hashes = np.array([result.hash for result in results], dtype="<U64")
    named_groups = [candidate.group for candidate in kept]
    listed = Dataset(
        id=dataset_id,
        name=name,
        classes=all_.classes,
        targets=all_.targets,
        hashes=hashes,
        names=np.array([candidate.name for candidate in kept], dtype=object),
        labels=np.array([candidate.label for candidate in kept], np.int32),
        splits=given,
        modality=modality.name,
        facts=modality.facts_of(results),
        **all_.answers(kept),
        groups=np.array(named_groups, dtype=object) if any(named_groups) else None,
        twins=grouping(hashes).astype(np.int32),
        given=given if (given != splits.UNSET).any() else None,
    )
    return division.divide(listed, split)
