"""Titles of readings and the evidence for them, in words for the person who chooses."""

from tl_core.base import said
from tl_core.base.said import Said
from tl_core.intake.profiles import Profile
from tl_core.intake.reading import Labels, listed


def of_column(classes: tuple[str, ...], column: str) -> Said:
    if len(classes) == 1:
        return Said(
            "One class from the column {column}: {name}", column=column.strip(), name=classes[0]
        )
    return said.counted(
        "{count} class from the column {column}: {classes}",
        "{count} classes from the column {column}: {classes}",
        len(classes),
        column=column.strip(),
        classes=listed(classes),
    )


def of_numbers(names: tuple[str, ...]) -> Said:
    if len(names) == 1:
        return Said("Numbers from the column {column}", column=names[0].strip())
    return Said(
        "{count} numbers a picture, from the columns {columns}",
        count=len(names),
        columns=listed(names),
    )


def of_several_labels(how: Labels, pieces: tuple[str, ...], classes: tuple[str, ...]) -> Said:
    labels = listed(pieces)
    if how == "first":
        return said.counted(
            "Several labels per picture: {labels}. Only the first of each counts: {count} class",
            "Several labels per picture: {labels}. Only the first of each counts: {count} classes",
            len(classes),
            labels=labels,
        )
    return said.counted(
        "Several labels per picture: {labels}. Each combination becomes a class: {count} class",
        "Several labels per picture: {labels}. Each combination becomes a class: {count} classes",
        len(classes),
        labels=labels,
    )


def of_each_label(pieces: tuple[str, ...]) -> Said:
    return said.counted(
        "Several labels per picture: {labels}. Each of the {count} label is learnt by itself",
        "Several labels per picture: {labels}. Each of the {count} labels is learnt by itself",
        len(pieces),
        labels=listed(pieces),
    )


def evidence_of_each_label(shares: int, count: int) -> Said:
    return said.counted(
        "Of {whole} pictures, {count} has more than one label. A model can say of each label "
        "whether a picture shows it.",
        "Of {whole} pictures, {count} have more than one label. A model can say of each label "
        "whether a picture shows it.",
        shares,
        whole=count,
    )


def evidence_of_several_labels(pieces: tuple[str, ...]) -> Said:
    return Said(
        "This looks like several labels per picture: {labels}. Here one class is learnt for each "
        "picture, so choose what a class is.",
        labels=listed(pieces),
    )


def evidence_of_values(profile: Profile, counted: dict[str, int]) -> Said:
    if len(counted) < 2:
        return Said("All pictures have the same value in the column {column}.", column=profile.name)
    return Said(
        "The column {column} has {count} different values, each for {least} pictures or more.",
        column=profile.name.strip(),
        count=len(counted),
        least=min(counted.values()),
    )
