"""What to do next: each advice with its evidence and one click."""

import streamlit as st

from pages.parts.shared import datasets, gallery, numbers, page_files, scrolling, state
from pages.parts.shared.tasks import chosen_pair, judged_answers, label_result
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from tl_core import store
from tl_core.evaluation.coach import Advice
from tl_core.evaluation.collecting import Collected
from tl_core.jobs import next_examples

PICTURES = 5
ADDS = ("more_of", "more", "pair", "beside")
"""Advice that leads to where pictures are added; "enough" leads nowhere, the rest to what there is."""
ICONS = {
    "more_of": ":material/add_photo_alternate:",
    "more": ":material/add_photo_alternate:",
    "enough": ":material/check_circle:",
    "pair": ":material/compare:",
    "beside": ":material/compare:",
    "labels": ":material/label:",
    "copies": ":material/content_copy:",
    "test_small": ":material/rule:",
    "validation_small": ":material/rule:",
}


def draw(run: store.RunRow, found: Collected | None) -> None:
    """Draw every advice that the numbers can bear, the largest gain first."""
    told = next_examples.advice(datasets.loaded(run.dataset_id), run, found)
    if not told:
        st.caption(t("There is nothing else that your numbers speak for."))
    for place, advice in enumerate(told):
        with st.container(border=True):
            st.markdown(f"{ICONS[advice.kind]} **{literal(t(advice.text))}**")
            st.markdown(literal(t(advice.evidence)))
            if advice.kind == "pair":
                _pair(run, advice)
            if advice.kind == "beside":
                label_result.draw_mixed_up(run, PICTURES)
            if advice.kind != "enough":
                _leads_on(run, advice, f"collect-{run.id}-{place}")


def _leads_on(run: store.RunRow, advice: Advice, key: str) -> None:
    adds = advice.kind in ADDS
    label = t("Add pictures") if adds else t("Open the data")
    if st.button(label, key=key, icon=":material/arrow_forward:"):
        state.choose_data_of(run)
        state.ask_for_new_data(adds, to_add=True)
        st.switch_page(page_files.DATA)


def _pair(run: store.RunRow, advice: Advice) -> None:
    """Draw some pictures of a pair that were taken for each other, and a way to all of them."""
    first, second = advice.classes
    answers, classes = judged_answers.of_run(run.id), datasets.loaded(run.dataset_id).classes
    rows = [*answers.taken(first, second), *answers.taken(second, first)]
    gallery.draw(judged_answers.shown(answers, classes, row) for row in rows[:PICTURES])
    if len(rows) > PICTURES and st.button(
        t("Show all {count} of them", count=numbers.count(len(rows))),
        key=f"collect-pair-{run.id}",
        type="tertiary",
        icon=":material/photo_library:",
        on_click=chosen_pair.choose,
        args=(run.id, (first, second)),
    ):
        scrolling.scroll_to(chosen_pair.key(run.id))
        st.rerun(scope="app")
