"""A model beside the teacher that it learnt from: accuracy kept, size and speed, and what no teacher would have brought."""

import streamlit as st

from pages.parts.shared import errors, numbers, shares, tables
from pages.parts.shared.tasks import judged_answers
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from tl_core import store
from tl_core.jobs import beside_teacher
from tl_core.jobs.beside_teacher import BesideTeacher, Partners, Row

REMEMBERED_S = 60
"""The speed of this machine becomes known better meanwhile."""


def draw(run: store.RunRow) -> None:
    """Draw the table; nothing for a run that had no teacher."""
    partners = beside_teacher.partners(run)
    if partners is None:
        return
    with errors.shown():
        found = _held(_marks(partners), partners)
        st.header(t("Beside its teacher"))
        st.markdown(" ".join(literal(t(sentence)) for sentence in found.sentences()))
        st.dataframe(
            _table(found, partners),
            hide_index=True,
            placeholder=tables.NOTHING,
            width="stretch",
            column_config={t("Model"): st.column_config.Column(pinned=True)},
        )
        st.caption(
            t(
                "Size and time are those of the file for phones (LiteRT), as they are expected before it is packed. On Take it home stands what was measured."
            )
        )


def _marks(partners: Partners) -> tuple[tuple[str, int], ...]:
    """Return what changes when one of the runs is another one, or has another model."""
    return tuple(
        (f"{part} {run.id}", judged_answers.written_ns(run.id))
        for part, run in partners.runs.items()
    )


@st.cache_data(max_entries=32, show_spinner=False, ttl=REMEMBERED_S)
def _held(marks: tuple[tuple[str, int], ...], _partners: Partners) -> BesideTeacher:
    return beside_teacher.held(_partners)


def _table(found: BesideTeacher, partners: Partners) -> dict[str, list[object]]:
    rows = found.rows
    return {
        t("Model"): [t(beside_teacher.PARTS[part]) for part in rows],
        t("Right"): [_right(row, partners.runs[part]) for part, row in rows.items()],
        t("File"): [
            None if row.file_bytes is None else t("about {size}", size=numbers.size(row.file_bytes))
            for row in rows.values()
        ],
        t("One answer"): [
            None
            if row.seconds_each is None
            else t("about {time}", time=numbers.milliseconds(row.seconds_each))
            for row in rows.values()
        ],
        t("Network"): [row.backbone for row in rows.values()],
    }


def _right(row: Row, run: store.RunRow) -> str | None:
    """Return the share as the result of that run tells it."""
    return None if row.accuracy is None else shares.within(run.metrics or {}, row.accuracy)
