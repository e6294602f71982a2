"""The journey: which steps are done, and the one button at the end of a page that leads on."""

from dataclasses import dataclass

import streamlit as st

from pages.parts.shared import places, state
from pages.parts.shared.words import t
from tl_core.base import ids


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the journey."""

    page: str
    title: str
    is_done: bool


def journey() -> tuple[Step, ...]:
    """Return the steps in order, for the data set and run that are chosen."""
    dataset, run = state.dataset(), state.run()
    has_result = run is not None and run.metrics is not None
    was_exported = run is not None and _was_exported(run.id)
    was_seen = run is not None and (was_exported or state.was_seen(run.id))
    return (
        Step(places.DATA, t("Data"), dataset is not None and dataset.status == "ready"),
        Step(places.TRAIN, t("Train"), has_result),
        Step(places.RESULTS, t("Results"), has_result and was_seen),
        Step(places.TAKE_HOME, t("Take it home"), was_exported),
    )


def next_step(page: str, label: str, *, disabled: bool = False, why: str = "") -> None:
    """Draw the primary button that leads to the next page; `why` it cannot, where it cannot."""
    st.space("small")
    if disabled and why:
        st.caption(why)
    if st.button(
        label,
        type="primary",
        icon=":material/arrow_forward:",
        icon_position="right",
        disabled=disabled,
        key="next-step",
    ):
        st.switch_page(page)


def empty(drawing: str, sentence: str, page: str, label: str) -> None:
    """Fill a page that has nothing to show yet: a drawing, a sentence, a button; then stop."""
    from pages.parts.shared import drawings

    with st.container(horizontal_alignment="center", key="graft-empty"):
        drawings.draw(drawing)
        st.markdown(sentence, width="content")
        if st.button(label, type="primary", key="empty-next"):
            st.switch_page(page)
    st.stop()


def _was_exported(run_id: str) -> bool:
    folder = ids.run_folder(run_id) / "exports"
    return any(folder.glob("*.zip")) or any(folder.glob("*.graft"))
