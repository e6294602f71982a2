"""Readings of a table that give each picture a class, or several."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tl_core.base.said import Said
from tl_core.intake import layout, tables, upload_table
from tl_core.intake.candidates import Candidates
from tl_core.intake.proposals import Proposal
from tl_core.intake.reading import Choice, Labels, Reading, columns_json, examples_of
from tl_core.intake.sheets import Line
from tl_core.intake.tables import Columns, Row
from tl_core.intake.upload_table import Upload
from tl_core.tasks import multilabel

JOINT = ","
"""Stands between several labels of a picture that become one class together."""


def propose_classes(
    upload: Upload,
    columns: Columns,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    how: Labels,
    labelled: dict[int, str],
    **told: Any,
) -> Proposal:
    """Return a reading that gives each picture a class.

    Args:
        upload: the table and the pictures.
        columns: which of its columns mean what.
        labels_of: the labels that a line names, under a person's choice.
        how: what several labels of a picture come to.
        labelled: the class of each picture, by its row.
        told: further fields of the reading.
    """
    evidence = told.pop("evidence")
    counted = class_counts(labelled)
    reading = Reading(
        task="classify",
        tables=upload.table.told,
        columns=columns_json(columns),
        labels=how,
        classes=counted,
        examples=examples_of(
            ((label, upload.listing.pictures[row][0]) for row, label in labelled.items()), counted
        ),
        evidence=tuple(evidence),
        **told,
        **upload_table.facts(upload, columns),
    )
    return Proposal(
        reading,
        lambda choice: upload_table.matched_pictures(
            upload, _rows(upload, columns, labels_of, how, choice)
        ),
    )


def propose_labels(
    upload: Upload,
    columns: Columns,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    *,
    none_is_known: bool = False,
    **told: Any,
) -> Proposal:
    """Return a reading in which each picture may show several classes.

    Args:
        upload: the table and the pictures.
        columns: which of its columns mean what.
        labels_of: the labels that a line names, under a person's choice.
        none_is_known: whether a picture without any label is known to show none of them, as in
            columns of 0 and 1; otherwise nothing is known of it.
        told: further fields of the reading.
    """
    shown = _labels_shown(upload, labels_of, Choice())
    listed = [(label, row) for row, labels in shown.items() for label in labels]
    counted = Counter(label for label, _ in listed)
    classes = {name: counted[name] for name in sorted(counted, key=layout.order)}
    names = [name for name, _ in upload.listing.pictures]
    reading = Reading(
        task=multilabel.TASK.kind,
        tables=upload.table.told,
        columns=columns_json(columns),
        labels="each",
        classes=classes,
        examples=examples_of(((label, names[row]) for label, row in listed), classes),
        **told,
        **upload_table.facts(upload, columns),
    )

    def build(choice: Choice) -> Candidates:
        rows = _label_rows(upload, columns, labels_of, choice, none_is_known=none_is_known)
        return upload_table.matched_pictures(upload, rows, shows_several=True)

    return Proposal(reading, build)


def _labels_shown(
    upload: Upload, labels_of: Callable[[Line, Choice], tuple[str, ...]], choice: Choice
) -> dict[int, tuple[str, ...]]:
    """Return the labels of each picture, by its row, those of all its lines together."""
    lines = upload.table.sheet.lines
    return {
        row: tuple(
            dict.fromkeys(
                layout.class_name(label)
                for line in kept
                for label in labels_of(lines[line], choice)
            )
        )
        for row, kept in upload.lines_of.items()
    }


def _label_rows(
    upload: Upload,
    columns: Columns,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    choice: Choice,
    *,
    none_is_known: bool,
) -> list[Row]:
    sheet = upload.table.sheet
    shown: dict[int, tuple[str, ...]] = {}
    for row, labels in _labels_shown(upload, labels_of, choice).items():
        shown |= dict.fromkeys(upload.lines_of[row], labels)
    bare = columns.model_copy(update={"label": ""})
    rows = []
    for number, line in enumerate(sheet.lines):
        row = tables.row(line, bare, sheet.is_comma_decimal)
        labels = shown.get(number, ())
        is_unknown = not labels and not none_is_known
        fault = Said("Line {line} of the table names no class.", line=row.line)
        label = labels[0] if labels else ""
        rows.append(replace(row, label=label, labels=labels, fault=fault if is_unknown else ""))
    return rows


def labelled_pictures(
    upload: Upload,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    how: Labels = "one",
) -> dict[int, str]:
    """Return the class of each picture, by its row, as the reading of `labels_of` has it."""
    lines = upload.table.sheet.lines
    told = {
        row: _one_label([labels_of(lines[line], Choice()) for line in kept], how)
        for row, kept in upload.lines_of.items()
    }
    return {row: layout.class_name(label) for row, label in told.items() if label}


def class_counts(labelled: dict[int, str]) -> dict[str, int]:
    """Return how many pictures each class has, classes in the order that people expect."""
    counted = Counter(labelled.values())
    return {name: counted[name] for name in sorted(counted, key=layout.order)}


def _one_label(told: Sequence[tuple[str, ...]], how: Labels) -> str:
    """Return the class that the labels of all lines of one picture come to, "" for none."""
    labels = list(dict.fromkeys(label for of_line in told for label in of_line))
    if not labels:
        return ""
    return JOINT.join(sorted(labels, key=layout.order)) if how == "combined" else labels[0]


def _rows(
    upload: Upload,
    columns: Columns,
    labels_of: Callable[[Line, Choice], tuple[str, ...]],
    how: Labels,
    choice: Choice,
) -> list[Row]:
    sheet = upload.table.sheet
    labels = [labels_of(line, choice) for line in sheet.lines]
    told = [_one_label([own], how) for own in labels]
    if how != "one":  # all lines of a picture together
        for lines in upload.lines_of.values():
            label = _one_label([labels[line] for line in lines], how)
            for line in lines:
                told[line] = label
    bare = columns.model_copy(update={"label": ""})
    rows = [tables.row(line, bare, sheet.is_comma_decimal) for line in sheet.lines]
    return [
        replace(
            row,
            label=layout.class_name(label),
            fault="" if label else Said("Line {line} of the table names no class.", line=row.line),
        )
        for row, label in zip(rows, told, strict=True)
    ]
