"""Which pictures from elsewhere a run believed: those that counted most, and those that hardly did."""

import streamlit as st

from pages.parts.shared import errors, gallery, numbers
from pages.parts.shared.words import t
from tl_core import store
from tl_core.base import ids
from tl_core.evaluation import source_weights
from tl_core.evaluation.source_weights import Counted
from tl_core.methods import weighing

PICTURES, SMALL = 12, 0.1
MOST, LEAST, PASSED = "most", "least", "passed"


def draw(run: store.RunRow) -> None:
    """Draw how much the pictures counted that joined from elsewhere; nothing where none did."""
    with errors.shown():
        counted = _counted(run.id)
        if counted is None:
            return
        st.header(t("Pictures from elsewhere"))
        st.markdown(_about(counted))
        titles = {
            MOST: t("Counted most"),
            LEAST: t("Counted least"),
            PASSED: t("Passed over"),
        }
        ends = {end: titles[end] for end in titles if len(_rows(counted, end))}
        end = st.segmented_control(
            t("Which ones"),
            ends,
            default=next(iter(ends)),
            format_func=ends.__getitem__,
            key=f"source-pictures-{run.id}",
            required=True,
            label_visibility="collapsed",
        )
        gallery.draw(_picture(counted, row) for row in _rows(counted, str(end)))


@st.cache_data(max_entries=8, show_spinner=False)
def _counted(run_id: str) -> Counted | None:
    return source_weights.of_run(ids.run_folder(run_id))


def _rows(counted: Counted, end: str) -> range:
    """Return which pictures lie at an end: the first, the last of those that counted, or those that did not."""
    used = counted.used
    if end == MOST:
        return range(min(PICTURES, used))
    if end == LEAST:
        return range(used - 1, max(used - PICTURES, 0) - 1, -1)
    return range(used, min(used + PICTURES, len(counted.hashes)))


def _picture(counted: Counted, row: int) -> gallery.Shown:
    name, weight = str(counted.classes[row]), float(counted.weights[row])
    places = 1 if weight >= SMALL else 2
    caption = f"{name}, × {numbers.fixed(weight, places)}" if weight else name
    return gallery.Shown(str(counted.hashes[row]), caption, caption)


def _about(counted: Counted) -> str:
    told = [t(sentence) for sentence in weighing.in_words(counted.weights)]
    if counted.used:
        told.append(t("× 1 is what one counts in the mean."))
    return " ".join(told)
