"""Opens a project or a model that came as a file from another computer."""

import hashlib
from pathlib import Path

import streamlit as st

from pages.parts.shared import page_files, state, tokens, upload_zone
from pages.parts.shared.words import t
from tl_core import store
from tl_core.graft_files import project_file
from tl_core.home import arrived_model
from tl_core.intake import uploads
from tl_core.jobs import imports


def draw() -> None:
    """Draw the field that takes the file; open what is given and go to where it is used."""
    arrived = upload_zone.draw("graft-file", single=".graft")
    if arrived is None:
        return
    file = arrived.redeem()
    if project_file.is_one(file):
        _open_project(file, arrived.name)
    else:
        _open_model(file, arrived)


def _open_project(file: Path, name: str) -> None:
    """Begin to take a project in; its first data set is where the progress is told."""
    project_id = store.create_project(name or t("Project from a file"))
    state.open_project(project_id)
    dataset_id = imports.start_intake(
        project_id,
        file,
        name or t("Pictures"),
        remove_source=True,
        is_project=True,
        by=tokens.visitor(),
    )
    state.note_opening(dataset_id)
    state.choose_dataset(dataset_id)
    st.switch_page(page_files.DATA)


def _open_model(file: Path, arrived: upload_zone.Uploaded) -> None:
    # One upload is one arrival, however often the page is drawn.
    token = hashlib.sha256(arrived.token.encode()).hexdigest()
    name = arrived.name or t("Model from a file")
    try:
        with st.spinner(t("Checking the file")):
            run_id = arrived_model.open_bundle(state.ensure_project(), file, name, token)
    finally:
        uploads.remove(file)
    state.choose_run(run_id)
    st.switch_page(page_files.TRY_IT)
