"""Take it home: the model as a file, proved to answer as the app does."""

import streamlit as st

from pages.parts.shared import errors, run_picker, state
from pages.parts.shared.words import t
from pages.parts.take_home import packing, show_code
from pages.parts.web import report_download

st.title(t("Take it home"))
st.markdown(
    t(
        "Your model as a file, for your own programs or for Graft on another computer; or the whole project."
    )
)

project, data = state.project(), state.dataset()
models, whole, script = st.container(), st.container(), st.container()
if project is not None and data is not None and data.status == "ready":
    # First, because a page without a model ends where it says so.
    with whole, errors.shown():
        packing.draw_project(project)
with models:
    run = run_picker.with_result()
    if run is None:
        run_picker.nothing_yet("project", t("There is no model to take home yet."))
    else:
        with errors.shown():
            packing.draw(run)
            report_download.draw(run)
if run is not None:
    with script, errors.shown():
        packing.explain(run)
    with script, errors.shown():
        show_code.draw(run)
