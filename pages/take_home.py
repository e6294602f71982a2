"""Take it home: the model as a file, proved to answer as the app does."""

import streamlit as st

from pages.parts.shared import errors, run_picker, state
from pages.parts.shared.words import t
from pages.parts.take_home import asking, build_on_it, guides, places, show_code
from pages.parts.web import report_download

st.title(t("Take it home"))
st.markdown(
    t(
        "Your model as a file, for your own programs or for Graft on another computer; or the whole project."
    )
)

project, data = state.project(), state.dataset()
models, files, script = st.container(), st.container(), st.container()
with models:
    run = run_picker.with_result()
with files, errors.shown():
    # First, because a page without a model ends where it says so.
    places.draw(run, project if data is not None and data.status == "ready" else None)
if run is None:
    with models:
        run_picker.nothing_yet("project", t("There is no model to take home yet."))
else:
    with files, errors.shown():
        build_on_it.draw(run)
        st.header(t("Onto paper"), anchor=False)
        report_download.draw(run)
    with script, errors.shown():
        guides.draw(run)
        asking.draw(run)
    with script, errors.shown():
        show_code.draw(run)
