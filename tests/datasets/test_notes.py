"""Notes of a version: true of its own pictures, and gone once an edit has put them right."""

from dataclasses import replace

import numpy as np

from tests.datasets.test_edits import NEW, made
from tl_core.base.said import Said
from tl_core.datasets import division, edits, notes
from tl_core.datasets.edits import Exclude, Relabel, Rename, SplitAgain
from tl_core.datasets.splits import Split

MET = Said("One line of the table names no picture: “{file}” (line {line}).", file="a", line=2)


def copied():
    """Twelve pictures; 3 is a copy of 0 in the same class, 4 one of 2 in another."""
    dataset = made()
    hashes = dataset.hashes.copy()
    hashes[3], hashes[4] = hashes[0], hashes[2]
    dataset = replace(dataset, hashes=hashes)
    return replace(dataset, notes=(MET, *notes.of(dataset)))


def test_copies_and_a_picture_under_two_classes_are_told_with_their_names():
    told = notes.of(copied())
    assert told[0] == "2 pictures are exact copies of others; copies share a part."
    assert told[1] == "1 picture stands under two classes: 2.png (“star”) and 4.png (“square”)."


def test_what_was_put_right_is_said_no_more_and_what_was_not_stays():
    relabelled, _ = edits.apply(copied(), Relabel(rows=(4,), labels=(2,)), NEW)
    assert [str(note) for note in relabelled.notes] == [
        "2 pictures are exact copies of others; copies share a part."
    ]
    clean, _ = edits.apply(relabelled, Exclude(rows=(3, 4)), NEW)
    assert clean.notes == ()


def test_what_an_import_met_belongs_to_the_version_that_it_made():
    before = copied()
    after, _ = edits.apply(before, Rename(label=0, name="ring"), NEW)
    assert MET in notes.shown(before, is_edited=False) and MET not in after.notes


def test_an_older_version_that_kept_stale_notes_shows_what_is_true():
    stale = replace(
        made(), notes=(str(MET), "32 pictures stand under two classes, first a (“x”) and b (“y”).")
    )
    assert notes.shown(stale, is_edited=True) == ()
    assert notes.shown(stale, is_edited=False) == (str(MET),)


def test_that_pictures_were_moved_is_not_said_of_those_that_a_person_divided_anew():
    given = np.array([0, 2] * 6, np.int8)
    dataset = replace(made(), given=given, splits=np.where(given == 0, 2, 2).astype(np.int8))
    dataset = replace(dataset, notes=notes.of(dataset))
    assert dataset.notes == (
        "6 training pictures also stand in validation or test and were moved there.",
    )
    renamed, _ = edits.apply(dataset, Rename(label=0, name="ring"), NEW)
    assert renamed.notes == dataset.notes
    again = SplitAgain(
        split=Split.model_validate({"validation": 0.2, "test": 0.2}), keeps_given=False
    )
    assert edits.apply(dataset, again, NEW)[0].notes == ()


def test_copies_that_were_left_out_are_not_said_to_leak():
    dataset = division.divide(
        replace(made(), twins=np.arange(12, dtype=np.int32) // 2),
        Split.model_validate({"validation": 0.3, "test": 0.3}),
    )
    assert dataset.moved == len(division.leaked(dataset)) > 0
    clean, _ = edits.apply(dataset, Exclude(rows=tuple(range(1, 12, 2))), NEW)
    assert clean.moved == len(division.leaked(clean)) == 0
