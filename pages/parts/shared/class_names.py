"""Which class from elsewhere is which of one's own: matched by name, to be corrected."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.shared import datasets
from pages.parts.shared.text import distinct, distinct_literal
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.datasets import class_matching
from tl_core.datasets.class_matching import NONE
from tl_core.home import roles

HEIGHT_PX = 320
ROWS_SHOWN = 7


def settle(row: store.DatasetRow, ours: Sequence[str], source: str, key: str) -> dict[str, str]:
    """Draw which class of a source is taken for which, as a person left it last; keep what is corrected.

    Wherever it is drawn, it is the same: what a class means does not depend on what it is learnt for.

    Args:
        row: the data set's.
        ours: its classes.
        source: id of the data set from elsewhere.
        key: of this place on the page.

    Returns:
        What a person said otherwise than the names tell, class of theirs to class of ours.
    """
    theirs, said = datasets.loaded(source).classes, roles.renamed(row, ours, source)
    found = class_matching.corrected(theirs, ours, said)
    how_many = st.empty()  # its line follows what is corrected below
    is_known = any(own != NONE for own in class_matching.matched(theirs, ours).values())
    title = t("Which class is which")
    with st.expander(title, icon=":material/rule:", expanded=not is_known):
        st.caption(t("Matched by name. Correct what means the same under another name."))
        called = _widgets(found, ours, f"{key}-{row.id}-{source}")
    how_many.caption(_how_many(called))
    otherwise = class_matching.otherwise(theirs, ours, called)
    if called != found:
        roles.call(row, source, otherwise)
    return otherwise


def _how_many(called: Mapping[str, str]) -> str:
    matched = [own for own in called.values() if own != NONE]
    return tn(
        "{count} of {all} classes from elsewhere is taken for one of yours.",
        "{count} of {all} classes from elsewhere are taken for yours.",
        len(matched),
        all=len(called),
    )


def _widgets(found: Mapping[str, str], ours: Sequence[str], key: str) -> dict[str, str]:
    """Draw a choice for every class of theirs; return class of theirs to class of ours."""
    titles = distinct({NONE: t("passed over"), **{name: name for name in ours}}, length=60)
    labels = distinct_literal({name: name for name in found})
    with st.container(height=HEIGHT_PX if len(found) > ROWS_SHOWN else "content", border=False):
        return {
            name: st.selectbox(
                labels[name],
                [NONE, *ours],
                index=[NONE, *ours].index(own),
                format_func=titles.__getitem__,
                key=f"class-of-{key}-{name}",
                width=480,
            )
            for name, own in found.items()
        }
