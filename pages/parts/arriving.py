"""Opening a model file that came from another computer."""

import hashlib
import tempfile
from pathlib import Path

import streamlit as st

from pages.parts import places, state
from pages.parts.words import t
from tl_core.runs import arrivals


def draw() -> None:
    """Draw the field that takes a model file; open what is given and go to try it."""
    given = st.file_uploader(
        t("Model file"), type=["graft"], key="model-file", label_visibility="collapsed"
    )
    if given is None:
        return
    content = given.getvalue()
    # The same file in the same session is one arrival, however often the page is drawn.
    token = hashlib.sha256(state.session_id().encode() + content).hexdigest()
    with st.spinner(t("Checking the file")), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.graft"
        file.write_bytes(content)
        name = Path(given.name).stem or t("Model from a file")
        run_id = arrivals.open_bundle(state.ensure_project(), file, name, token)
    state.choose_run(run_id)
    st.switch_page(places.TRY_IT)
