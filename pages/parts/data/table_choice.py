"""A table beside the pictures: look at its first lines and say which column means what."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.parts.shared import errors
from pages.parts.shared.words import t
from tl_core.intake import layout, sheets, tables, uploads
from tl_core.intake.sheets import Sheet
from tl_core.intake.tables import Columns

SHOWN_LINES = 5
NOTHING = ""
CLASSES, NUMBERS = "classes", "numbers"


@dataclass(frozen=True, slots=True)
class Choice:
    """A table as given, and what its columns mean; None where the import finds that by the values."""

    data: bytes
    columns: Columns | None

    def kept(self) -> Path:
        """Write the table among the uploads, where the import finds and removes it."""
        return uploads.keep(self.data)


def draw(encoding: str = "") -> Choice | None:
    """Draw the field for a table and, once there is one, the choice of columns.

    `encoding` is what a table that is no UTF-8 is written in; judged when empty.
    """
    with st.expander(t("A table says what the pictures show")):
        st.markdown(
            t(
                "For pictures that are not sorted into folders: a table with one line for each picture, with its file name "
                "and its class or one or more numbers. Give the table first, then the pictures. A table called labels.csv "
                "among the pictures is found by itself."
            )
        )
        given = st.file_uploader(
            t("Table"),
            type=sorted(suffix.removeprefix(".") for suffix in layout.TABLE_SUFFIXES),
            key="table",
            max_upload_size=sheets.LIMIT_BYTES >> 20,
            help=t(
                "CSV, as every spreadsheet program saves it, or JSON lines. Columns may be called anything."
            ),
        )
        if given is None:
            return None
        with errors.shown():
            return _columns(given.getvalue(), f"{given.file_id}{encoding}", encoding)
    return None


def _columns(data: bytes, key: str, encoding: str) -> Choice | None:
    """Draw the choice; `key` tells one table from the next, whose columns are others."""
    sheet = sheets.beginning(data, encoding)
    _look(sheet)
    guess = tables.suggested(sheet)
    header = list(sheet.header)
    file = _one("file", header, guess.file, f"file-{key}")
    if not file:
        return _found_later(data)
    kind = st.segmented_control(
        t("What the table tells"),
        [CLASSES, NUMBERS],
        format_func={CLASSES: t("Classes"), NUMBERS: t("Numbers")}.__getitem__,
        default=NUMBERS if guess.targets else CLASSES,
        required=True,
        key=f"kind-{key}",
        help=t("Classes are names, such as cat and dog. Numbers are amounts, such as a price."),
    )
    label, targets = NOTHING, []
    if kind == CLASSES:
        label = _one(
            "label", [name for name in header if name != file], guess.label, f"label-{key}"
        )
    else:
        targets = _numbers(sheet, guess, file, f"targets-{key}")
    left, right = st.columns(2)
    with left:
        split = _one("split", [NOTHING, *header], guess.split, f"split-{key}")
    with right:
        group = _one("group", [NOTHING, *header], guess.group, f"group-{key}")
    if not label and not targets:
        return _found_later(data)
    columns = Columns(
        file=file, label=label or "", targets=tuple(targets), split=split or "", group=group or ""
    )
    return Choice(data, columns)


def _found_later(data: bytes) -> Choice:
    st.caption(
        t(
            "What is not chosen here is found by the values, once the pictures are there; you are asked."
        )
    )
    return Choice(data, None)


def _look(sheet: Sheet) -> None:
    st.dataframe(
        [dict(line.fields) for line in sheet.lines[:SHOWN_LINES]],
        hide_index=True,
        width="stretch",
    )
    st.caption(t("The first lines of the table."))


def _one(field: str, options: list[str], guess: str, key: str) -> str | None:
    about = Columns.model_fields[field]
    return st.selectbox(
        t(about.title or field),
        options,
        index=options.index(guess) if guess in options else None,
        format_func=lambda name: name or t("none"),
        placeholder=t("Choose a column"),
        help=t(about.description or ""),
        key=key,
    )


def _numbers(sheet: Sheet, guess: Columns, file: str, key: str) -> list[str]:
    about = Columns.model_fields["targets"]
    options = [name for name in tables.numeric_columns(sheet) if name != file]
    return st.multiselect(
        t(about.title or "targets"),
        options,
        default=[name for name in guess.targets if name in options],
        placeholder=t("Choose columns"),
        help=t(about.description or ""),
        key=key,
    )
