"""Classes that a result says nothing about: without a test picture, or without one to learn from."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.shared import datasets
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.datasets.splits import TEST, TRAIN

MOST_NAMED = 8


def warn(run: store.RunRow) -> None:
    """Name such classes of the data set that a run learnt from."""
    try:
        dataset = datasets.loaded(run.dataset_id)
    except UserError:  # removed since, or damaged
        return
    counts = dataset.counts()
    if not len(dataset):
        return
    untested = [name for name, row in zip(dataset.classes, counts, strict=True) if not row[TEST]]
    unlearnt = [name for name, row in zip(dataset.classes, counts, strict=True) if not row[TRAIN]]
    if untested:
        st.warning(
            tn(
                "{names} has no test picture, so the result says nothing about it.",
                "{names} have no test pictures, so the result says nothing about them.",
                len(untested),
                names=_named(untested),
            ),
            icon=":material/warning:",
        )
    if unlearnt:
        st.warning(
            tn(
                "{names} has no picture to learn from, so the model never answers with it.",
                "{names} have no pictures to learn from, so the model never answers with them.",
                len(unlearnt),
                names=_named(unlearnt),
            ),
            icon=":material/warning:",
        )


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(f"**{literal(shortened(name))}**" for name in names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return shown + " " + t("and {count} more", count=more) if more > 0 else shown
