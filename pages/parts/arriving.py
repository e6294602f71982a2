"""Opening a model file that came from another computer."""

import hashlib
from pathlib import Path

import streamlit as st

from pages.parts import given, places, state
from pages.parts.words import t
from tl_core import settings
from tl_core.models import weights
from tl_core.runs import arrivals


def draw() -> None:
    """Draw the field that takes a model file; open what is given and go to try it."""
    chosen = st.file_uploader(
        t("Model file"), type=["graft"], key="model-file", label_visibility="collapsed"
    )
    if chosen is None:
        return
    limit_bytes = settings.current().upload_limit_bytes
    checking = st.spinner(t("Checking the file"))
    with checking, given.on_disk(chosen, "model.graft", limit_bytes) as file:
        # The same file in the same session is one arrival, however often the page is drawn.
        said = f"{state.session_id()} {weights.file_hash(file)}"
        token = hashlib.sha256(said.encode()).hexdigest()
        name = Path(chosen.name).stem or t("Model from a file")
        run_id = arrivals.open_bundle(state.ensure_project(), file, name, token)
    state.choose_run(run_id)
    st.switch_page(places.TRY_IT)
