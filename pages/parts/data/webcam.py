"""The camera: hold a button to record, one class after the other, and send it all at once."""

from pathlib import Path

from streamlit.components import v2 as components

from pages.parts.data.table_choice import Choice
from pages.parts.shared import component_scripts, upload_zone
from pages.parts.shared.upload_zone import Uploaded
from pages.parts.shared.words import t
from tl_core.intake.tables import Columns

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "components"
COLUMNS = Columns(file="file", label="label", targets=(), split="", group="group")

_component = components.component(
    "graft.webcam",
    html=(FOLDER / "webcam.html").read_text("utf-8"),
    css=(FOLDER / "webcam.css").read_text("utf-8"),
    js=component_scripts.loader("webcam"),
)


def booth(least_classes: int = 2, name: str = "") -> tuple[Uploaded, Choice] | None:
    """Draw the camera; return the pictures, with the table of their classes, once they are here.

    Pictures of one stretch of time share a group, so that none of its frames is asked about in
    the test while its neighbours were learnt from.

    Args:
        least_classes: how many must be recorded.
        name: of the first class, where it is known.
    """
    result = _component(
        key="webcam",
        data={
            **upload_zone.address(),
            "least_classes": least_classes,
            "name": name,
            "words": _words(),
        },
        on_done_change=lambda: None,
        on_renew_change=lambda: None,
        on_dropped_change=lambda: None,
    )
    arrived = upload_zone.arrived(result)
    if arrived is None:
        return None
    return arrived, Choice(str(result.done["table"]).encode(), COLUMNS)


def _words() -> dict[str, str]:
    return {
        "on": t("Turn the camera on"),
        "name": t("What do you show? This becomes the class's name."),
        "record": t("Hold to record"),
        "next": t("Next class"),
        "use": t("Use these pictures"),
        "unnamed": t("Write a name first, for example: cup."),
        "more_pictures": t(
            "Hold the button, or the space bar, and turn the thing about. Pictures of “{name}” still needed: {pictures}."
        ),
        "more_holds": t(
            "Let go, change the place or the light, and hold again. Takes still needed: {holds}. The model is tested on another time than it learnt from."
        ),
        "more_classes": t("Good. Now the next class: a model learns to tell things apart."),
        "others_short": t(
            "Another class needs more pictures: at least 12, recorded at three times. Click its name to go on with it."
        ),
        "same_name": t("Two classes have the same name. Rename one of them."),
        "counted": t("Pictures: {count} · takes: {holds}"),
        "remove": t("Delete this picture"),
        "remove_this": t("Delete picture {number} of {name}"),
        "insecure": t(
            "Your browser gives the camera to safe addresses only: open Graft as http://localhost or https."
        ),
        "missing": t("No camera was found. Connect one, then try again."),
        "forbidden": t(
            "The camera may not be used. Allow it in your browser's address bar, then try again."
        ),
        "lost": t("The connection was lost. Your pictures are still here; try again."),
        "done": t("Sent"),
    }
