"""Results: how good the model is, how sure that is, and where it goes wrong."""

import streamlit as st

from pages.parts.results import verdict
from pages.parts.shared import errors, explanation, page_files, run_picker, state, steps
from pages.parts.shared.words import t
from pages.parts.web import report_download

st.title(t("Results"))
st.markdown(t("How well it does on pictures it had never seen, and where it goes wrong."))

run = run_picker.with_result()
if run is None:
    run_picker.nothing_yet("empty-result", t("There is no finished training yet."))
else:
    run_picker.tell_version(run)
    state.note_seen(run.id)
    verdict.draw(run)
    with errors.shown():
        explanation.of_examples(run)
    report_download.draw(run)
    steps.next_step(page_files.TRY_IT, t("Try it on a new picture"))
