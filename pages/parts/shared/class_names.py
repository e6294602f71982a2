"""Which class from elsewhere is which of one's own: matched by name, to be corrected."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.shared.text import distinct, distinct_literal
from pages.parts.shared.words import t, tn
from tl_core.datasets.class_matching import NONE

HEIGHT_PX = 320
ROWS_SHOWN = 7


def correct(found: Mapping[str, str], ours: Sequence[str], key: str) -> dict[str, str]:
    """Draw which class is taken for which; return all of them as a person left them.

    Args:
        found: class of theirs to class of ours, `NONE` where it is passed over.
        ours: our classes.
        key: of the widgets.
    """
    matched = [name for name, own in found.items() if own != NONE]
    title = tn(
        "Classes: {count} from elsewhere is taken for one of yours",
        "Classes: {count} from elsewhere are taken for yours",
        len(matched),
    )
    titles = distinct({NONE: t("passed over"), **{name: name for name in ours}}, length=60)
    with st.expander(title, icon=":material/rule:", expanded=not matched):
        st.caption(t("Matched by name. Correct what means the same under another name."))
        with st.container(height=HEIGHT_PX if len(found) > ROWS_SHOWN else "content", border=False):
            return {
                name: st.selectbox(
                    label,
                    [NONE, *ours],
                    index=[NONE, *ours].index(own),
                    format_func=titles.__getitem__,
                    key=f"class-of-{key}-{name}",
                    width=480,
                )
                for (name, own), label in zip(
                    found.items(),
                    distinct_literal({name: name for name in found}).values(),
                    strict=True,
                )
            }
