"""The live camera: what it shows is answered in place, several times a second, without a page drawn anew.

The browser sends frames to our own route (`web.live_answers`). A picture that is taken, or a frame that is
frozen, comes here instead and goes the way of every picture.
"""

from pathlib import Path

from streamlit.components import v2 as components

from pages.parts.shared import component_scripts, errors, state, tokens
from pages.parts.shared.words import t
from pages.parts.web import live_answers
from tl_core import store
from tl_core.jobs import live_model, stills
from tl_core.jobs.trial import Shown

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "components"

_component = components.component(
    "graft.live_camera",
    html=(FOLDER / "live_camera.html").read_text("utf-8"),
    css=(FOLDER / "live_camera.css").read_text("utf-8"),
    js=component_scripts.loader("live_camera"),
)


def draw(run: store.RunRow) -> list[Shown]:
    """Draw the camera; return the picture that was taken last, to be answered like any other."""
    result = _component(
        key=f"live-camera-{run.id}",
        data={
            "url": live_answers.url(run.id, tokens.session_id()),
            "input_px": live_model.input_size(run.id),
            "words": _words(),
        },
        on_still_change=lambda: None,
    )
    with errors.shown():
        if result.still:
            path = stills.keep(str(result.still["content"]))
            state.note_still(run.id, str(path), is_to_be_explained=bool(result.still["why"]))
        return _last(run)
    return []


def _last(run: store.RunRow) -> list[Shown]:
    """Return the last picture that was taken; see that its answer is explained where that was asked."""
    kept, is_to_be_explained = state.still_of(run.id)
    path = Path(kept)
    if not kept or not path.is_file():  # swept after a day
        return []
    if is_to_be_explained and stills.explain(run.id, state.trial_of(run.id), path.stem):
        state.note_still(run.id, kept, is_to_be_explained=False)
    return [Shown(path.stem, t("Your photo"), path.read_bytes())]


def _words() -> dict[str, str]:
    return {
        "on": t("Turn the camera on"),
        "off": t("Turn the camera off"),
        "about": t(
            "The model answers what the camera shows, several times a second. Nothing is kept."
        ),
        "pause": t("Pause"),
        "resume": t("Go on"),
        "take": t("Take a picture"),
        "freeze": t("Freeze and explain"),
        "other": t("Another camera"),
        "answer": t("What the model says"),
        "video": t("What the camera shows"),
        "speed": t("Answers a second: {count}"),
        "starting": t("The model is getting ready…"),
        "converting": t(
            "The model is made quick for this computer, once. That takes a minute or two; then the answers come by themselves."
        ),
        "paused": t("Paused"),
        "frozen": t("Frozen. Why it said that comes below."),
        "again": t("Try again"),
        "insecure": t(
            "Your browser gives the camera to safe addresses only: open Graft as http://localhost or https."
        ),
        "missing": t("No camera was found. Connect one, then try again."),
        "forbidden": t(
            "The camera may not be used. Allow it in your browser's address bar, then try again."
        ),
        "busy": t("Another program uses the camera. Close it there, then try again."),
        "unplugged": t("The camera is gone. Connect it, then try again."),
        "lost": t("The connection was lost. The answers go on when it is back."),
        "failed": t("Something went wrong here."),
    }
